"""Files that the script is said to have written: what stands in for a program is kept under the path it was saved to.

Nothing of it is written where the user would find it. The script sees each file all the same, as one in the child's own
temporary directory: it asks for its size, opens it, loads it again.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TOKEN = b"recorded by tslint "
"""What such a file begins with, before the number of what is kept in it."""


class Saved:
    """What was saved where: by absolute path, and by the token that was written into an open file or buffer."""

    def __init__(self) -> None:
        self.things: list[Any] = []
        self.paths: dict[str, int] = {}
        self.folder: Path | None = None

    def keep(self, file: Any, thing: Any) -> None:
        """THING was saved to FILE, a path or something that can be written to."""
        self.things.append(thing)
        number = len(self.things) - 1
        path = _absolute(file)
        if path is not None:
            self.paths[path] = number
            self._shadow(number).write_bytes(TOKEN + b"%d" % number)
        elif hasattr(file, "write"):
            with contextlib.suppress(TypeError):  # a text file: the real function would have raised
                file.write(TOKEN + b"%d\n" % number)

    def get(self, file: Any) -> Any:
        """What was saved to FILE, a path or an open file; None where that was not recorded."""
        path = _absolute(file)
        if path is not None:
            return self.things[self.paths[path]] if path in self.paths else None
        if not (hasattr(file, "read") and hasattr(file, "seek") and hasattr(file, "tell")):
            return None
        start = file.tell()
        head = file.read(len(TOKEN) + 12)
        file.seek(start)
        if not isinstance(head, bytes) or not head.startswith(TOKEN):
            return None
        return self.things[int(head[len(TOKEN) :].split()[0])]

    def holds(self, path: object) -> bool:
        """Whether PATH, or a folder above it, is one that was only said to be written."""
        found = _absolute(path)
        return found is not None and any(
            found == known or found.startswith(known + os.sep) or known.startswith(found + os.sep)
            for known in self.paths
        )

    @contextlib.contextmanager
    def visible(self) -> Iterator[None]:
        """Within it, opening such a path or asking for its size and date finds the file that stands in for it."""
        real_open, real_io, real_stat = builtins.open, io.open, os.stat

        def opened(file: Any, *args: Any, **kwargs: Any) -> Any:
            return real_open(self._seen(file), *args, **kwargs)

        def stat(path: Any, *args: Any, **kwargs: Any) -> Any:
            return real_stat(self._seen(path), *args, **kwargs)

        builtins.open = opened
        io.open = opened
        os.stat = stat
        try:
            yield
        finally:
            builtins.open, io.open, os.stat = real_open, real_io, real_stat
            if self.folder is not None:
                shutil.rmtree(self.folder, ignore_errors=True)

    def _seen(self, path: Any) -> Any:
        if not self.paths:
            return path
        number = self.paths.get(_absolute(path) or "")
        return path if number is None else self._shadow(number)

    def _shadow(self, number: int) -> Path:
        if self.folder is None:
            self.folder = Path(tempfile.mkdtemp(prefix="tslint-saved-"))
        return self.folder / str(number)


def _absolute(file: Any) -> str | None:
    """The absolute path that FILE is; None where it is no path."""
    if not isinstance(file, (str, os.PathLike)):
        return None
    path = os.fspath(file)
    return os.path.normpath(Path(path).absolute()) if isinstance(path, str) else None
