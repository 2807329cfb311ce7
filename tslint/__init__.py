"""tslint: will this PyTorch model become a correct TorchScript program and Core ML model, and if not, which line stops it?

Importing the package imports nothing else of it: the probe runs in the interpreter of the user's model, where
LibCST, Rich and Typer need not exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tslint.api import check

__version__ = "0.1.0"
__all__ = ["__version__", "check"]


def __getattr__(name: str) -> Any:
    if name == "check":
        from tslint.api import check

        return check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
