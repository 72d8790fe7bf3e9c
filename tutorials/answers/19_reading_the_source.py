"""Answers to the exercises of tutorial 19."""

import re
import weakref

import numpy as np

import minigrad as mg
from minigrad import rules
from minigrad.table import TABLE

# %% 1. All gradients


def walk(root):
    """{value: gradient} of everything behind root."""
    pending, found = {root: np.ones_like(root.array)}, {}
    while pending:
        newest = max(pending, key=lambda v: v.node.tick if v.node else -1)
        g = found[newest] = pending.pop(newest)
        for i in newest.node.needs if newest.node else ():
            node = newest.node
            gradient = node.op.rules[i](g, newest.array, *node.arrays, **node.params)
            pending[node.inputs[i]] = pending.get(node.inputs[i], 0) + gradient
    return found


w, b = mg.tensor(0.5, requires_grad=True), mg.tensor(-1.0, requires_grad=True)
product = w * 3.0
result = mg.tanh(product + b) * product
product.retain_grad()
ours = walk(result)
result.backward()
print("ours:", ours[product], " retain_grad:", product.grad.item())
assert abs(ours[product] - product.grad.item()) < 1e-6

# %% 2. The longest rule, and the most useful row
texts = {}
for row in TABLE.values():
    if row.rules is not None:
        given = [row.rules.rule] if row.variadic else row.rules
        texts[row.name] = [rules.rule_text(rule) for rule in given if rule is not None]
longest = max(texts, key=lambda name: max(map(len, texts[name])))
uses = {
    name: sum(bool(re.search(rf"(?<!np\.)\b{name}\(", text)) for other, rows in texts.items() for text in rows)
    for name in texts
}
print("longest:", longest, " most used by name:", max(uses, key=uses.get))
assert max(uses.values()) >= 2

# %% 3. Who keeps a value alive
x = mg.tensor([1.0, 2.0], requires_grad=True)
inner = x * 2.0
watched = weakref.ref(inner)
loss = (inner * inner).sum()
del inner
assert watched() is not None  # the graph holds it: the rule of * will read it
loss.backward()
print("after backward the intermediate is", watched())
assert watched() is None
