"""tslint: will this PyTorch model become a correct TorchScript program and Core ML model, and if not, which line stops it?

Importing the package imports nothing else of it: the probe runs in the interpreter of the user's model, where
LibCST, Rich and Typer need not exist. What it offers to Python is looked up when it is asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` would be looked for in the working directory, under `python -m tslint`
if TYPE_CHECKING:
    from typing import Any

    from tslint.api import check
    from tslint.live import IsolationError
    from tslint.report.content import CheckFailed, Report
    from tslint.settings import SettingsError

__all__ = ["CheckFailed", "IsolationError", "Report", "SettingsError", "check"]

__version__ = "0.1.0"

_HOMES = {
    "check": "tslint.api",
    "CheckFailed": "tslint.report.content",
    "IsolationError": "tslint.live",
    "Report": "tslint.report.content",
    "SettingsError": "tslint.settings",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
