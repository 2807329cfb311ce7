"""A value that takes whatever is done to it: what a script gets where the real answer would need a conversion.

Whatever is computed from one is another one, so that a script can go on to its next call. An error that comes of it all the
same is ours, not the script's: ``blame`` tells the two apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Anything:
    """Takes metadata of any attribute path; calling, indexing and computing with it answers another one.

    ``poses`` is the class that it claims to be an instance of. It holds one item, is true, and is no number or text: where
    one is demanded, it is 0 or empty.
    """

    def __init__(self, poses: type | None = None) -> None:
        object.__setattr__(self, "_items", {})
        object.__setattr__(self, "_poses", poses)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """`isinstance` asks for it where the type itself says no."""
        poses: type | None = object.__getattribute__(self, "_poses")
        return poses or Anything

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        child = Anything()
        object.__setattr__(self, name, child)
        return child

    def __getitem__(self, key: Any) -> Any:
        return self._items.setdefault(str(key), Anything())

    def __setitem__(self, key: Any, value: Any) -> None:
        self._items[str(key)] = value

    def __call__(self, *_args: Any, **_kwargs: Any) -> Any:
        return Anything()

    def __iter__(self) -> Iterator[Any]:
        return iter((self[0],))

    def items(self) -> list[tuple[Any, Any]]:
        return [(Anything(), self[0])]

    def __len__(self) -> int:
        return 1

    def __contains__(self, _item: Any) -> bool:
        return True

    def __bool__(self) -> bool:
        return True

    def __int__(self) -> int:
        return 0

    __index__ = __int__

    def __float__(self) -> float:
        return 0.0

    def __str__(self) -> str:
        return ""

    __repr__ = __fspath__ = __str__

    def __format__(self, _spec: str) -> str:
        return ""

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_error: object) -> None:
        """Swallows nothing."""

    def __deepcopy__(self, _memory: Any) -> Any:
        return self

    def __array_function__(self, *_args: Any) -> Any:
        """NumPy's functions ask whoever is among their arguments."""
        return Anything()

    def __array__(self, dtype: Any = None, **_options: Any) -> Any:
        import numpy

        return numpy.zeros((), dtype or numpy.float32)

    def __array_ufunc__(self, *_args: Any, **_kwargs: Any) -> Any:
        return Anything()

    @classmethod
    def __torch_function__(cls, *_args: Any, **_kwargs: Any) -> Any:
        return Anything()


def _computed(self: Any, *_args: Any) -> Any:
    return Anything()


_BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "lshift", "rshift", "and", "or", "xor")
_OTHERS = ("neg", "pos", "abs", "invert", "round", "trunc", "floor", "ceil", "lt", "le", "gt", "ge")
for _name in (*_BINARY, *(f"r{name}" for name in _BINARY), *_OTHERS):
    setattr(Anything, f"__{_name}__", _computed)
