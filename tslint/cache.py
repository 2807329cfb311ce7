"""What was found in a file before: one small JSON file for each file that was checked, in ``.tslint_cache``.

A result is used again only where everything it came from is the same: the bytes of the file and of the files whose facts
were read for it, what was asked, and tslint itself. Whatever is wrong with the cache is harmless: what cannot be read, or was
cut off or mixed up, was not there, and what cannot be written is not kept. Two runs at a time write the same or replace
each other's entries whole.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tslint import __version__, catalogue
from tslint.diagnostic import from_json, to_json
from tslint.static import Checked, Job

FOLDER = ".tslint_cache"
FILES = {".gitignore": "# Made by tslint.\n*\n", "CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n"}
"""What tells Git, and what makes backups, to leave the folder out."""


class Cache:
    """The entries in FOLDER under ROOT, for results of one JOB."""

    def __init__(self, root: Path, job: Job) -> None:
        self.folder = root / FOLDER
        self.job = job
        self._asked = json.dumps([program(), to_json(dataclasses.replace(job, named=False))])

    def get(self, path: Path, data: bytes) -> Checked | None:
        """What was found in PATH when it held DATA; None where that is not known."""
        try:
            entry = json.loads(self._entry(path).read_bytes())
            if entry["key"] != self._key(path, data, entry["reads"]) or entry["digest"] != _digest(entry["result"]):
                return None
            return from_json(Checked, entry["result"])
        except Exception:  # whatever stands there, it is no entry of this version
            return None

    def put(self, path: Path, data: bytes, result: Checked, reads: Mapping[str, str] | None = None) -> None:
        """Remembers RESULT. READS are the digests of the other files that it came from, by path."""
        plain = to_json(result)
        reads = dict(reads or {})
        entry = {"key": self._key(path, data, reads), "reads": reads, "digest": _digest(plain), "result": plain}
        with contextlib.suppress(OSError):
            self._make()
            _replace(self._entry(path), json.dumps(entry).encode())

    def _entry(self, path: Path) -> Path:
        name = hashlib.sha256(f"{path.absolute()}\0{self._asked}".encode(errors="surrogateescape")).hexdigest()[:32]
        return self.folder / f"{name}.json"

    def _key(self, path: Path, data: bytes, reads: Mapping[str, str]) -> str:
        now = {name: digest_of(Path(name)) for name in reads}
        if now != reads:
            return ""  # which no entry has
        parts = [str(path.absolute()), hashlib.sha256(data).hexdigest(), self._asked, sorted(reads.items())]
        return _digest(parts)

    @functools.cached_property
    def _made(self) -> bool:
        self.folder.mkdir(exist_ok=True)
        for name, text in FILES.items():
            if not (self.folder / name).exists():
                _replace(self.folder / name, text.encode())
        return True

    def _make(self) -> None:
        assert self._made


@functools.cache
def program() -> str:
    """A digest of what makes results: versions, rule pages, and tslint's own files, by size and time as they are installed."""
    from importlib.metadata import version

    found: list[Any] = [__version__, version("libcst"), sys.version]
    for folder in (Path(__file__).parent, catalogue.folder()):
        for place, directories, names in os.walk(folder):
            directories.sort()
            for name in sorted(names):
                if not name.endswith(".pyc"):
                    path = Path(place, name)
                    found.append([str(path), path.stat().st_size, path.stat().st_mtime_ns])
    return _digest(found)


def digest_of(path: Path) -> str:
    """The digest of a file's bytes; that of nothing where it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _digest(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()


def _replace(path: Path, content: bytes) -> None:
    """Writes PATH whole or not at all; unlike what a user owns, it need not survive a power cut."""
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise
