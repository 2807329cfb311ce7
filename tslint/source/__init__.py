"""Files of Python source: reading and parsing them, finding them, and the comments that silence findings.

May read files and directories; never imports what it reads, writes nothing, and knows nothing of PyTorch.
"""

from __future__ import annotations

from tslint.source.discovery import discover
from tslint.source.errors import (
    MissingPathError,
    NoPythonError,
    NotebookError,
    SourceError,
    SourceSyntaxError,
    UnreadableFileError,
)
from tslint.source.suppression import Suppression, suppressions
from tslint.source.text import Source

__all__ = [
    "MissingPathError",
    "NoPythonError",
    "NotebookError",
    "Source",
    "SourceError",
    "SourceSyntaxError",
    "Suppression",
    "UnreadableFileError",
    "discover",
    "suppressions",
]
