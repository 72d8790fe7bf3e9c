"""What Sequential and ModuleList share with lists: growing, inserting, replacing, taking away."""

import pytest

import minigrad as mg
from minigrad import nn

CONTAINERS = [lambda *modules: nn.Sequential(*modules), lambda *modules: nn.ModuleList(modules)]
both = pytest.mark.parametrize("make", CONTAINERS, ids=["Sequential", "ModuleList"])


def held(container):
    """The names of its modules, and the modules."""
    return [*container.named_children()]


@both
def test_a_container_is_extended_by_several_modules(make):
    a, b, c, d, e = (nn.Identity() for _ in range(5))
    net = make(a)

    assert net.extend([b, c]) is net
    net += make(d)
    longer = net + make(e)

    assert held(net) == [("0", a), ("1", b), ("2", c), ("3", d)]
    assert type(longer) is type(net)
    assert held(longer) == [("0", a), ("1", b), ("2", c), ("3", d), ("4", e)]


@both
def test_modules_behind_an_inserted_one_get_new_numbers(make):
    a, b, c, d = (nn.Linear(1, 1) for _ in range(4))
    net = make(a, b)

    assert net.insert(1, c) is net
    net.insert(-1, d)

    assert held(net) == [("0", a), ("1", c), ("2", d), ("3", b)]
    assert b.weight.name == "3.weight"


@both
def test_a_module_is_replaced_by_index(make):
    a, b, c = (nn.Identity() for _ in range(3))
    net = make(a, b)

    net[-1] = c

    assert held(net) == [("0", a), ("1", c)]


@both
def test_modules_behind_one_taken_away_get_new_numbers(make):
    a, b, c, d = (nn.Identity() for _ in range(4))
    net = make(a, b, c, d)

    assert net.pop(1) is b
    assert net.pop() is d
    assert held(net) == [("0", a), ("1", c)]

    del net[0]
    assert held(net) == [("0", c)]

    del net[:]
    assert held(net) == []


def test_the_right_one_of_two_places_of_a_shared_module_goes():
    a, b = nn.Identity(), nn.ReLU()
    net = nn.Sequential(a, b, a)

    del net[2]

    assert [*net] == [a, b]


def test_a_module_added_by_name_comes_last_or_takes_the_place_of_its_namesake():
    net = nn.Sequential()
    a, b, c = (nn.Identity() for _ in range(3))

    net.add_module("first", a)
    net.add_module("second", b)
    net.add_module("first", c)

    assert held(net) == [("first", c), ("second", b)]


def test_what_is_appended_to_a_slice_takes_no_other_modules_name():
    a, b, c, d = (nn.Identity() for _ in range(4))

    net = nn.Sequential(a, b, c)[1:].append(d)

    assert held(net) == [("1", b), ("2", c), ("3", d)]


def test_a_module_list_takes_any_iterable_of_modules_or_none():
    a, b = nn.Identity(), nn.Identity()

    assert held(nn.ModuleList(x for x in (a, b))) == [("0", a), ("1", b)]
    assert held(nn.ModuleList(nn.Sequential(a, b))) == [("0", a), ("1", b)]
    assert held(nn.ModuleList(None)) == []


@both
@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda net: net.append(None), TypeError, ": '1' must be a Module, but got None"),
        (lambda net: net.extend([nn.ReLU(), 1]), TypeError, ": '2' must be a Module, but got 1"),
        (lambda net: net.append([nn.ReLU()]), TypeError, r"give them one by one, as in Sequential\(\*modules\)"),
        (lambda net: net.extend(nn.ReLU()), TypeError, r"expected several modules, but got ReLU\(\); put even a"),
        (lambda net: net + 3, TypeError, "expected several modules, but got 3"),
        (lambda net: net.insert(0, nn.ReLU), TypeError, r": '0' must be a Module, .* write ReLU\(…\) to make one"),
        (lambda net: net.insert(2, nn.ReLU()), IndexError, "nothing can be inserted at 2 among 1 modules"),
        (lambda net: net.insert("0", nn.ReLU()), TypeError, "index must be an integer, but got '0'"),
        (lambda net: net.__setitem__(0, 3), TypeError, ": '0' must be a Module, but got 3"),
        (lambda net: net.__setitem__(1, nn.ReLU()), IndexError, "there is no module 1 among 1"),
        (lambda net: net.__delitem__(1), IndexError, "there is no module 1 among 1"),
        (lambda net: net.pop(-2), IndexError, "there is no module -2 among 1"),
        (lambda net: net["0"], TypeError, "index must be an integer, but got '0'"),
        (lambda net: net.add_module("a.b", nn.ReLU()), ValueError, "'a.b' cannot name a module"),
        (lambda net: net.add_module("forward", nn.ReLU()), ValueError, "'forward' cannot name a module"),
        (lambda net: net.add_module(1, nn.ReLU()), ValueError, "1 cannot name a module; it must be a string"),
        (lambda net: net.add_module("a", mg.ones(1)), TypeError, ": 'a' must be a Module, but got tensor"),
    ],
)
def test_what_a_container_cannot_do_raises_and_changes_nothing(make, change, error, message):
    net = make(nn.Linear(1, 1))
    before = held(net)

    with pytest.raises(error, match=message):
        change(net)

    assert held(net) == before
