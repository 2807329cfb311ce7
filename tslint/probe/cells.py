"""A notebook as the target: the module that its cells make stands for its file, and runs as a kernel would run it."""

from __future__ import annotations
import __future__

import ast
import asyncio
import inspect
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tslint.diagnostic import Cells
from tslint.probe import texts
from tslint.request import NotebookModule

_cells: dict[str, Cells] = {}


def give(notebook: NotebookModule) -> None:
    """From now on the notebook's path stands for its module. Nothing opens a window, as nothing does in a notebook."""
    texts.stand([(notebook.path, notebook.text)])
    for path in (notebook.path, str(Path(notebook.path).resolve())):
        _cells[path] = notebook.cells
    os.environ.setdefault("MPLBACKEND", "Agg")


def is_notebook(path: Path | str) -> bool:
    return str(path) in _cells


def where(path: Path | str, lines: Iterable[int]) -> str:
    """``line 12``, ``lines 3 and 12``; of a notebook ``cell 4, line 3``."""
    found = sorted(set(lines))
    cells = _cells.get(str(path))
    if cells is not None:
        return _joined([cells.words(line) for line in found])
    return f"line{'s' if len(found) > 1 else ''} {_joined(list(map(str, found)))}"


def execute(tree: ast.Module, path: Path, space: dict[str, Any]) -> None:
    """Runs the module TREE of PATH in SPACE. Raises what it raises.

    What a kernel allows, a notebook may do: ``await`` outside of a function, imports from ``__future__`` in any cell; and
    there are ``display``, which shows nothing here, and ``get_ipython``, which has no answer outside of a kernel.
    """
    if not is_notebook(path):
        exec(compile(tree, str(path), "exec", dont_inherit=True), space)
        return
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    kept: list[ast.stmt] = []
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for alias in statement.names:
                flags |= getattr(__future__, alias.name).compiler_flag
        else:
            kept.append(statement)
    tree.body = kept
    space.setdefault("display", lambda *objects, **options: None)
    space.setdefault("get_ipython", lambda: None)
    code = compile(tree, str(path), "exec", flags=flags, dont_inherit=True)
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(_awaited(eval(code, space)))
    else:
        exec(code, space)


async def _awaited(running: Any) -> None:
    await running


def _joined(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
