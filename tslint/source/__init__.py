"""Files of Python source: reading and parsing them, finding them, and the comments that silence findings.

May read files and directories; never imports what it reads, writes nothing, and knows nothing of PyTorch.
"""

from __future__ import annotations

from tslint.source.archive import is_torchscript
from tslint.source.discovery import discover, excluded, is_module_target, unique
from tslint.source.errors import (
    MissingPathError,
    NoPythonError,
    OtherLanguageError,
    SourceError,
    SourceSyntaxError,
    UnreadableFileError,
)
from tslint.source.look import matters
from tslint.source.suppression import Suppression, suppressions
from tslint.source.text import Source, deeply, own_process, with_large_stack

__all__ = [
    "MissingPathError",
    "NoPythonError",
    "OtherLanguageError",
    "Source",
    "SourceError",
    "SourceSyntaxError",
    "Suppression",
    "UnreadableFileError",
    "deeply",
    "discover",
    "excluded",
    "is_module_target",
    "is_torchscript",
    "matters",
    "own_process",
    "suppressions",
    "unique",
    "with_large_stack",
]
