"""What scripts written for PyTorch ask about graphics cards. The answer is that there are none."""

__all__ = ["device_count", "empty_cache", "is_available", "manual_seed", "manual_seed_all"]


def is_available() -> bool:
    """Return False: minigrad computes on the CPU."""
    return False


def device_count() -> int:
    """Return 0."""
    return 0


def manual_seed(seed: int) -> None:
    """Do nothing, as PyTorch does where there is no graphics card: there is no generator to seed."""


def manual_seed_all(seed: int) -> None:
    """Do nothing, as PyTorch does where there is no graphics card: there is no generator to seed."""


def empty_cache() -> None:
    """Do nothing, as PyTorch does where there is no graphics card: there is no memory of one to free."""
