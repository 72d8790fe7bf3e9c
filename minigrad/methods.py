"""The functions of the same names as methods: x.exp() is exp(x). Listed, so that help() and completion know each."""

from minigrad import functions


class Methods:
    """What a Tensor can do by name; its operators and its own methods are in `tensor.py`."""

    __slots__ = ()

    abs = functions.abs
    add = functions.add
    all = functions.all
    amax = functions.amax
    amin = functions.amin
    any = functions.any
    argmax = functions.argmax
    argmin = functions.argmin
    broadcast_to = functions.broadcast_to
    clamp = functions.clamp
    clip = functions.clip
    clone = functions.clone
    cos = functions.cos
    div = functions.div
    dot = functions.dot
    eq = functions.eq
    exp = functions.exp
    expand = functions.expand
    expm1 = functions.expm1
    flatten = functions.flatten
    floor_divide = functions.floor_divide
    ge = functions.ge
    gt = functions.gt
    isfinite = functions.isfinite
    isnan = functions.isnan
    le = functions.le
    log = functions.log
    log1p = functions.log1p
    log_softmax = functions.log_softmax
    logical_and = functions.logical_and
    logical_not = functions.logical_not
    logical_or = functions.logical_or
    logsumexp = functions.logsumexp
    lt = functions.lt
    matmul = functions.matmul
    max = functions.max
    maximum = functions.maximum
    mean = functions.mean
    min = functions.min
    minimum = functions.minimum
    mm = functions.mm
    mul = functions.mul
    multiply = functions.multiply
    ne = functions.ne
    neg = functions.neg
    permute = functions.permute
    pow = functions.pow
    reciprocal = functions.reciprocal
    relu = functions.relu
    remainder = functions.remainder
    reshape = functions.reshape
    rsqrt = functions.rsqrt
    sigmoid = functions.sigmoid
    sign = functions.sign
    sin = functions.sin
    softmax = functions.softmax
    split = functions.split
    sqrt = functions.sqrt
    square = functions.square
    squeeze = functions.squeeze
    std = functions.std
    sub = functions.sub
    subtract = functions.subtract
    sum = functions.sum
    t = functions.t
    tanh = functions.tanh
    transpose = functions.transpose
    unsqueeze = functions.unsqueeze
    var = functions.var
    view = functions.view
