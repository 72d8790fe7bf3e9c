"""Ctrl-C, held back until a moment at which it does no harm."""

import signal
import threading

__all__ = ["HeldBack", "Interrupted"]


class Interrupted(KeyboardInterrupt):
    """Ctrl-C, honoured between two steps: the trainer holds no half step, and its state can be saved."""


class HeldBack:
    """While this context lasts, a first Ctrl-C waits for `check()`; a second one interrupts at once, as usual.

    A KeyboardInterrupt can otherwise land between any two instructions, the middle of an optimizer's step included.
    Outside the main thread, where Python delivers no signals, and where somebody else already handles or ignores
    Ctrl-C, nothing is changed.
    """

    def __enter__(self):
        self.asked = False
        self.installed = (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGINT) is signal.default_int_handler
        )
        if self.installed:
            signal.signal(signal.SIGINT, self._note)
        return self

    def _note(self, signum, frame):
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True

    def check(self) -> None:
        """Raise Interrupted if Ctrl-C was pressed since the context began."""
        if self.asked:
            raise Interrupted

    def __exit__(self, kind, error, traceback):
        if self.installed:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        if kind is None:
            self.check()  # pressed after the last check: late, but never swallowed
