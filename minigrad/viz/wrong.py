"""Three wrong ways back through a graph, and what each would have given beside the right gradients.

All three are what people write first: they recurse, they assign, they forget about broadcasting. On a chain of numbers
each of them is right, which is why they are found out so late.
"""

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from minigrad.viz.names import names_of, visible
from minigrad.viz.steps import apply_rule, into_shape, newest_first, prepare, stretched, tracked_places

MOST_CALLS = 10_000  # of rules, before naive recursion is stopped
MOST_NUMBERS = 20_000_000  # that these rules read and write: as many calls on large arrays would take minutes
PATIENCE = 3  # times what the right way reads and writes, if that is more


@dataclass(frozen=True, eq=False)
class Way:
    """What a wrong way gives, and what is wrong with it here."""

    name: str  # as in the keys of wrong_ways()
    gradients: dict[int, ndarray]  # vertex → what it would have got; what the way did not reach is missing
    right: dict[int, ndarray]  # vertex → what `backward()` gives it
    wrong: tuple[int, ...]  # the vertices at which the two differ
    calls: int  # how often a rule was called
    calls_needed: int  # how often it would have been called, had nobody stopped it
    right_calls: int  # how often the right way calls one
    said: dict[str, str]  # language ("en", "zh") → what goes wrong, in a sentence

    @property
    def differs(self) -> bool:
        """Whether this way gives anything else than the right gradients here."""
        return bool(self.wrong)


def wrong_ways(root, gradient=None, *, max_nodes: int = 200) -> dict[str, Way]:
    """{"naive recursion": Way, "overwriting": Way, "broadcasting not undone": Way} for the graph behind root.

    Vertices are numbered as in `trace_steps`, which also says what is refused and what gradient is. Nothing is changed.

    >>> x = minigrad.tensor(3.0, requires_grad=True, name="x")
    >>> way = wrong_ways(x * x + x)["overwriting"]
    >>> way.right[0].item(), way.gradients[0].item()
    (7.0, 3.0)
    """
    vertices, start = prepare(root, gradient, max_nodes)
    with np.errstate(all="ignore"):  # what overflows is worth being seen
        right = _sweep(vertices, start, lambda old, share: old + share)
        ways = [way(vertices, start, right) for way in (_naive_recursion, _overwriting, _broadcasting_kept)]
    return {way.name: way for way in ways}


def _sweep(vertices, start, together):
    """{vertex: gradient} of going back in the right order; together: what an old gradient and a new share make."""
    gradients = {len(vertices) - 1: start}
    for i, place in _in_order(vertices, gradients):
        source = vertices[i].sources[place]
        share = into_shape(apply_rule(vertices[i], place, gradients[i]), vertices[i], place)
        gradients[source] = np.asarray(together(gradients[source], share)) if source in gradients else share
    return gradients


def _in_order(vertices, gradients):
    """(vertex, place) of each rule the right way calls, newest first; gradients: what has been found by then."""
    return ((i, place) for i in newest_first(vertices) if i in gradients for place in tracked_places(vertices[i]))


def _differing(gradients, right):
    return tuple(i for i in sorted(right) if i not in gradients or not _agree(gradients[i], right[i]))


def _agree(a, b):
    """Whether two gradients are the same but for rounding: adding in another order is no mistake."""
    if a.shape != b.shape:
        return False
    tolerance = 64 * np.finfo(b.dtype).eps
    largest = np.max(np.abs(b), initial=0, where=np.isfinite(b))
    return bool(np.allclose(a, b, rtol=tolerance, atol=tolerance * largest, equal_nan=True))


def _no_difference(why=("", "")):
    """What is said of a way that is right here."""
    return {"en": f"Makes no difference here{why[0]}.", "zh": f"在这里没有影响{why[1]}。"}


def _unsteady():
    """What is said where a way that is right here gives something else: backward() of a Function may do anything."""
    return {
        "en": "Nothing can be compared here: some rule answers something else each time it is asked.",
        "zh": "在这里无法比较：有的规则每次调用给出的结果都不同。",
    }


# ---- naive recursion ------------------------------------------------------------------------------------------------


def _naive_recursion(vertices, start, right):
    """Whoever receives something adds it and at once passes on all it has so far, so what it had goes round again.

    The recursion is a stack of (vertex, places still to do), so that depth is no danger.
    """
    gradients = {len(vertices) - 1: start}
    stack = [(len(vertices) - 1, iter(tracked_places(vertices[-1])))]
    calls = touched = 0
    most = max(MOST_NUMBERS, PATIENCE * sum(_size(vertices[i]) for i, _ in _in_order(vertices, right)))
    while stack and calls < MOST_CALLS and touched < most:
        i, places = stack[-1]
        place = next(places, None)
        if place is None:
            stack.pop()
            continue
        calls += 1
        touched += _size(vertices[i])
        source = vertices[i].sources[place]
        share = into_shape(apply_rule(vertices[i], place, gradients[i]), vertices[i], place)
        gradients[source] = np.asarray(gradients[source] + share) if source in gradients else share
        stack.append((source, iter(tracked_places(vertices[source]))))
    visits = _visits(vertices)
    needed = sum(visits[i] * len(tracked_places(vertices[i])) for i in visits)
    wrong = _differing(gradients, right)
    said = _said_of_recursion(vertices, visits, wrong, calls, needed)
    return Way("naive recursion", gradients, right, wrong, calls, needed, _calls(vertices, right), said)


def _size(vertex):
    """How many numbers an operation has before it: those of its inputs and of its result."""
    return vertex.array.size + sum(np.size(array) for array in vertex.node.arrays)


def _visits(vertices):
    """{vertex: how many paths lead to it from the root}: so often does naive recursion come by."""
    visits = {len(vertices) - 1: 1}
    for i, place in _in_order(vertices, visits):
        source = vertices[i].sources[place]
        visits[source] = visits.get(source, 0) + visits[i]
    return visits


def _calls(vertices, reached):
    return sum(1 for _ in _in_order(vertices, reached))


def _said_of_recursion(vertices, visits, wrong, calls, needed):
    often = [i for i in reversed(range(len(vertices))) if visits.get(i, 0) > 1 and tracked_places(vertices[i])]
    name = names_of(vertices)[often[0]] if often else ""
    right_calls = _calls(vertices, visits)
    if calls < needed:
        return {
            "en": f"Stopped after {calls:,} of {_many(needed)} rule calls, where {right_calls} are enough: without an "
            "order every path is walked by itself, and each value used twice doubles the paths behind it.",
            "zh": f"调用规则 {calls:,} 次后被中止：递归共需 {_many(needed)} 次，而正确的做法只要 {right_calls} 次。"
            "不按拓扑顺序，每条路径都要单独走一遍；每有一个值被用到两次，它后面的路径数就翻一倍。",
        }
    if not wrong:
        return _no_difference(("", "") if often else (": no computed value is used twice", "：没有中间结果被用到两次"))
    if not often:
        return _unsteady()
    return {
        "en": f"{name} passes on all it has so far each time something arrives, {_times(visits[often[0]])}, so what it "
        f"had passed on before is counted again; {calls} rule calls, where {right_calls} are enough.",
        "zh": f"{name} 每收到一份梯度，就把目前累积的全部再往回传一次（共 {visits[often[0]]} 次），"
        f"于是先前传过的部分被重复计算；调用规则 {calls} 次，而正确的做法只要 {right_calls} 次。",
    }


def _many(count):
    return f"{count:,}" if count < 10**12 else f"10^{math.floor(math.log10(count))}"


def _times(count):
    return "twice" if count == 2 else f"{_many(count)} times"


# ---- overwriting ----------------------------------------------------------------------------------------------------


def _overwriting(vertices, start, right):
    """= in place of +=: the last contribution wins."""
    gradients = _sweep(vertices, start, lambda old, share: share)
    wrong, calls = _differing(gradients, right), _calls(vertices, right)
    said = _said_of_overwriting(vertices, right, wrong)
    return Way("overwriting", gradients, right, wrong, calls, calls, calls, said)


def _said_of_overwriting(vertices, right, wrong):
    received = Counter(vertices[i].sources[place] for i, place in _in_order(vertices, right))
    shared = [i for i in reversed(wrong) if received[i] > 1]
    if wrong and not shared:
        return _unsteady()
    if not shared:
        is_shared = max(received.values(), default=1) > 1
        return _no_difference(("", "") if is_shared else (": no value is used twice", "：没有值被用到两次"))
    name, count = names_of(vertices)[shared[0]], received[shared[0]]
    return {
        "en": f"{name} is used {_times(count)} and receives {count} contributions; with = in place of += only the "
        "last of them is left.",
        "zh": f"{name} 被用到 {count} 次，收到 {count} 份贡献；用 = 代替 +=，就只剩下最后一份。",
    }


# ---- broadcasting not undone ----------------------------------------------------------------------------------------


def _broadcasting_kept(vertices, start, right):
    """gradient = gradient + share, whatever the share's shape: what was stretched stays stretched."""
    gradients = {len(vertices) - 1: start}
    first, failure, calls = None, None, 0
    for i, place in _in_order(vertices, gradients):
        source = vertices[i].sources[place]
        calls += 1
        try:
            share = _kept(apply_rule(vertices[i], place, gradients[i]), vertices[i], place)
            gradients[source] = np.asarray(gradients[source] + share) if source in gradients else share
        except (ValueError, TypeError, IndexError) as error:
            failure = vertices[i].node.op.name, str(error)
            break
        if first is None and share.shape != right[source].shape:
            first = source, share
    wrong = _differing(gradients, right)
    said = _said_of_broadcasting(vertices, right, wrong, first, failure)
    needed = _calls(vertices, right)
    return Way("broadcasting not undone", gradients, right, wrong, calls, needed, needed, said)


def _kept(raw, vertex, place):
    """A rule's answer with nothing summed; what the rule left small is spread, which is not the mistake meant here."""
    array = vertex.node.arrays[place]
    summed, _ = stretched(raw.shape, array.shape)
    return raw.astype(array.dtype) if summed else into_shape(raw, vertex, place)


def _said_of_broadcasting(vertices, right, wrong, first, failure):
    if first is None:
        return _unsteady() if wrong else _no_difference((": nothing was broadcast", "：没有发生广播"))
    source, share = first
    name, shape = names_of(vertices)[source], right[source].shape
    refusal = visible(_refusal(shape, share), 160)
    en = (
        f"{name}.grad keeps the stretched shape {share.shape}, but {name} is {shape}; += into an array of that shape "
        f"would stop here: {refusal}."
    )
    zh = (
        f"{name}.grad 保留了广播后的形状 {share.shape}，而 {name} 的形状是 {shape}；"
        f"若用 += 原地累加，NumPy 在这里就会报错：{refusal}。"
    )
    if failure is not None:
        op, error = failure[0], visible(failure[1], 160)
        en += f" Further back the rule of {op} cannot go on at all: {error}."
        zh += f"再往回，{op} 的规则根本无法继续：{error}。"
    return {"en": en, "zh": zh}


def _refusal(shape, share):
    """What NumPy says when share is added to an array of that shape in place."""
    try:
        total = np.zeros(shape)
        total += share
    except ValueError as error:
        return str(error)
    return ""
