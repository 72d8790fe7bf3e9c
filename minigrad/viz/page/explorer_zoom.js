// Zoom and pan: which part of the drawing the graph shows, that is, its viewBox.

const svg = document.querySelector("#graph > svg");
const whole = (({ x, y, width, height }) => ({ x, y, width, height }))(svg.viewBox.baseVal);    // the drawing
let view = { ...whole };
let room = { width: 0, height: 0 };      // what the view was last made for, in pixels
let isMoved = false;                     // by the learner, since all was shown

function look(next) {
  view = next;
  svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
}

/** Units of the drawing per pixel that let all of it be seen, with a margin. */
const needed = (width, height) => Math.max((whole.width + 36) / width, (whole.height + 36) / height, 1 / 2.2);

/** Everything; or only as much as can be read on this screen, and `follow` then brings the rest. */
function fit({ readable = false } = {}) {
  const { width, height } = svg.getBoundingClientRect();
  if (!width || !height) return;         // not laid out yet, or in a folded cell of a notebook: `onSize` comes back to it
  room = { width, height };
  isMoved = false;
  const [most, readily] = innerWidth < 760 ? [1.4, 1.1] : [1.6, 1.3];
  const scale = !readable || needed(width, height) <= most ? needed(width, height) : readily;
  const size = { width: width * scale, height: height * scale };
  look({ ...size, x: whole.x + (whole.width - size.width) / 2, y: whole.y + (whole.height - size.height) / 2 });
}

/** The panel goes below the graph or beside it, whichever leaves more room for this graph. */
function arrange() {
  if (!innerWidth || !innerHeight) return;
  const below = needed(innerWidth - 48, innerHeight * 0.46), beside = needed(innerWidth * 0.54, innerHeight - 90);
  document.body.classList.toggle("tall", beside < 0.9 * below);
}

/** The graph has got a size, or another one. What the learner has zoomed to stays, as long as it is no narrower. */
function onSize() {
  arrange();
  const { width, height } = svg.getBoundingClientRect();
  if (!width || !height || (width === room.width && height === room.height)) return;
  if (isMoved && width === room.width) {                // such as when a phone's address bar hides
    room = { width, height };
    return look({ ...view, height: (view.width * height) / width });
  }
  fit({ readable: true });
  showGraph();
}

function zoom(factor, clientX, clientY) {
  isMoved = true;
  const box = svg.getBoundingClientRect();
  const width = Math.min(Math.max(view.width * factor, 60), whole.width * 6), ratio = width / view.width;
  const px = (clientX - box.left) / box.width, py = (clientY - box.top) / box.height;
  look({ width, height: view.height * ratio, x: view.x + (1 - ratio) * px * view.width,
    y: view.y + (1 - ratio) * py * view.height });
}

const zoomMiddle = (factor) => {
  const box = svg.getBoundingClientRect();
  zoom(factor, box.left + box.width / 2, box.top + box.height / 2);
};

/** Where a view of some size may begin so that it shows nothing beside the drawing but a margin. */
function within(start, size, first, length) {
  const low = first - 18, high = first + length + 18 - size;
  return high < low ? (low + high) / 2 : Math.min(Math.max(start, low), high);
}

/** The least rectangle around two. */
const around = (a, b) => ({ left: Math.min(a.left, b.left), right: Math.max(a.right, b.right),
  top: Math.min(a.top, b.top), bottom: Math.max(a.bottom, b.bottom) });

/** Moves the view so that what is lit can be seen: the first part, and of the others those that have room beside it. */
function follow(parts) {
  const box = svg.getBoundingClientRect(), boxes = parts.filter(Boolean).map((part) => part.getBoundingClientRect());
  const hasRoom = (lit) => lit.right - lit.left <= box.width && lit.bottom - lit.top <= box.height;
  const { left, right, top, bottom } = boxes.reduce((lit, b) => (hasRoom(around(lit, b)) ? around(lit, b) : lit));
  const isInside = left >= box.left && right <= box.right && top >= box.top && bottom <= box.bottom;
  if (isInside || !box.width) return;
  const scale = view.width / box.width;
  const x = view.x + ((left + right - box.left - box.right) / 2) * scale;
  const y = view.y + ((top + bottom - box.top - box.bottom) / 2) * scale;
  look({ ...view, x: within(x, view.width, whole.x, whole.width), y: within(y, view.height, whole.y, whole.height) });
}

const fingers = new Map();        // pointers that are down, each where it was last
let travelled = 0;

function onPointerMove(event) {
  const before = fingers.get(event.pointerId);
  if (!before) return;
  const now = { x: event.clientX, y: event.clientY }, scale = view.width / svg.getBoundingClientRect().width;
  travelled += Math.hypot(now.x - before.x, now.y - before.y);
  if (fingers.size === 1 && travelled > 4) {
    isMoved = true;
    svg.classList.add("dragged");
    look({ ...view, x: view.x - (now.x - before.x) * scale, y: view.y - (now.y - before.y) * scale });
  } else if (fingers.size === 2) {
    const [other] = [...fingers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
    const span = (p) => Math.max(Math.hypot(p.x - other.x, p.y - other.y), 1);
    zoom(span(before) / span(now), (now.x + other.x) / 2, (now.y + other.y) / 2);
  }
  fingers.set(event.pointerId, now);
}

function listenToView() {
  svg.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) / 300), event.clientX, event.clientY);
  }, { passive: false });
  svg.addEventListener("pointerdown", (event) => {
    if (!fingers.size) travelled = 0;
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  addEventListener("pointermove", onPointerMove);
  for (const end of ["pointerup", "pointercancel"]) {
    addEventListener(end, (event) => { fingers.delete(event.pointerId); svg.classList.remove("dragged"); });
  }
  // A drag that ends on a card is not a click on it.
  svg.addEventListener("click", (event) => { if (travelled > 4) event.stopPropagation(); }, true);
  $("zoom-in").addEventListener("click", () => zoomMiddle(1 / 1.25));
  $("zoom-out").addEventListener("click", () => zoomMiddle(1.25));
  $("zoom-fit").addEventListener("click", () => fit());
  // A frame may get its size after this has run, and no resize tells. Both are watched, as `arrange` changes the graph's
  // size: what is watched further out may do that without the browser's complaint about a loop.
  const sizes = new ResizeObserver(onSize);
  for (const watched of [document.documentElement, $("graph")]) sizes.observe(watched);
}
