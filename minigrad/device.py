"""Where tensors live: in the memory of the CPU, always. This is here so that scripts written for PyTorch run."""

__all__ = ["device"]


class device:  # noqa: N801 (PyTorch's name)
    """The device called "cpu". Raises ValueError for any other: minigrad computes on the CPU only.

    >>> device("cpu")
    device(type='cpu')
    """

    __slots__ = ("type",)
    type: str

    def __init__(self, type: "str | device"):
        name = type.type if isinstance(type, device) else type
        if name != "cpu":
            raise ValueError(
                f'device: minigrad computes on the CPU only, but got {name!r:.40}; use device("cpu"), as scripts do '
                "that ask cuda.is_available() first"
            )
        self.type = name

    def __repr__(self):
        return f"device(type={self.type!r})"

    def __str__(self):
        return self.type

    def __eq__(self, other):
        return isinstance(other, device) and self.type == other.type

    def __hash__(self):
        return hash(self.type)
