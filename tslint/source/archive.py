"""Files of programs and weights that are no source. They are told by what they hold, and nothing in them is unpickled."""

from __future__ import annotations

import zipfile
from pathlib import Path

from tslint.source.errors import UnreadableFileError

ZIP = b"PK\x03\x04"
PICKLE = b"\x80"
"""How a pickle of protocol 2 or later begins, and with it what ``torch.save`` wrote before PyTorch 1.6."""
SUFFIXES = {".pt", ".pth", ".pts", ".ckpt", ".bin"}
"""Of files that are no source, whatever they hold."""


def is_torchscript(path: Path) -> bool:
    """Whether PATH is a TorchScript archive, as ``torch.jit.save`` writes them.

    Raises UnreadableFileError for a pickle or an archive of something else, loading which could run any code, and for what is
    called like one and is none.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError:
        return False  # which whoever reads it says
    if start == ZIP:
        names = _names(path)
        if {"code", "constants.pkl"} <= {name.partition("/")[2].partition("/")[0] for name in names}:
            return True
        raise UnreadableFileError(path, f"{_what(names)}, not a TorchScript archive: save one with `torch.jit.save`")
    if start[:1] == PICKLE and path.suffix != ".py":
        raise UnreadableFileError(path, "holds a pickle, not a TorchScript archive: save one with `torch.jit.save`")
    if path.suffix in SUFFIXES:
        raise UnreadableFileError(path, "is no TorchScript archive: save one with `torch.jit.save`")
    return False


def _names(path: Path) -> list[str]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        raise UnreadableFileError(path, "begins like an archive, and cannot be read as one") from None


def _what(names: list[str]) -> str:
    last = {name.rpartition("/")[2] for name in names}
    if "archive_format" in last or "serialized_exported_program.json" in last:
        return "holds a program of `torch.export`"
    return "holds weights or a pickled model" if "data.pkl" in last else "is an archive of something else"
