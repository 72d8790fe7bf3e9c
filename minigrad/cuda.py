"""What scripts written for PyTorch ask about graphics cards. The answer is that there are none."""

__all__ = ["device_count", "is_available"]


def is_available() -> bool:
    """Return False: minigrad computes on the CPU."""
    return False


def device_count() -> int:
    """Return 0."""
    return 0
