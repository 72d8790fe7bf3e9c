"""A module call leaves its name on the results it computed, for pictures."""

import gc
import weakref

import minigrad as mg
from minigrad import nn


def calls(result):
    """The modules whose calls ended with this result, outermost first."""
    found, scope = [], result.node.scope
    while scope is not None:
        reference, _, _, scope = scope
        found.append(reference())
    return found


def test_a_result_knows_the_calls_that_ended_with_it_outermost_first():
    inner = nn.Linear(2, 3)
    outer = nn.Sequential(nn.Linear(4, 2), inner)
    y = outer(mg.ones(1, 4))
    assert calls(y) == [outer, inner]


def test_an_operation_outside_any_module_belongs_to_none():
    assert calls(nn.Linear(2, 3)(mg.ones(1, 2)) * 2) == []


def test_a_module_that_hands_its_input_on_claims_nothing():
    y = nn.Linear(2, 3)(mg.ones(1, 2))
    nn.Sequential()(y)
    assert len(calls(y)) == 1


def test_every_result_of_several_is_claimed():
    class Both(nn.Module):
        def forward(self, x):
            return x * 2, x * 3

    both = Both()
    a, b = both(mg.ones(2, requires_grad=True))
    assert calls(a) == calls(b) == [both]


def test_results_inside_a_dict_are_claimed_too():
    class Named(nn.Module):
        def forward(self, x):
            return {"twice": x * 2, "more": [(x * 3,), None, "text"]}

    named = Named()
    out = named(mg.ones(2, requires_grad=True))
    assert calls(out["twice"]) == calls(out["more"][0][0]) == [named]


def test_the_operations_of_a_call_began_after_it():
    layer = nn.Sequential(nn.Linear(2, 3), nn.Tanh())
    x = mg.ones(1, 2, requires_grad=True) * 2
    y = layer(x)
    _, kind, began, _ = y.node.scope
    assert kind is nn.Sequential
    assert x.node.tick < began < y.node.inputs[0].node.tick < y.node.tick


def test_a_module_that_keeps_its_result_makes_no_reference_cycle():
    class Keeper(nn.Module):
        def forward(self, x):
            self.kept = x * 2
            return self.kept

    gc.collect()
    gc.disable()
    try:
        keeper = Keeper()
        keeper(mg.ones(2, requires_grad=True))
        gone = weakref.ref(keeper)
        del keeper
        assert gone() is None
    finally:
        gc.enable()
