"""Runs the user's file as ``__main__``, up to its last call that traces, scripts, exports or converts."""

from __future__ import annotations

import ast
import contextlib
import linecache
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tslint.probe import cells, texts
from tslint.probe.entry.importing import dotted_name


def run_script(path: Path, stop_line: int | None) -> None:
    """Executes the file as ``__main__``, as far as STOP_LINE. Raises what it raises."""
    tree = ast.parse(texts.read_bytes(path), str(path))
    package = _enter(path, tree)
    linecache.checkcache(str(path))
    module = types.ModuleType("__main__")
    module.__file__ = str(path)
    module.__package__ = package
    module.__dict__["__builtins__"] = __builtins__
    sys.modules["__main__"] = module
    sys.argv = [str(path)]
    cells.execute(cut(tree, stop_line), path, module.__dict__)


def _enter(path: Path, tree: ast.Module) -> str | None:
    """Puts on the path what the file needs there; the package that it is a module of, if any.

    A file with relative imports works as ``python -m package.module`` alone: the directory above its top package comes
    first. Any other is run as ``python file.py``: its own directory comes first, and that one last, for a file of a package
    that names it in full.
    """
    name, above = dotted_name(path)
    package = name.rpartition(".")[0] or None
    relative = any(isinstance(node, ast.ImportFrom) and node.level > 0 for node in ast.walk(tree))
    if package is None or not relative:
        sys.path.insert(0, str(path.parent))
        if package is not None:
            sys.path.append(str(above))
    else:
        sys.path.insert(0, str(above))
    return package


def cut(tree: ast.Module, stop_line: int | None) -> ast.Module:
    """TREE without what follows the top-level statement, or the statement under the main guard, that ends at STOP_LINE."""
    if stop_line is None:
        return tree
    kept: list[ast.stmt] = []
    for statement in tree.body:
        if statement.lineno > stop_line:
            break
        if isinstance(statement, ast.If) and (statement.end_lineno or 0) >= stop_line and _is_guard(statement):
            statement.body = [s for s in statement.body if s.lineno <= stop_line]
        kept.append(statement)
    tree.body = kept
    return tree


def _is_guard(statement: ast.If) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__name__" for node in ast.walk(statement.test))


class _Made:
    """The directories that were made since it was asked to watch. Python keeps an audit hook for good: there is one."""

    def __init__(self) -> None:
        self.paths: list[Path] | None = None
        self.hooked = False

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "os.mkdir" and self.paths is not None:
            with contextlib.suppress(TypeError, ValueError, OSError):
                path = Path(arguments[0]).absolute()
                if not path.exists():
                    self.paths.append(path)


_MADE = _Made()


@contextlib.contextmanager
def leaving_no_directories() -> Iterator[None]:
    """Removes the directories that were made within it and stayed empty: what goes into them is not written here."""
    if not _MADE.hooked:
        sys.addaudithook(_MADE.hear)
        _MADE.hooked = True
    _MADE.paths = []
    try:
        yield
    finally:
        made, _MADE.paths = _MADE.paths, None
        for path in reversed(made):
            with contextlib.suppress(OSError):
                path.rmdir()
