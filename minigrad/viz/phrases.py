"""What the story says in words, in English and in Chinese."""

LANGUAGES = ("en", "zh")

WORDS = {
    "en": {
        "title": "How {root} was computed, and how its gradients come back",
        "forward": "Forward: every value is computed from those before it.",
        "backward": "Backward: v.grad is how fast {what} changes when v does. It is found from the end: each operation "
        "takes the gradient of its result (upstream), multiplies it by its own derivative (local), and adds the "
        "product (its contribution) to the gradient of its input.",
        "leaves": "The gradients of the leaves, which is what backward() leaves in .grad",
        "leaves hooked": "The gradients of the leaves, without the hooks",
        "hooks": "without the hooks on {names}: backward() calls them, and what they return takes the gradient's place",
        "nudge": "{name} + 0.001 would change {root} by about {change}",
        "wrong": "Common mistakes, and what they would have given here",
        "instead": "   instead of ",
        "missing": "never reached",
        "naive recursion": "naive recursion",
        "overwriting": "overwriting, not adding",
        "broadcasting not undone": "broadcasting not undone",
        "given": "given",
        "wants": "given; requires a gradient",
        "pass back": "{result} = {how} passes its gradient back to {name}",
        "as input": "{name}, as its input {place}",
        "seed": "the way back starts here: nudge {root}, and {root} changes by just as much",
        "seed given": "the way back starts with the gradient that was given",
        "why": "in words",
        "rule": "rule",
        "table": "of {op} for {input}: {formula}",
        "here": "here",
        "where": "{formula}, where g = {upstream}.grad",
        "numbers": "numbers",
        "chain": "chain rule",
        "product": "upstream × local = {text}, the contribution",
        "by number": "upstream × local, number by number: {text}",
        "shapes": "shapes",
        "undone": "shape",
        "summed": "summed over {axes}: broadcasting undone, {given} → {wanted}",
        "spread": "spread over {wanted}",
        "cast": "cast to {dtype}",
        "axis": "axis ",
        "axes": "axes ",
        "contribution": "contribution",
        "accumulates": "accumulates",
        "sum": "{name}.grad = {before} + {contribution} = {total}: paths meet, so contributions add up",
        "added": "{name}.grad += contribution: paths meet, so contributions add up",
        "gradient": "gradient",
        "value": "value",
        "and": " and ",
    },
    "zh": {
        "title": "{root} 是怎样算出来的，梯度又是怎样传回去的",
        "forward": "前向：每个值都由它前面的值算出。",
        "backward": "反向：v.grad 表示 v 变化时 {what} 变化得有多快。从结果往回求：每个运算取其结果的梯度（上游梯度），"
        "乘以自身的导数（局部导数），把乘积（贡献）加到输入的梯度上。",
        "leaves": "叶子的梯度，也就是 backward() 留在 .grad 里的数",
        "leaves hooked": "叶子的梯度（不计钩子）",
        "hooks": "这里不计 {names} 上的钩子：backward() 会调用它们，它们返回的值会代替原来的梯度",
        "nudge": "{name} 增加 0.001，{root} 大约变化 {change}",
        "wrong": "常见的错误写法在这里会得到什么",
        "instead": "   正确值：",
        "missing": "没有到达",
        "naive recursion": "朴素递归",
        "overwriting": "覆盖而不累加",
        "broadcasting not undone": "没有还原广播",
        "given": "已知",
        "wants": "已知；需要梯度",
        "pass back": "{result} = {how} 把梯度传回 {name}",
        "as input": "{name}（它的第 {place} 个输入）",
        "seed": "反向从这里开始：{root} 对它自己的导数是 1",
        "seed given": "反向从给定的梯度开始",
        "why": "含义",
        "rule": "规则",
        "table": "{op} 对 {input}：{formula}",
        "here": "代入",
        "where": "{formula}，其中 g = {upstream}.grad",
        "numbers": "数值",
        "chain": "链式法则",
        "product": "上游梯度 × 局部导数 = {text}，即贡献",
        "by number": "上游梯度 × 局部导数，逐个元素相乘：{text}",
        "shapes": "形状",
        "undone": "调整形状",
        "summed": "沿{axes} 求和，还原广播：{given} → {wanted}",
        "spread": "扩展到 {wanted}",
        "cast": "转换为 {dtype}",
        "axis": "轴 ",
        "axes": "轴 ",
        "contribution": "贡献",
        "accumulates": "累加",
        "sum": "{name}.grad = {before} + {contribution} = {total}：多条路径在此汇合，贡献相加",
        "added": "{name}.grad += 贡献：多条路径在此汇合，贡献相加",
        "gradient": "梯度",
        "value": "值",
        "and": " 和 ",
    },
}

SUMMARY = (  # how label.numbers sums up many numbers, and how that is said in Chinese
    (r"\bmean ", "均值 "), (r", std ", "，标准差 "), (r"^all ", "全为 "), (r"^empty$", "空"),
    (r"^(\S+) to (\S+)$", r"从 \1 到 \2"), (r"^(\d+) of (\d+) NaN or Inf$", r"\2 个中有 \1 个 NaN 或 Inf"),
)  # fmt: skip

# What a rule does, in words: (English, Chinese), or one such pair for each input.
FACTOR = "in a product each factor gets the gradient times the other factor", "乘法：每个因子得到梯度乘以另一个因子"
PICKED = "what was picked gets its gradient back, everything else gets 0", "被选中的位置取回梯度，其余位置为 0"
MOVED = "the numbers only moved, so the gradients move back", "数值只是换了位置，梯度也原样移回"
LARGER = "the larger one gets the whole gradient, equal ones half of it each", "较大者得到全部梯度，相等时各得一半"
SMALLER = "the smaller one gets the whole gradient, equal ones half of it each", "较小者得到全部梯度，相等时各得一半"
MEANINGS: dict[str, tuple] = {
    "add": ("a sum hands its gradient on, unchanged, to each of its parts", "加法把梯度原样传给每个加数"),
    "sub": (
        ("a difference hands its gradient on to the first part, unchanged", "减法把梯度原样传给被减数"),
        ("a difference hands its gradient on to the second part, with the other sign", "减法把梯度变号后传给减数"),
    ),
    "mul": FACTOR,
    "div": (
        ("the numerator gets the gradient divided by the denominator", "分子得到梯度除以分母"),
        ("the larger the denominator, the smaller the quotient: hence the minus", "分母越大商越小，所以带负号"),
    ),
    "neg": ("a minus turns the sign of the gradient", "取负使梯度变号"),
    "power": (
        ("x to the power n has the slope n times x to the power n - 1", "x 的 n 次方，斜率是 n 乘以 x 的 n - 1 次方"),
        ("a power grows with its exponent by itself times log x", "对指数求导：幂本身乘以 log x"),
    ),
    "square": ("a square has the slope 2x", "平方的斜率是 2x"),
    "exp": ("e to the power x is its own derivative", "e 的 x 次方的导数就是它自己"),
    "log": ("the slope of log x is 1 / x", "log x 的斜率是 1 / x"),
    "sqrt": ("the slope of a root is 1 / (2 × the root)", "平方根的斜率是 1 / (2 × 平方根)"),
    "sin": ("the slope of the sine is the cosine", "正弦的斜率是余弦"),
    "cos": ("the slope of the cosine is minus the sine", "余弦的斜率是负的正弦"),
    "abs": (
        "the gradient passes where x is positive, turns its sign where x is negative",
        "x 为正处原样通过，为负处变号",
    ),
    "tanh": (
        "tanh is steep near 0 and flat far from it, where little gets through",
        "tanh 在 0 附近陡，远处平，平处梯度几乎传不过去",
    ),
    "sigmoid": ("a sigmoid is flat at both ends, where little gets through", "sigmoid 两端平坦，平处梯度几乎传不过去"),
    "relu": ("where the result is positive the gradient passes, elsewhere it stops", "结果为正处梯度通过，其余处截断"),
    "maximum": LARGER,
    "minimum": SMALLER,
    "amax": (
        "the largest gets the gradient, equal ones share it, all others get 0",
        "最大者得到梯度，并列者平分，其余为 0",
    ),
    "amin": (
        "the smallest gets the gradient, equal ones share it, all others get 0",
        "最小者得到梯度，并列者平分，其余为 0",
    ),
    "where": (
        ("", ""),
        ("where the condition holds the gradient passes, elsewhere it stops", "条件成立处梯度通过，其余处截断"),
        ("where the condition fails the gradient passes, elsewhere it stops", "条件不成立处梯度通过，其余处截断"),
    ),
    "first_max": ("the first of the largest gets the whole gradient", "第一个最大者得到全部梯度"),
    "prod": ("each factor gets the gradient times the product of all others", "每个因子得到梯度乘以其余因子之积"),
    "cumsum": ("each number gets the gradients of all sums it went into", "每个数得到它参与的所有和的梯度"),
    "norm": ("the length grows fastest along x itself", "沿 x 自身的方向，长度增长最快"),
    "logsumexp": ("each number gets its share by softmax", "每个数按 softmax 的比例分得梯度"),
    "sum": ("each number that was added gets the same gradient", "每个被加的数都得到同样的梯度"),
    "mean": ("each number gets the same gradient, divided by how many there are", "每个数得到同样的梯度，再除以个数"),
    "matmul": (
        "a matrix product goes back through the other matrix, transposed",
        "矩阵乘法：经由另一个矩阵的转置传回",
    ),
    "linear": (
        ("the gradient of each output comes back through the weights it was made with", "各输出的梯度经由权重传回输入"),
        (
            "each weight gets its input × the gradient of its output, added up over the rows",
            "每个权重得到它的输入 × 它的输出的梯度，逐行累加",
        ),
        ("the bias was added to every row, so it gets the sum of all rows", "偏置加到了每一行上，所以得到各行之和"),
    ),
    "einsum": (
        "the other way round: the result's gradient with the other factors",
        "反过来：用结果的梯度与其余因子求和",
    ),
    "softmax": (
        "only what differs from the average gradient gets through: the outputs sum to 1",
        "各输出之和恒为 1，所以只有偏离平均的那部分梯度能传回",
    ),
    "log_softmax": ("the gradient, minus each probability's share of its sum", "梯度减去其总和按概率分摊的部分"),
    "std": ("numbers far from the mean move the spread most", "离均值越远的数，对标准差影响越大"),
    "getitem": PICKED,
    "take_along_axis": PICKED,
    "reshape": MOVED,
    "transpose": MOVED,
    "broadcast_to": ("every copy sends its gradient back, and they add up", "每个副本都传回梯度，加在一起"),
    "cat": ("each piece gets its own part of the gradient back", "每一段取回属于自己的那部分梯度"),
    "astype": ("only the dtype changed", "只是换了数据类型"),
    "clone": ("a copy hands its gradient on, unchanged", "副本把梯度原样传回"),
    "cross_entropy_from_logits": (
        "what was predicted minus what was wanted: softmax(logits), minus 1 at the target",
        "预测减目标：softmax(logits)，在目标类别处减 1",
    ),
    "binary_cross_entropy_from_logits": (
        ("what was predicted minus what was wanted: sigmoid(logits) - target", "预测减目标：sigmoid(logits) - target"),
        ("the more certain the prediction, the more the target matters", "预测越确定，目标越要紧"),
    ),
}


def meaning(op: str, place: int, language: str) -> str:
    """What the rule of that input of op does, in words; nothing for an operation that has none here."""
    said = MEANINGS.get(op, ("", ""))
    pair = said if isinstance(said[0], str) else said[place]
    return pair[LANGUAGES.index(language)]
