"""The story of a gradient: what it says, in two languages, and that it says nothing that is not so."""

import ast
import inspect
import re

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.engine import primitive
from minigrad.ops import loss, reduce
from minigrad.table import TABLE
from minigrad.viz import draw, explore, formula
from minigrad.viz.expression import evaluate
from minigrad.viz.names import names_of
from minigrad.viz.phrases import LANGUAGES, MEANINGS, WORDS, meaning
from minigrad.viz.steps import trace_steps
from minigrad.viz.story import COLUMNS, panel, text, values
from minigrad.viz.table import columns_of
from minigrad.viz.vertices import trace
from minigrad.viz.wrong import wrong_ways

F = nn.functional


def tell(root, gradient=None, language="en"):
    return str(explore(root, gradient, language=language))


def leaf(value, name=None, dtype=np.float64):
    return mg.tensor(np.asarray(value, dtype), requires_grad=True, name=name)


def neuron():
    return evaluate("tanh(w*x + b)", {"w": 0.5, "x": 3, "b": -1})


def square():
    return evaluate("x*x + x", {"x": 3})


def layer():
    x = mg.tensor([[1.0, -1], [0, 2], [0.5, 1]], dtype=np.float64, name="x")
    return (leaf([[1.0, 2, 3], [0, -1, 1]], "W") @ x + leaf([[0.5], [1]], "b")).relu().sum()


def xor():
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))
    inputs = mg.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]], name="X")
    return F.binary_cross_entropy_with_logits(model(inputs), mg.tensor([[0.0], [1], [1], [0]], name="y"))


def many():
    rng = np.random.default_rng(0)
    a = leaf(rng.normal(size=(2, 3)), "a name that is much too long for a line of text, as names may be")
    c = mg.cat([a.softmax(1), a[:, 0:1]], 1)
    summed = mg.einsum("ij,ij->j", c, c).std() + a.amax() + a.mean(0).sum() + leaf(np.zeros((0, 3))).sum()
    summed = summed + (leaf(np.ones((2, 5)), "ten numbers in two rows") * np.full((2, 5), 0.1234)).sum()
    return summed + F.cross_entropy(a, mg.tensor([0, 2])) + leaf(rng.normal(size=(30, 5)), "输入").tanh().sum()


def backs(root, language="en"):
    """The panels of the steps back."""
    vertices = trace(root, 1000)
    return [panel(step, vertices, language) for step in trace_steps(root) if step.kind == "pass back"]


def said(panels, n, kind):
    """What the n-th panel says under that kind of row."""
    return dict(zip(panels[n].kinds, (said for _, said in panels[n].rows), strict=True)).get(kind)


# ---- the whole story ------------------------------------------------------------------------------------------------

NEURON = """\
How tanh1 was computed, and how its gradients come back
=======================================================

Forward: every value is computed from those before it.
   1  w                    0.5   given; requires a gradient
   2  x                    3     given; requires a gradient
   3  mul1 = w * x         0.5 × 3 = 1.5
   4  b                    -1    given; requires a gradient
   5  add1 = mul1 + b      1.5 + (-1) = 0.5
   6  tanh1 = tanh(add1)   tanh(0.5) = 0.4621

Backward: v.grad is how fast tanh1 changes when v does. It is found from the end: each operation
takes the gradient of its result (upstream), multiplies it by its own derivative (local), and adds
the product (its contribution) to the gradient of its input.
   7  tanh1.grad = 1
        the way back starts here: nudge tanh1, and tanh1 changes by just as much
   8  tanh1 = tanh(add1) passes its gradient back to add1
        in words    tanh is steep near 0 and flat far from it, where little gets through
        rule        of tanh(x=add1) for x: g * (1 - out * out)
        here        add1.grad += g * (1 - tanh1 * tanh1), where g = tanh1.grad
        numbers     1 × (1 - 0.4621 × 0.4621) = 0.7864
        chain rule  upstream × local = 1 × 0.7864 = 0.7864, the contribution
        gradient    add1.grad = 0.7864
   9  add1 = mul1 + b passes its gradient back to mul1
        in words    a sum hands its gradient on, unchanged, to each of its parts
        rule        of add(x=mul1, y=b) for x: g
        here        mul1.grad += g, where g = add1.grad
        chain rule  upstream × local = 0.7864 × 1 = 0.7864, the contribution
        gradient    mul1.grad = 0.7864
  10  add1 = mul1 + b passes its gradient back to b
        in words    a sum hands its gradient on, unchanged, to each of its parts
        rule        of add(x=mul1, y=b) for y: g
        here        b.grad += g, where g = add1.grad
        chain rule  upstream × local = 0.7864 × 1 = 0.7864, the contribution
        gradient    b.grad = 0.7864
  11  mul1 = w * x passes its gradient back to w
        in words    in a product each factor gets the gradient times the other factor
        rule        of mul(x=w, y=x) for x: g * y
        here        w.grad += g * x, where g = mul1.grad
        chain rule  upstream × local = 0.7864 × 3 = 2.359, the contribution
        gradient    w.grad = 2.359
  12  mul1 = w * x passes its gradient back to x
        in words    in a product each factor gets the gradient times the other factor
        rule        of mul(x=w, y=x) for y: g * x
        here        x.grad += g * w, where g = mul1.grad
        chain rule  upstream × local = 0.7864 × 0.5 = 0.3932, the contribution
        gradient    x.grad = 0.3932

The gradients of the leaves, which is what backward() leaves in .grad
  w.grad = 2.359    w + 0.001 would change tanh1 by about 0.002359
  x.grad = 0.3932   x + 0.001 would change tanh1 by about 0.0003932
  b.grad = 0.7864   b + 0.001 would change tanh1 by about 0.0007864"""

SQUARE = """\
add1 是怎样算出来的，梯度又是怎样传回去的
=========================================

前向：每个值都由它前面的值算出。
  1  x                 3   已知；需要梯度
  2  mul1 = x * x      3 × 3 = 9
  3  add1 = mul1 + x   9 + 3 = 12

反向：v.grad 表示 v 变化时 add1 变化得有多快。从结果往回求：每个运算取其结果的梯度（上游梯度），乘以
自身的导数（局部导数），把乘积（贡献）加到输入的梯度上。
  4  add1.grad = 1
       反向从这里开始：add1 对它自己的导数是 1
  5  add1 = mul1 + x 把梯度传回 mul1
       含义      加法把梯度原样传给每个加数
       规则      add(x=mul1, y=x) 对 x：g
       代入      mul1.grad += g，其中 g = add1.grad
       链式法则  上游梯度 × 局部导数 = 1 × 1 = 1，即贡献
       梯度      mul1.grad = 1
  6  add1 = mul1 + x 把梯度传回 x
       含义      加法把梯度原样传给每个加数
       规则      add(x=mul1, y=x) 对 y：g
       代入      x.grad += g，其中 g = add1.grad
       链式法则  上游梯度 × 局部导数 = 1 × 1 = 1，即贡献
       梯度      x.grad = 1
  7  mul1 = x * x 把梯度传回 x（它的第 1 个输入）
       含义      乘法：每个因子得到梯度乘以另一个因子
       规则      mul(x, y) 对 x：g * y
       代入      x.grad += g * x，其中 g = mul1.grad
       链式法则  上游梯度 × 局部导数 = 1 × 3 = 3，即贡献
       累加      x.grad = 1 + 3 = 4：多条路径在此汇合，贡献相加
  8  mul1 = x * x 把梯度传回 x（它的第 2 个输入）
       含义      乘法：每个因子得到梯度乘以另一个因子
       规则      mul(x, y) 对 y：g * x
       代入      x.grad += g * x，其中 g = mul1.grad
       链式法则  上游梯度 × 局部导数 = 1 × 3 = 3，即贡献
       累加      x.grad = 4 + 3 = 7：多条路径在此汇合，贡献相加

叶子的梯度，也就是 backward() 留在 .grad 里的数
  x.grad = 7   x 增加 0.001，add1 大约变化 0.007

常见的错误写法在这里会得到什么
  覆盖而不累加
      x 被用到 3 次，收到 3 份贡献；用 = 代替 +=，就只剩下最后一份。
        x.grad = 3   正确值：7"""


def test_the_story_of_a_neuron():
    assert tell(neuron()) == NEURON


def test_the_story_of_a_shared_value_in_chinese():
    assert tell(square(), language="zh") == SQUARE


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("expression", [neuron, square, layer, xor, many])
def test_no_line_is_wider_than_the_terminal_or_ends_in_blanks(expression, language):
    lines = tell(expression(), language=language).split("\n")

    assert max(map(columns_of, lines)) <= COLUMNS
    assert [line for line in lines if line != line.rstrip()] == []


def test_the_steps_are_numbered_from_one():
    numbers = re.findall(r"^ {1,3}(\d+)  ", tell(xor()), re.M)

    assert numbers == [str(n) for n in range(1, len(trace_steps(xor())) + 1)]


def test_wrong_ways_stand_at_the_end_beside_the_right_numbers():
    lines = tell(layer()).split("\n")

    assert lines[-5] == "  broadcasting not undone"
    assert lines[-1] == "        b.grad = [[1, 1], [1, 0]]   instead of [[2], [1]]"


def test_without_wrong_ways_the_story_ends_with_the_leaves():
    steps, vertices = trace_steps(square()), trace(square(), 10)

    assert text(steps, vertices).endswith("x + 0.001 would change add1 by about 0.007")
    assert text(steps, vertices, ways=wrong_ways(square())) == tell(square())


def test_what_a_wrong_way_never_reaches_is_said():
    root = (leaf(np.ones((4, 3)), "a") @ leaf(np.ones((3, 1)), "v") + leaf([0.5, -1], "b")).sum()

    assert "v.grad = never reached   instead of [[8], [8], [8]]" in tell(root)


def test_the_story_can_be_told_after_the_graph_is_freed():
    root = xor()
    steps, vertices, ways = trace_steps(root), trace(root, 100), wrong_ways(root)
    before = text(steps, vertices, "en", ways)

    root.backward()

    assert text(steps, vertices, "en", ways) == before


def test_a_root_of_several_numbers_is_told_with_its_gradient():
    said = tell(leaf([1.0, 2], "x") * 2.0, gradient=np.array([1.0, 3]))

    assert "how fast sum(mul1 * gradient) changes" in said
    assert "the way back starts with the gradient that was given" in said
    assert "would change" not in said


def test_with_a_gradient_that_is_not_one_nothing_is_said_about_the_root_alone():
    said = tell(leaf(2.0, "x") * 3.0, gradient=10.0)

    assert "x.grad = 30" in said
    assert "how fast sum(mul1 * gradient) changes" in said
    assert "would change" not in said


@pytest.mark.parametrize(
    ("language", "leaves", "hooks"),
    [
        (
            "en",
            "The gradients of the leaves, without the hooks\n",
            "without the hooks on x, mul1: backward() calls them",
        ),
        ("zh", "叶子的梯度（不计钩子）\n", "这里不计 x, mul1 上的钩子：backward() 会调用它们"),
    ],
)
def test_where_there_are_hooks_the_story_says_that_it_is_told_without_them(language, leaves, hooks):
    x = leaf(2.0, "x")
    y = x * 3.0
    x.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: g * 10)

    said = tell(y + 1.0, language=language)

    assert leaves in said
    assert hooks in said
    assert "x.grad = 3 " in said
    assert ".grad 里的数" not in said
    assert "leaves in .grad" not in said


def test_retained_gradients_and_hooks_that_were_removed_are_no_hooks():
    y = leaf(2.0, "x") * 3.0
    y.retain_grad()
    y.register_hook(lambda g: g * 10).remove()

    said = tell(y + 1.0)

    assert "hook" not in said
    assert "what backward() leaves in .grad" in said


def test_of_many_values_with_hooks_the_first_are_named():
    y = leaf(1.0, "x")
    for _ in range(6):
        y = y * 2.0
        y.register_hook(lambda g: g)

    assert "without the hooks on mul1, mul2, mul3, mul4, …:" in tell(y)


def test_another_language_is_refused():
    with pytest.raises(ValueError, match="story: language must be one of en, zh, but got 'de'"):
        text([], [], "de")


def test_what_has_no_steps_has_no_story():
    with pytest.raises(ValueError, match="is a leaf"):
        tell(leaf(1.0))


# ---- what a step says -----------------------------------------------------------------------------------------------


def test_the_lines_of_a_panel_are_its_rows():
    root = evaluate("x*y", {"x": 2, "y": 5})

    assert backs(root)[0].title == "mul1 = x * y passes its gradient back to x"
    assert backs(root)[0].lines == (
        "in words: in a product each factor gets the gradient times the other factor",
        "rule: of mul(x, y) for x: g * y",
        "here: x.grad += g * y, where g = mul1.grad",
        "chain rule: upstream × local = 1 × 5 = 5, the contribution",
        "gradient: x.grad = 5",
    )
    assert backs(root, "zh")[0].lines[1] == "规则：mul(x, y) 对 x：g * y"
    assert backs(root)[0].kinds == backs(root, "zh")[0].kinds == ("why", "rule", "here", "chain", "gradient")


def test_a_step_through_matrices_says_the_shapes():
    step = backs(layer())[-1]

    assert ("here", "W.grad += g @ x.mT, where g = matmul1.grad") in step.rows
    assert ("shapes", "(2, 2) @ (2, 3) → (2, 3)") in step.rows
    assert ("gradient", "W.grad = [[0, 2, 1.5], [1, 0, 0.5]]") in step.rows


def test_a_step_says_that_broadcasting_is_undone():
    assert said(backs(layer()), 3, "undone") == "summed over axis 1: broadcasting undone, (2, 2) → (2, 1)"
    assert said(backs(layer(), "zh"), 3, "undone") == "沿轴 1 求和，还原广播：(2, 2) → (2, 1)"


@pytest.mark.parametrize(
    ("root", "here"),
    [
        (lambda x: x**2.0, "x.grad += g * 2 * x ** (2 - 1)"),
        (lambda x: mg.where(x.detach() > 0, x, -x).sum(), "where1.grad += g"),
        (lambda x: x.mean(), "x.grad += g / 4"),
        (lambda x: x.T.sum(1).mean(), "sum1.grad += g / 2"),
        (lambda x: x[0].mean(), "getitem1.grad += g / 2"),
        (lambda x: x[:, 1], "x.grad += zeros((2, 2)).at[:, 1].add(g)"),
        (lambda x: x.softmax(1), "x.grad += softmax1 * (g - sum(g * softmax1, axis=1, keepdims=True))"),
        (lambda x: F.linear(x, mg.tensor([[1.0, 2]]).double(), mg.tensor([1.0]).double()), "x.grad += g @ input1"),
        (lambda x: F.cross_entropy(x, mg.tensor([0, 1])),
         "x.grad += (g / 2)[..., None] * (softmax(x, axis=-1) - one_hot(target, 2))"),
        (lambda x: mg.cat([mg.ones(1, 2).double(), x]), "x.grad += g[1:3]"),
    ],
)  # fmt: skip
def test_the_rule_is_told_as_the_textbook_has_it(root, here):
    root = root(leaf([[1.0, 2], [3, 4]], "x"))
    vertices = trace(root, 100)
    steps = [step for step in trace_steps(root, np.ones(root.shape)) if step.kind == "pass back"]

    said = panel(steps[0], vertices).rows

    assert any(row[0] == "here" and row[1].startswith(f"{here}, where g = ") for row in said)


def samples():
    x, y = np.array([[0.3, -0.7], [1.2, 0.4]]), np.array([[0.5, 0.9], [0.2, 0.8]])
    return [
        *[(row, x, y) for row in (mg.add, mg.sub, mg.mul, mg.div, mg.maximum, mg.minimum, mg.matmul)],
        *[(row, x) for row in (mg.exp, mg.sin, mg.cos, mg.tanh, mg.sigmoid, mg.relu, mg.abs, mg.square, mg.neg)],
        *[(row, y) for row in (mg.log, mg.log1p, mg.sqrt, mg.reciprocal)],
        *[
            (reduce_it, x)
            for reduce_it in (
                lambda x: x.mean(1),
                lambda x: x.std(0),
                lambda x: x.std(1),
                lambda x: x.amax(1, keepdim=True),
            )
        ],
        *[(lambda x, f=f: f(x, 1), x) for f in (mg.softmax, mg.log_softmax, mg.logsumexp)],
        (lambda x: x ** mg.tensor(2.0).double(), y),
        (lambda x: x ** mg.tensor([0.0, 2.0]).double(), np.array([[0.0, 3], [1, 0]])),  # a guard needed in one place
        (F.linear, x, y, np.array([0.5, 1])),
        (lambda x: F.cross_entropy(x, mg.tensor([1, 0])), x),
        (lambda x: F.cross_entropy(x, mg.tensor([1, 0]), reduction="sum"), x),
        (lambda x: F.binary_cross_entropy_with_logits(x, mg.tensor(y)), x),
        (lambda x: F.binary_cross_entropy_with_logits(x, mg.tensor(y), reduction="none"), x),
        (lambda p: F.binary_cross_entropy(p, mg.tensor(y)), y),
        (lambda x, y: mg.cat([x, y], 1), x, y),
        (lambda x: x.T, x),
        (lambda x: x.reshape(4), x),
    ]


@pytest.mark.parametrize("sample", samples())
def test_the_textbook_formula_computes_what_the_rule_does(sample):
    """Whatever is left out of a rule for the reader's sake, guards and sizes, what remains gives the same numbers."""
    function, *arrays = sample
    root = function(*map(leaf, arrays))
    vertices = trace(root, 100)
    known = {
        "one_hot": loss._one_hot,
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
        "softmax": lambda x, axis: np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True),
        "shared": lambda g, chosen, axis: reduce._shared(g, chosen, axis),
    }

    for step in trace_steps(root, np.random.default_rng(0).normal(size=root.shape)):
        if step.kind == "pass back":
            written = formula.plain(formula.textbook(step, vertices))
            computed = eval(written, {**vars(np), **known, **step.numbers})
            np.testing.assert_allclose(np.broadcast_to(computed, step.raw.shape), step.raw, rtol=1e-12, err_msg=written)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("op", MEANINGS)
def test_every_operation_with_words_is_in_the_table_and_has_them_for_each_input(op, language):
    inputs = [p for p in inspect.signature(TABLE[op].forward).parameters.values() if p.kind is not p.KEYWORD_ONLY]

    differentiable = [place for place in range(len(inputs)) if TABLE[op].variadic or TABLE[op].rules[place] is not None]

    assert all(meaning(op, place, language) for place in differentiable)


def test_the_languages_say_the_same_things():
    english, chinese = ({k: set(re.findall(r"{\w+}", v)) for k, v in WORDS[language].items()} for language in LANGUAGES)

    assert english == chinese


def test_a_layer_of_more_than_one_batch_axis_is_told_by_rows():
    root = F.linear(mg.ones(5, 4, 2).double(), leaf(np.ones((3, 2)), "w"), leaf(np.ones(3), "b")).sum()

    assert said(backs(root), 1, "here") == "w.grad += rows(g).mT @ rows(input1), where g = linear1.grad"
    assert said(backs(root), 1, "shapes") is None
    assert said(backs(root), 2, "undone") == "summed over axes 0 and 1: broadcasting undone, (5, 4, 3) → (3,)"


@primitive()
def opaque_for_story(x):
    return x * 2


def doubled(g, out, x):
    return g * 2


opaque_for_story.defvjp(doubled)
del TABLE["opaque_for_story"]  # it works without being in it, where other tests would look for its samples


@pytest.mark.parametrize(
    ("root", "said"),
    [
        (lambda: leaf(2.0, "w") * leaf(3.0, "x"), "of mul(x=w, y=x) for x: g * y"),  # this x is not the table's
        (lambda: leaf(2.0, "x") * leaf(3.0, "y"), "of mul(x, y) for x: g * y"),
        (lambda: leaf(2.0, "v") * leaf(3.0, "w"), "of mul(x, y) for x: g * y"),
        (lambda: leaf(2.0, "x").exp() * 2.0, "of mul(x=exp1, y=2) for x: g * y"),
    ],
)
def test_the_rule_says_which_value_is_which_where_a_name_could_mislead(root, said):
    assert said in tell(root())


def test_a_rule_that_is_no_formula_is_told_by_its_name():
    panels = backs(opaque_for_story(leaf(3.0, "x")))

    assert said(panels, 0, "rule") == "of opaque_for_story(x) for x: doubled(g)"
    assert said(panels, 0, "here") is None


class Doubled(mg.autograd.Function):
    @staticmethod
    def forward(ctx, x, y):
        return x * 2.0 + y

    @staticmethod
    def backward(ctx, g):
        return g * 2.0, g


class Both(mg.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2.0, x * 3.0

    @staticmethod
    def backward(ctx, g, h):
        return g * 2.0 + h * 3.0


def test_the_rule_of_a_function_is_its_backward():
    y = Doubled.apply(leaf([3.0, 4.0], "x"), leaf([1.0, 2.0], "y")).sum()

    panels = backs(y)

    assert said(panels, 1, "rule") == "of Doubled(*xs) for xs[0]: Doubled.backward(ctx, g)"
    assert said(panels, 2, "rule") == "of Doubled(*xs) for xs[1]: Doubled.backward(ctx, g)"
    assert [list(step.numbers) for step in trace_steps(y)[-2:]] == [["g"], ["g"]]
    assert "gradient of xs: Doubled.backward(ctx, g)" in draw(y).source


def test_the_backward_of_a_function_with_several_results_takes_several_gradients():
    first, second = Both.apply(leaf(3.0, "x"))

    assert "Both.backward(ctx, *g)" in tell(first * second)


def test_the_name_of_a_function_cannot_command_the_terminal():
    kind = type("Bad\x1b[2J", (Doubled,), {})

    assert "\x1b" not in tell(kind.apply(leaf(3.0, "x"), leaf(1.0, "y")))


# ---- names and numbers ----------------------------------------------------------------------------------------------


def test_what_has_no_name_gets_one_that_nobody_has():
    y = leaf(1.0, "mul1") * leaf(2.0) * 3.0 * np.ones(2) + mg.ones(2).double()

    assert names_of(trace(y, 20)) == ["mul1", "leaf1", "mul2", "3", "mul3", "array1", "mul4", "input1", "add1"]


def test_two_values_of_one_name_are_told_apart():
    a, b, c = leaf(1.0, "w"), leaf(2.0, "w"), leaf(3.0, "w#2")

    assert names_of(trace(a + b + c, 10)) == ["w", "w#3", "add1", "w#2", "add2"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_name_cannot_command_the_terminal(language):
    told = tell(leaf(1.0, "\x1b[31mred\x07\u202e\n  9  forged") * 2.0, language=language)

    assert all(c.isprintable() or c == "\n" for c in told)
    assert r"\x1b[31mred\x07\u202e" in told


def test_a_value_named_g_is_not_taken_for_the_gradient():
    panels = backs(leaf(2.0, "g") * leaf(3.0, "x"))

    assert said(panels, 1, "here") == "x.grad += mul1.grad * g"


@pytest.mark.parametrize(
    ("array", "english", "chinese"),
    [
        (np.array(0.5), "0.5", "0.5"),
        (np.array([[1.0, -2], [0.125, 4]]), "[[1, -2], [0.125, 4]]", "[[1, -2], [0.125, 4]]"),
        (np.zeros((0, 3)), "(0, 3): empty", "(0, 3)：空"),
        (np.ones((5, 4)), "(5, 4): all 1", "(5, 4)：全为 1"),
        (np.arange(20.0), "(20,): mean 9.5, std 5.766; 0 to 19", "(20,)：均值 9.5，标准差 5.766；从 0 到 19"),
        (np.array([np.nan] + [1.0] * 12), "(13,): mean 1, std 0; 1 to 1; 1 of 13 NaN or Inf",
         "(13,)：均值 1，标准差 0；从 1 到 1；13 个中有 1 个 NaN 或 Inf"),
    ],
)  # fmt: skip
def test_values_are_written_out_when_they_are_few(array, english, chinese):
    assert values(array) == english
    assert values(array, "zh") == chinese


def test_a_rule_never_becomes_a_formula_that_python_cannot_read():
    vertices = trace(many(), 1000)
    for step in trace_steps(many()):
        if step.kind == "pass back":
            assert ast.parse(formula.plain(formula.textbook(step, vertices)))


# ---- as many digits as it takes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("root", "line"),
    [
        (lambda x: mg.tanh(x) * 6.857, "6.857 × (1 - 0.999753 × 0.999753) = 0.003384"),
        (lambda x: mg.tanh(x) - 1, "0.999753 - 1 = -0.0002468"),
        (lambda x: mg.tanh(x * 0.5), "tanh(2.25) = 0.978"),  # four digits do
        (lambda x: x * 100.02 - x * 100.01, "x.grad = (-100.01) + 100.02 = 0.01"),
    ],
)
def test_a_line_of_numbers_gives_its_own_result(root, line):
    assert line in str(explore(root(mg.tensor(4.5, dtype=mg.float64, requires_grad=True, name="x"))))


def test_where_no_digits_are_enough_nine_are_shown():
    x = mg.tensor(1.0, dtype=mg.float64, requires_grad=True, name="x")

    assert "1 - 1 = -1e-12" in str(explore((x - 1e-12) - x))
