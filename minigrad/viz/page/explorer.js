// The page shows what Python has worked out: `story` holds every number, word and step; nothing is computed here but
// what is to be seen. Names come from the reader's program, so text is only ever set through textContent.

const zipped = Uint8Array.from(atob(document.getElementById("story").textContent), (byte) => byte.charCodeAt());
const unzipped = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("deflate"));
const story = await new Response(unzipped).json();
const { steps, numbers, vertices, ways, texts } = story;
const NO_NUMBERS = { "?": "NaN", "+": "Inf", "-": "-Inf" };
for (const step of steps) {         // each text is there once, and steps have its place, for one language after the other
  const read = (place) => (Array.isArray(place) ? place.map(read) : texts[place]);
  const inLanguage = (n) => Object.fromEntries(Object.entries(step.said).map(([kind, places]) => [kind, read(places[n])]));
  step.said = { en: inLanguage(0), zh: inLanguage(1) };
}
for (const array of numbers) {      // of many numbers there is a character each: how many units above or below 300
  array.shape ??= [];
  array.columns ??= 1;
  array.values ??= [...array.sizes].map((c) => NO_NUMBERS[c] ?? (c.codePointAt(0) - 300) * array.unit);
}
for (const each in WORDS) Object.assign(WORDS[each], story.labels[each]);       // what page and text call alike
const SEED = steps.findIndex((step) => step.kind === "seed");   // the first step of the way back
const SVG = "http://www.w3.org/2000/svg";

let at = 0;                       // the step that is shown
let language = story.language ?? (navigator.language.startsWith("zh") ? "zh" : "en");
let way = "";                     // the wrong way that is shown beside the right one; "" for none
let quiz = false;
const revealed = new Set();       // steps whose number has been asked for

const $ = (id) => document.getElementById(id);
const say = (word) => WORDS[language][word];

/** A new element with classes, text and children. */
function make(tag, { text, ...attributes } = {}, ...children) {
  const element = SVG_TAGS.has(tag) ? document.createElementNS(SVG, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  element.append(...children);
  return element;
}
const SVG_TAGS = new Set(["svg", "rect", "text", "title", "marker", "path"]);

// ---- what is known at a step ----------------------------------------------------------------------------------------

const isHidden = () => quiz && !revealed.has(at) && ["compute", "pass back"].includes(steps[at].kind);

/** What each vertex has at the present step: {values, gradients}, from vertex to a place in numbers. */
function known() {
  const values = new Map(), gradients = new Map();
  steps.slice(0, at + (isHidden() ? 0 : 1)).forEach((step) => {
    if (step.kind === "given" || step.kind === "compute") values.set(step.vertex, step.value);
    else gradients.set(step.source ?? step.vertex, step.total);
  });
  return { values, gradients };
}

/** The step at which a vertex gets its value or, on the way back, its whole gradient. */
function stepOf(vertex) {
  const isAbout = (step) => (step.source ?? step.vertex) === vertex;
  const completed = at < SEED ? -1 : steps.findLastIndex((step, i) => i >= SEED && isAbout(step));
  return completed >= 0 ? completed : steps.findIndex((step, i) => i < SEED && step.vertex === vertex);
}

/** The step at which an operation computes or, on the way back, first passes its gradient back. */
function stepOfOperation(vertex) {
  const kind = at < SEED ? "compute" : "pass back";
  const found = steps.findIndex((step) => step.kind === kind && step.vertex === vertex);
  return found >= 0 ? found : stepOf(vertex);
}

// ---- the graph ------------------------------------------------------------------------------------------------------

const cards = vertices.map((_, i) => $(`n${i}`));
const operations = vertices.map((_, i) => $(`op${i}`));

/** Where a rectangle is, as written: asked for its box, a browser knows none while the page is hidden. */
const boxOf = (rect) => Object.fromEntries(["x", "y", "width", "height"].map((name) => [name, +rect.getAttribute(name)]));

function prepareGraph() {
  // Arrowheads: a marker takes no colour from its path. Renderers end an edge short of its head, but begin it at the card.
  for (const [name, refX] of [["ahead", 1], ["ahead-now", 1], ["back-now", 8]]) {
    svg.append(make("marker", { id: name, viewBox: "0 0 8 8", refX, refY: 4, markerWidth: 8, markerHeight: 8,
      orient: "auto-start-reverse", markerUnits: "userSpaceOnUse" }, make("path", { d: "M0 1 8 4 0 7z" })));
  }
  vertices.forEach(writeName);
  for (const node of [...cards, ...operations].filter(Boolean)) {
    const box = boxOf(node.querySelector(".box"));
    const frame = { x: box.x - 3, y: box.y - 3, width: box.width + 6, height: box.height + 6, rx: 8, class: "frame" };
    node.append(make("rect", frame));
    node.setAttribute("role", "button");
    node.setAttribute("tabindex", "0");
    node.setAttribute("aria-label", node.querySelector("title")?.textContent ?? "");
    const go = () => show(node.id.startsWith("op") ? stepOfOperation(+node.id.slice(2)) : stepOf(+node.id.slice(1)));
    node.addEventListener("click", go);
    node.addEventListener("keydown", (event) => { if (event.key === "Enter") { go(); event.stopPropagation(); } });
  }
}

/** Graphviz drew the escapes of a name such as 权重 and left room for them, which is more than the name takes. */
function writeName(name, i) {
  if (!/[^ -~]/.test(name) || /\p{C}/u.test(name)) return;           // what cannot be seen stays an escape
  const heading = cards[i].querySelector("text"), escaped = heading.textContent;
  const letters = [...name], most = escaped.length >> 1;              // such letters are twice as wide
  const isCut = escaped.endsWith("...") && letters.length > most;
  heading.textContent = isCut ? `${letters.slice(0, most - 1).join("")}…` : name;
}

/** Says in the legend which card is filled how. */
function showKinds() {
  for (const [kind, [fill, outline]] of Object.entries(story.fills)) {
    const swatch = make("b", { style: `background: ${fill}; border-color: ${outline}` });
    document.querySelector(".legend").append(make("span", {}, swatch, make("span", { "data-say": kind })));
  }
}

function showGraph() {
  const step = steps[at], { values, gradients } = known(), isBack = at >= SEED;
  document.body.classList.toggle("back", isBack);
  svg.querySelectorAll(".on, .to, .passed").forEach((e) => e.classList.remove("on", "to", "passed"));
  svg.querySelectorAll(".flag, .parcel, .wrong-number").forEach((e) => e.remove());
  vertices.forEach((_, i) => {
    const isShown = values.has(i) || (step.vertex === i && !isBack);
    for (const part of [cards[i], operations[i], $(`e${i}`)]) part?.classList.toggle("unknown", !isShown);
    svg.querySelectorAll(`[id^="e"][id*="_${i}_"]`).forEach((e) => e.classList.toggle("unknown", !isShown));
    write(cards[i].querySelectorAll(".value"), values.get(i), !isBack && isHidden() && step.vertex === i ? "?" : "");
    write(cards[i].querySelectorAll(".grad"), gradients.get(i), "-");
    if (way && gradients.get(i) === complete.get(i)) showWrongNumber(i);
  });
  steps.slice(SEED, at).forEach((past) => edge(past)?.classList.add("passed"));
  light(step);
}

/** Writes an array's lines into as many texts of a card, or `otherwise` where it is not known yet. */
function write(texts, place, otherwise) {
  const lines = place === undefined ? [otherwise] : numbers[place].lines;
  texts.forEach((text, i) => { text.textContent = lines[i] ?? ""; });
}

const complete = new Map(steps.slice(SEED).map((step) => [step.source ?? step.vertex, step.total]));   // vertex → all of it

const edge = (step) => $(`e${step.source}_${step.vertex}_${step.place}`);

/** Marks what the step is about: a card alone, or the operation and its edges; and what receives its number. */
function light(step) {
  const { kind, vertex, inputs = [] } = step, isBack = kind === "pass back", isCard = kind === "given" || kind === "seed";
  const edges = isBack ? [edge(step)] : inputs.map((source, place) => edge({ source, vertex, place }));
  const on = isCard ? [cards[vertex]] : [operations[vertex], $(`e${vertex}`), ...edges];
  const to = isCard ? [] : isBack ? [cards[step.source], ...edges] : [cards[vertex]];
  on.forEach((part) => part?.classList.add("on"));
  to.forEach((part) => part?.classList.add("to"));
  addText(on[0], "flag", say("now"), above);
  if (isBack && !isHidden()) showParcel(step);
  follow([...on, ...to]);
}

const above = (box) => [box.x + box.width / 2, box.y - 5];

function addText(node, name, text, where) {
  const [x, y] = where(boxOf(node.querySelector(".frame")));
  node.parentNode.append(make("text", { class: name, x, y, text }));
}

/** The contribution, written above the card that receives it. */
function showParcel(step) {
  const [line, ...more] = numbers[step.contribution].lines;
  if (more.length || line.length > 24) return;
  const text = /^[-[]/.test(line) ? line : `+${line}`;
  addText(cards[step.source], "parcel", text, above);
}

function showWrongNumber(i) {
  if (!ways[way].wrong.includes(i)) return;     // also where there is no gradient
  const place = ways[way].gradients[i];
  const text = `✗ ${place === undefined ? say("none") : numbers[place].lines.join(" ")}`;
  addText(cards[i], "wrong-number", text, (box) => [box.x + 4, box.y + box.height + 11]);
}

// ---- the panel ------------------------------------------------------------------------------------------------------

function showPanel() {
  const step = steps[at], words = step.said[language], hidden = isHidden();
  $("phase").textContent = say(step.kind);
  $("title").textContent = words.title;
  $("words").replaceChildren(...words.text.map((text) => make("p", { text })));
  const rows = ["rule", "here", "shapes", "numbers"].filter((kind) => words[kind] && (step.kind === "pass back" || kind === "shapes"));
  $("rule").replaceChildren(...rows.flatMap((kind) => rule(kind, words[kind], hidden)));
  $("rule").hidden = !rows.length;
  $("equation").replaceChildren(...equation(step, hidden));
  $("sum").replaceChildren(...sum(step, hidden));
  showQuiz(hidden);
  showWay();
}

/** A line about the rule: what it is, and what it says, but for the number that is asked for. */
function rule(kind, said, hidden) {
  const text = hidden && kind === "numbers" ? `${said.slice(0, said.lastIndexOf("=") + 1)} ?` : said;
  return [make("dt", { text: say(kind) }), make("dd", { text, class: kind })];
}

/** The line of terms and signs that says how the number of this step comes about. */
function equation(step, hidden) {
  const result = (word, place) => term(word, place, hidden ? "hidden result" : "result");
  if (step.kind === "given") return [formula(result(nameOf(step.vertex), step.value))];
  if (step.kind === "seed") return [formula(result(`${nameOf(step.vertex)}.grad`, step.total))];
  if (step.kind === "compute") {
    const given = step.inputs.map((i) => term(nameOf(i), valueOf(i)));
    const isInfix = /^\W+$/.test(step.op) && given.length === 2;
    const call = isInfix ? [given[0], sign(step.op), given[1]] : [sign(step.op), ...given];
    return [formula(...call, sign("="), result(nameOf(step.vertex), step.value))];
  }
  const { undone } = step.said[language];
  const [shown, word] = undone ? [step.raw, "raw"] : [step.contribution, "contribution"];
  const given = step.local === undefined
    ? [...Object.entries(step.numbers).map(([name, place]) => term(name === "g" ? `g: ${say("upstream")}` : name, place)), sign("→")]
    : [term(say("upstream"), step.upstream), sign("×"), term(say("local"), step.local), sign("=")];
  const first = formula(...given, result(say(word), shown));
  if (!undone) return [first];
  return [first, make("p", { class: "note", text: undone }),
    formula(result(say("contribution"), step.contribution))];
}

/** Where paths meet: the gradient so far + the contribution = the gradient now. */
function sum(step, hidden) {
  if (step.before === undefined) return [];
  const line = formula(term(say("before"), step.before), sign("+"),
    term(say("contribution"), step.contribution, hidden ? "hidden" : ""), sign("="),
    term(say("total"), step.total, hidden ? "hidden result" : "result"));
  return [make("p", { class: "note accumulates", text: say("accumulates")(nameOf(step.source)) }), line];
}

const nameOf = (vertex) => vertices[vertex];
const valueOf = (vertex) => steps.find((step) => step.vertex === vertex).value;
const formula = (...parts) => make("div", { class: "formula" }, ...parts);
const sign = (text) => make("span", { class: "sign", text });

/** One quantity: its name, its shape, and its numbers, or a question mark. */
function term(caption, place, kind = "") {
  const array = numbers[place], shape = array.shape.length ? ` (${array.shape.join(", ")}${array.shape.length > 1 ? "" : ","})` : "";
  const figure = make("figure", { class: `term ${kind}` }, make("figcaption", { text: caption + shape }));
  if (kind.includes("hidden")) figure.append(make("output", { class: "hidden-number", text: "?" }));
  else if (!array.shape.length || !array.values.length) figure.append(make("output", { text: array.lines[0] }));
  else figure.append(array.unit === undefined ? table(array) : heatMap(array));
  return figure;
}

const colour = (value, largest) => {
  if (typeof value === "string" || !largest) return "";
  return `background: rgba(var(--${value < 0 ? "minus" : "plus"}), ${((0.55 * Math.abs(value)) / largest).toFixed(2)})`;
};
const largestOf = (array) => Math.max(...array.values.map((v) => (typeof v === "string" ? 0 : Math.abs(v))));
const rowsOf = ({ values, columns }) =>
  Array.from({ length: values.length / columns }, (_, r) => values.slice(r * columns, (r + 1) * columns));

/** Few numbers, each tinted by its sign and size. */
function table(array) {
  const largest = largestOf(array), isLong = array.columns > 4;
  const text = (v) => String(isLong && typeof v === "number" ? Number(v.toPrecision(3)) : v).replace("-", "−");
  const cell = (v) => make("td", { text: text(v), style: colour(v, largest) });
  return make("table", { class: isLong ? "numbers long" : "numbers" }, ...rowsOf(array).map((row) => make("tr", {}, ...row.map(cell))));
}

/** Many numbers, each a square: the larger the number the larger, filled where positive, hollow where negative. */
function heatMap(array) {
  const rows = rowsOf(array), largest = largestOf(array) || 1, side = rows.length > 12 || array.columns > 12 ? 10 : 14;
  const width = array.columns * side, height = rows.length * side;
  const map = make("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": array.lines.join("; ") });
  rows.forEach((row, r) => row.forEach((value, c) => {
    const isBroken = typeof value === "string", size = isBroken ? side - 2 : Math.sqrt(Math.abs(value) / largest) * (side - 2);
    const inner = value < 0 ? Math.max(size - 1.6, 0) : size;   // a line is drawn half outside
    const where = { x: c * side + (side - inner) / 2, y: r * side + (side - inner) / 2, width: inner, height: inner };
    const kind = isBroken ? "broken" : value < 0 ? "minus" : "plus";
    if (size > 0.8) map.append(make("rect", { ...where, class: kind }, make("title", { text: isBroken ? value : Number(value.toPrecision(2)) })));
  }));
  const range = array.lines.filter((line) => line.includes(" to ")).map((line) => line.replace(" to ", " … "));
  const said = [...range, ...(array.some ? [say("some")(array.some)] : [])];
  return make("div", {}, map, ...said.map((text) => make("div", { class: "range", text })));
}

// ---- quiz and wrong ways --------------------------------------------------------------------------------------------

function showQuiz(hidden) {
  $("guess").hidden = !hidden;
  if (!hidden) return;
  $("question").textContent = say(steps[at].contribution === undefined ? "guess" : "guess_back");
  $("answer").parentNode.hidden = $("check").hidden = wanted().shape.length > 0;
  $("reveal").hidden = false;
  $("answer").value = $("verdict").textContent = "";
  $("guess").scrollIntoView({ block: "nearest" });                  // on a phone it may lie below the buttons
}

/** What the quiz asks for. */
const wanted = () => numbers[steps[at].contribution ?? steps[at].value];

function checkAnswer() {
  const typed = $("answer").value.trim().replace(",", ".").replace("−", "-"), [right] = wanted().values;
  if (typed === "") return reveal();
  const guess = /^[-+]?(inf|nan)$/i.test(typed) ? typed.toLowerCase() : Number(typed);
  if (Number.isNaN(guess)) return verdict("unread", "no");
  const isRight = typeof right === "string" ? String(guess) === right.toLowerCase()
    : Math.abs(guess - right) <= 0.01 * Math.abs(right) + 1e-12;     // two digits are enough
  if (isRight) {
    reveal();
    $("answer").parentNode.hidden = $("check").hidden = $("reveal").hidden = true;   // only the verdict stays
  }
  verdict(isRight ? "yes" : "no", isRight ? "yes" : "no");
}

function verdict(word, isRight) {
  $("guess").hidden = false;
  $("verdict").textContent = say(word);
  $("verdict").dataset.right = isRight;
  $("verdict").scrollIntoView({ block: "nearest" });
}

function reveal() {
  revealed.add(at);
  const hadFocus = $("guess").contains(document.activeElement);
  showAll();
  if (hadFocus) $("next").focus();
}

/** The chosen wrong way in words, and what it gives in the end beside the right gradients. */
function showWay() {
  $("wrong").hidden = !way;
  document.body.classList.toggle("compared", way !== "");
  if (!way) return;
  const { said, gradients, right, wrong } = ways[way];
  const lines = (place) => (place === undefined ? say("none") : numbers[place].lines.join("\n"));
  const row = (i) => make("tr", { class: "differs" }, make("th", { text: nameOf(i), scope: "row" }),
    make("td", { text: lines(right[i]) }), make("td", { text: `✗ ${lines(gradients[i])}` }));
  const head = ["", say("right"), say(way)].map((text) => make("th", { text, scope: "col" }));
  const comparison = make("table", {}, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...wrong.map(row)));
  $("wrong").replaceChildren(make("p", { text: said[language] }), ...(wrong.length && !quiz ? [comparison] : []));    // which says the answers
}

// ---- moving through the steps ---------------------------------------------------------------------------------------

function show(step) {
  at = Math.min(Math.max(step, 0), steps.length - 1);
  showAll();
}

function showAll() {
  const last = steps.length - 1, percent = (step) => `${(100 * step) / last}%`;
  const half = Math.min(at, SEED - 0.5);
  $("slider").max = last;
  $("slider").value = at;
  $("slider").style.setProperty("--track", `linear-gradient(to right, var(--forward) ${percent(half)},
    ${at >= SEED ? `var(--backward) ${percent(half)} ${percent(at)}` : `var(--line) ${percent(half)}`},
    var(--line) ${percent(at)})`);
  $("count").textContent = say("of")(at + 1, steps.length);
  $("slider").setAttribute("aria-valuetext", $("count").textContent);
  $("first").disabled = $("previous").disabled = at === 0;
  $("last").disabled = $("next").disabled = at === last;
  showGraph();
  showPanel();
}

function showLanguage() {
  document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  document.querySelectorAll("[data-say]").forEach((e) => { e.textContent = say(e.dataset.say); });
  document.querySelectorAll("[data-label]").forEach((e) => {
    e.setAttribute("aria-label", say(e.dataset.label));
    if (e.tagName === "BUTTON") e.title = say(e.dataset.label);
  });
  const options = ["", ...Object.keys(ways)];
  $("way").replaceChildren(...options.map((name) => make("option", { value: name, text: say(name || "right way") })));
  $("way").value = way;
  $("language").textContent = say("language");
  showAll();
}

const KEYS = { ArrowRight: () => at + 1, ArrowDown: () => at + 1, ArrowLeft: () => at - 1, ArrowUp: () => at - 1,
  Home: () => 0, End: () => steps.length - 1 };

function onKey(event) {
  const { tagName, type } = event.target;
  if (event.altKey || event.ctrlKey || event.metaKey || tagName === "SELECT") return;
  if (tagName === "INPUT" && type !== "checkbox") return;        // the slider and the answer have keys of their own
  if (event.key in KEYS) show(KEYS[event.key]());
  else if (event.key === "Enter" && isHidden() && tagName !== "BUTTON") reveal();
  else return;
  event.preventDefault();
}

// ---- beginning ------------------------------------------------------------------------------------------------------

prepareGraph();
showKinds();
listenToView();
$("first").addEventListener("click", () => show(0));
$("previous").addEventListener("click", () => show(at - 1));
$("next").addEventListener("click", () => show(at + 1));
$("last").addEventListener("click", () => show(steps.length - 1));
$("slider").addEventListener("input", () => show(+$("slider").value));
$("language").addEventListener("click", () => { language = language === "en" ? "zh" : "en"; showLanguage(); });
$("quiz").addEventListener("change", () => { quiz = $("quiz").checked; revealed.clear(); showAll(); });
$("way").addEventListener("change", () => { way = $("way").value; showAll(); });
$("check").addEventListener("click", checkAnswer);      // no form: a notebook's frame may submit none
$("answer").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();        // the focus moves on, and Enter would press what gets it
  checkAnswer();
});
$("reveal").addEventListener("click", reveal);
document.addEventListener("keydown", onKey);
$("asleep").remove();
showLanguage();
onSize();                          // once all texts are there, which take room from the graph
