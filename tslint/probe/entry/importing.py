"""Imports the user's file or names one of its package, as plain Python would, and never as ``__main__``."""

from __future__ import annotations

import ast
import importlib
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from tslint.probe import cells, texts


class NoModule(ImportError):
    """The module that a target names does not exist; not one that it imports."""


class NotLiteral(ValueError):
    """What stands in ``--model`` or after the colon of a target is not a name with literal arguments."""


def dotted_name(path: Path) -> tuple[str, Path]:
    """The name that PATH is imported under, and the directory that has to be on the path for it."""
    parts = [] if path.stem == "__init__" else [path.stem]
    directory = path.parent
    if path.suffix == ".ipynb":  # which is no module of a package, whatever stands beside it
        return path.stem, directory
    while (directory / "__init__.py").is_file() and directory.name.isidentifier():
        parts.insert(0, directory.name)
        if directory.parent == directory:
            break
        directory = directory.parent
    return ".".join(parts) or path.stem, directory


def definitions(tree: ast.Module, lines: Sequence[int]) -> ast.Module:
    """TREE up to the first statement that holds one of LINES; after it imports, functions and classes alone.

    A function that holds one of them stays: defining it runs nothing.
    """
    harmless = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
    kept: list[ast.stmt] = []
    reached = False
    for statement in tree.body:
        if not isinstance(statement, harmless):
            reached = reached or any(statement.lineno <= n <= (statement.end_lineno or n) for n in lines)
            if reached:
                continue
        kept.append(statement)
    tree.body = kept
    return tree


def import_file(path: Path, without: Sequence[int] = ()) -> ModuleType:
    """The module of the file PATH. Raises what its code raises.

    WITHOUT are lines that must not run: what trains, writes, traces or converts (see ``definitions``).

    A file inside a package gets its dotted name, the directory above the top package first on the path; a flat file its
    stem. It stands in ``sys.modules`` before it runs, ``sys.argv`` is ``[path]``.
    """
    path = path.resolve()
    name, directory = dotted_name(path)
    sys.argv = [str(path)]
    if str(directory) in sys.path:
        sys.path.remove(str(directory))
    sys.path.insert(0, str(directory))
    package, _, _ = name.rpartition(".")
    if package:
        importlib.import_module(package)
        if (known := sys.modules.get(name)) is not None and _same_file(known, path):
            return known
    elif (
        (name in sys.modules and not _same_file(sys.modules[name], path))
        or not name.isidentifier()
        or cells.is_notebook(path)
    ):
        # A flat file named like a module that is imported already (`random.py`, `torch.py`) must not take its place; nor a
        # notebook that of the module beside it.
        name = f"tslint_target_{abs(hash(str(path)))}"
    loader = importlib.machinery.SourceFileLoader(name, str(path))
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        if without or cells.is_notebook(path):
            tree = ast.parse(texts.read_bytes(path), str(path))
            cells.execute(definitions(tree, without) if without else tree, path, module.__dict__)
        else:
            spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _same_file(module: ModuleType, path: Path) -> bool:
    known = getattr(module, "__file__", None)
    return known is not None and Path(known).resolve() == path


def parse_call(text: str) -> tuple[tuple[str, ...], list[Any], dict[str, Any], bool]:
    """(dotted name, positional, keyword arguments, whether it is called) of ``Net`` or ``Net(num_classes=21)``.

    Arguments are literals: nothing of TEXT is evaluated. Raises NotLiteral.
    """
    try:
        node: ast.expr = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise NotLiteral(f"`{text}` is not a name with literal arguments") from error
    called, args, kwargs = False, [], {}
    if isinstance(node, ast.Call):
        called = True
        try:
            args = [ast.literal_eval(argument) for argument in node.args]
            kwargs = {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in node.keywords if keyword.arg}
        except ValueError as error:
            raise NotLiteral(f"the arguments of `{text}` are not all literals") from error
        if len(kwargs) != len(node.keywords):
            raise NotLiteral(f"`{text}` unpacks arguments, which only code can do")
        node = node.func
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        raise NotLiteral(f"`{text}` is not a name with literal arguments")
    return (node.id, *names), args, kwargs, called


def is_named_target(target: str) -> bool:
    """Whether TARGET is ``package.module:attribute(...)`` rather than a path."""
    head, colon, rest = target.partition(":")
    if not colon or not rest[:1].isidentifier() or Path(target).exists():
        return False
    return all(part.isidentifier() for part in head.split("."))


def split_target(target: str) -> tuple[str, str]:
    """(module, what is named in it)."""
    module, _, rest = target.partition(":")
    return module, rest


def import_named(name: str) -> ModuleType:
    """``importlib.import_module`` with the working directory on the path. Raises NoModule where NAME itself is not there."""
    if "" not in sys.path and str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is not None and f"{name}.".startswith(f"{error.name}."):
            raise NoModule(f"no module is called `{error.name}` here") from None
        raise
