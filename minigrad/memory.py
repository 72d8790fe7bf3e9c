"""The write log: which bytes were overwritten, and when.

A backward rule reads the values of the forward pass. If one of them has been overwritten since, the gradient would be
silently wrong. So every write made through the library is noted here, as a byte range of the array that owns the
memory and a tick of one clock. A recorded call remembers its own tick; it is stale if a value it will read lies in a
range with a later one. One counter orders everything: recorded calls and writes alike.
"""

import itertools
import weakref

import numpy as np
from numpy.lib.array_utils import byte_bounds

clock = itertools.count(1).__next__


class WriteLog:
    """Byte ranges written, by owner of the memory; an owner's entry goes when the owner does."""

    def __init__(self):
        self.last = 0  # the tick of the newest write: nothing recorded later can be stale
        self.owners = {}  # id(owner) → (weak reference to it, {(low, high): tick})

    def note(self, array):
        """Remember that array's bytes have just been written."""
        owner, span = _owner(array), byte_bounds(array)
        key = id(owner)
        if key not in self.owners:
            self.owners[key] = weakref.ref(owner, lambda _: self.owners.pop(key, None)), {}
        spans = self.owners[key][1]
        self.last = spans[span] = tick = clock()
        if len(spans) > 64 and len(spans) & (len(spans) - 1) == 0:  # at powers of two: cheap on average
            low, high = span
            for old in [s for s in list(spans) if low <= s[0] and s[1] <= high and spans[s] < tick]:
                del spans[old]  # hidden behind the newer, larger write

    def written_since(self, array, tick):
        """Whether any of array's bytes were written after tick."""
        if self.last <= tick:
            return False
        _, spans = self.owners.get(id(_owner(array)), (None, {}))
        low, high = byte_bounds(array)
        return any(when > tick and a < high and low < b for (a, b), when in list(spans.items()))


def _owner(array):
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


log = WriteLog()
