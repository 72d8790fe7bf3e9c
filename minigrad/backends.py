"""Switches of PyTorch's backends that scripts ask for or set. There are no such backends here."""

__all__ = ["cudnn", "mps"]


class mps:  # noqa: N801 (PyTorch's name)
    """Apple's graphics cards, which are not used here."""

    @staticmethod
    def is_available() -> bool:
        """Return False: minigrad computes on the CPU."""
        return False


class cudnn:  # noqa: N801 (PyTorch's name)
    """Switches that scripts set for reproducible runs, without effect: every run here is."""

    benchmark: bool = False
    deterministic: bool = False
    enabled: bool = False
