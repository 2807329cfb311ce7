"""Where a piece of TorchScript comes from: source ranges and Python stacks turned into places. Reads files, runs nothing."""

from __future__ import annotations

import ast
import functools
import inspect
import itertools
import re
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from tslint.diagnostic import Place, Span
from tslint.probe import texts

TORCH = str(Path(torch.__file__).parent)
TSLINT = str(Path(__file__).parent.parent)
_STANDARD = tuple({sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib"), str(Path(ast.__file__).parent)})
_INSTALLED = re.compile(r"[/\\](site|dist)-packages[/\\]")


@dataclass(frozen=True)
class Frame:
    """One line of a stack. Columns (from 1, the end exclusive) are known for scripted code alone."""

    path: str
    line: int
    column: int | None = None
    end_column: int | None = None

    @property
    def place(self) -> Place:
        return Place(
            self.path, Span(self.line, self.column, self.line, self.end_column), symbol_at(self.path, self.line)
        )


def frames(text: str) -> list[Frame]:
    """The frames in ``Node.sourceRange()``, innermost first; what called ``torch.jit.trace`` is left out, and so is tslint."""
    return scripted_frames(text) if text.lstrip().startswith('File "') else traced_frames(text)


def traced_frames(text: str) -> list[Frame]:
    """Frames of a traced node: lines of ``path(line): function``."""
    found = []
    for line in text.splitlines():
        match = re.match(r"(.*)\((\d+)\): ", line)
        if not match:
            continue
        path = match.group(1)
        if path.startswith(TORCH) and path.replace("\\", "/").endswith("jit/_trace.py"):
            break
        if not path.startswith(TSLINT):
            found.append(Frame(path, int(match.group(2))))
    return found


_SCRIPTED = re.compile(
    r'^ *File "(?P<path>[^"]+)", line (?P<line>\d+)(?:, in [^\n]*)?\n(?P<code>(?:.*\n?)*?)(?=^ *File "|\Z)',
    re.MULTILINE,
)
_MARK = re.compile(r"^( *)(~+)( <--- HERE)?\s*$")


def scripted_frames(text: str, files: Sequence[str] = ()) -> list[Frame]:
    """Frames of a compiler's message or a scripted node: ``File "…", line N`` and code with the range marked by tildes.

    For a function behind a decorator the compiler names the decorator's file, with the function's own line: where the
    code is not found there, one of FILES that has it on that line is the right one.
    """
    return [
        _marked(match.group("path"), int(match.group("line")), match.group("code").splitlines(), files)
        for match in _SCRIPTED.finditer(text)
    ]


def _marked(path: str, line: int, code: list[str], files: Sequence[str]) -> Frame:
    for above, mark in itertools.pairwise(code):
        match = _MARK.match(mark)
        if not match:
            continue
        # The compiler dedents what it shows: the first marked line is found in the file again by its text.
        for file in (path, *files):
            real = _lines(file)[line - 1 : line]
            if real and above.strip() in real[0]:
                start = len(match.group(1)) + real[0].find(above.strip()) - above.find(above.strip()) + 1
                return Frame(file, line, start, start + len(match.group(2)))
        break
    return Frame(path, line)


@functools.lru_cache(maxsize=64)
def _lines(path: str) -> list[str]:
    try:
        return texts.read_text(Path(path)).splitlines()
    except OSError:
        return []


@functools.lru_cache(maxsize=64)
def _definitions(path: str) -> list[tuple[int, int, str]]:
    """(first line, last line, qualified name) of every function of a file, inner ones later."""
    try:
        tree = ast.parse("\n".join(_lines(path)))
    except (SyntaxError, ValueError, RecursionError):
        return []
    found: list[tuple[int, int, str]] = []

    def visit(node: ast.AST, prefix: str) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                name = f"{prefix}{child.name}"
                if not isinstance(child, ast.ClassDef):
                    found.append((child.lineno, child.end_lineno or child.lineno, name))
                visit(child, f"{name}.")
            else:
                visit(child, prefix)

    visit(tree, "")
    return found


def symbol_at(path: str, line: int) -> str | None:
    """The function that holds LINE, as ``Class.method``; None at module level or where the file cannot be read."""
    inside = [name for first, last, name in _definitions(path) if first <= line <= last]
    return inside[-1] if inside else None


def is_user(path: str, roots: Sequence[str]) -> bool:
    """Whether code at PATH is the user's: one of ROOTS or below one, else outside what is installed, torch and tslint."""
    file = Path(path)
    if any(file == Path(root) or Path(root) in file.parents for root in roots):
        return True
    return not (is_machinery(path) or _INSTALLED.search(path))


def is_machinery(path: str) -> bool:
    """Whether PATH is torch's, tslint's, the standard library's, or no file at all (``<string>``)."""
    if path.startswith((TORCH, TSLINT)) or path.startswith("<"):
        return True
    return path.startswith(_STANDARD) and not _INSTALLED.search(path)


def locate(stack: Iterable[Frame], roots: Sequence[str]) -> tuple[Place | None, Place | None]:
    """The place to show for STACK (innermost first), and the library's line below it.

    The place is the innermost frame of the user's; where a library's model is the target, the innermost frame
    outside torch; None where only torch's own code is left.
    """
    known = [frame for frame in stack if not frame.path.startswith("<")]
    outside = [frame for frame in known if not is_machinery(frame.path)]
    chosen = next((frame for frame in known if is_user(frame.path, roots)), outside[0] if outside else None)
    below = known[: known.index(chosen)] if chosen else known
    library = next((frame for frame in below if not is_machinery(frame.path)), below[0] if below else None)
    return (chosen.place if chosen else None), (library.place if library else None)


def class_place(module: torch.nn.Module) -> Place | None:
    """The ``forward`` that a module's class itself has, else its class statement; None where there is no source.

    What is TorchScript already is of torch's own class, whatever it was made from.
    """
    if isinstance(module, torch.jit.ScriptModule):
        return None
    for thing in (inspect.unwrap(vars(type(module)).get("forward", type(module))), type(module)):
        try:
            path, (_, line) = inspect.getsourcefile(thing), inspect.getsourcelines(thing)
        except (OSError, TypeError, SyntaxError):
            continue
        if path:
            return Frame(path, line).place
    return None


def class_above(root: torch.nn.Module, path: str, roots: Sequence[str]) -> Place | None:
    """The user's class nearest above PATH in ROOT: where no line of the user's own runs, a class made of torch's parts."""
    modules = dict(root.named_modules(remove_duplicate=False))  # `get_submodule` refuses what is TorchScript already
    while True:
        module = modules.get(path)
        place = class_place(module) if module is not None else None
        if place is not None and is_user(place.path, roots):
            return place
        if not path:
            return None
        path = path.rpartition(".")[0]


def source_files(module: torch.nn.Module) -> tuple[str, ...]:
    """The files that the methods of a module's class come from, decorators taken off."""
    functions = (
        inspect.unwrap(value) for base in type(module).__mro__[:-2] for value in vars(base).values() if callable(value)
    )
    codes = (getattr(function, "__code__", None) for function in functions)
    return tuple(dict.fromkeys(code.co_filename for code in codes if code is not None))
