"""What newer scripts for PyTorch ask in place of `cuda`: which accelerator there is. The answer is none."""

__all__ = ["current_accelerator", "device_count", "is_available"]


def is_available() -> bool:
    """Return False: minigrad computes on the CPU."""
    return False


def device_count() -> int:
    """Return 0."""
    return 0


def current_accelerator() -> None:
    """Return None, as PyTorch does where there is none: ask is_available() first."""
