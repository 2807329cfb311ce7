"""Texts that stand for files: what a fix would write is imported, scripted and shown as if it stood there already.

Nothing is written for it. A module of such a file keeps its name, its place among the others and its ``__file__``; it has no
bytecode, neither read nor kept. What the user's code itself reads of the file is the file's own.
"""

from __future__ import annotations

import io
import linecache
import tokenize
from collections.abc import Iterable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

_standing: dict[str, str] = {}
_loader: Any = SourceFileLoader
_get_data, _path_stats = SourceFileLoader.get_data, SourceFileLoader.path_stats


def stand(texts: Iterable[tuple[str, str]]) -> None:
    """From here on each text stands for the file of its absolute path."""
    for path, text in texts:
        for name in {path, str(Path(path).resolve())}:
            _standing[name] = text
            # Without a time, an entry is never held against what is on disk.
            linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    if _standing:
        _loader.get_data, _loader.path_stats = _data, _stats


def read_bytes(path: Path) -> bytes:
    """What PATH holds, or what stands for it. Raises OSError."""
    text = _standing.get(str(path))
    return path.read_bytes() if text is None else _encoded(text)


def read_text(path: Path) -> str:
    """What PATH holds as text, or what stands for it. Raises OSError."""
    text = _standing.get(str(path))
    return path.read_text(encoding="utf-8", errors="replace") if text is None else text


def _encoded(text: str) -> bytes:
    """TEXT in the encoding that it declares, as it would stand in its file."""
    plain = text.encode("utf-8")
    return text.encode(tokenize.detect_encoding(io.BytesIO(plain).readline)[0])


def _data(self: Any, path: Any) -> bytes:
    text = _standing.get(str(path))
    return _get_data(self, path) if text is None else _encoded(text)


def _stats(self: Any, path: Any) -> Any:
    if str(path) in _standing:
        raise OSError  # which makes the import system take no notice of bytecode
    return _path_stats(self, path)
