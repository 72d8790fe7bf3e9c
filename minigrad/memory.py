"""The write log: which bytes were overwritten, and when.

A backward rule reads the values of the forward pass. If one of them has been overwritten since, the gradient would be
silently wrong. So every write made through the library is noted here, as a byte range of the array that owns the
memory and a tick of one clock. A recorded call remembers its own tick; it is stale if a value it will read lies in a
range with a later one. One counter orders everything: recorded calls and writes alike.
"""

import itertools
import math
import threading
import weakref

import numpy as np
from numpy.lib.array_utils import byte_bounds

clock = itertools.count(1).__next__
EVERYTHING = 0, math.inf
MOST_SPANS = 4096  # of one owner; with more, a write to a part counts as one to all of it, as it always does in PyTorch


class WriteLog:
    """Byte ranges written, by owner of the memory; an owner's entry goes when the owner does."""

    def __init__(self):
        self.last = 0  # the tick of the newest write: nothing recorded later can be stale
        self.owners = {}  # id(owner) → (weak reference to it, {(low, high): tick})
        self.replaced = {}  # id(owner) → {(low, high): tick}, of the writes that kept nothing of what was there
        self.lock = threading.RLock()  # so that last never goes back and no owner gets two entries

    def note(self, array, fresh=False):
        """Remember that array's bytes have just been written; fresh: all of them, with no regard to what was there."""
        owner = array if array.base is None else _owner(array)
        key, whole = id(owner), array is owner
        with self.lock:
            if key not in self.owners:
                self.owners[key] = weakref.ref(owner, lambda _: self._forget(key)), {}
            reference, spans = self.owners[key]
            tick = clock()
            if whole or len(spans) > MOST_SPANS:  # what was written before lies inside: one entry per parameter
                self.owners[key] = reference, {EVERYTHING: tick}
            else:
                spans[byte_bounds(array)] = tick
            if fresh:
                self._note_fresh(key, array, tick)
            self.last = tick

    def _note_fresh(self, key, array, tick):
        low, high = byte_bounds(array)
        if high - low == array.nbytes:  # no gaps
            spans = self.replaced.setdefault(key, {})
            if len(spans) > MOST_SPANS:
                spans.clear()
            spans[low, high] = tick

    def _forget(self, key):
        self.owners.pop(key, None)
        self.replaced.pop(key, None)

    def written_since(self, array, tick):
        """Whether any of array's bytes were written after tick."""
        if self.last <= tick or not array.size:
            return False
        entry = self.owners.get(id(array if array.base is None else _owner(array)))
        if entry is None:
            return False
        written = [span for span, when in list(entry[1].items()) if when > tick]
        if not written:
            return False
        low, high = byte_bounds(array)
        return any(a < high and low < b for a, b in written)

    def replaced_since(self, array, tick):
        """Whether all of array's bytes were overwritten at once after tick, so that nothing older is left in them."""
        spans = self.replaced.get(id(_owner(array)), {})
        low, high = byte_bounds(array)
        return any(a <= low and high <= b and when > tick for (a, b), when in list(spans.items()))


def _owner(array):
    """The array whose memory it is, at the end of a chain of views, in which as_strided puts links of its own."""
    link = array
    while link is not None:
        array = link if isinstance(link, np.ndarray) else array
        link = getattr(link, "base", getattr(link, "obj", None))
    return array


log = WriteLog()
