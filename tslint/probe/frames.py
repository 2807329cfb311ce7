"""Python frames as places in files: which line, which columns, whose code. Knows nothing of tensors."""

from __future__ import annotations

import ast
import functools
import linecache
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, TracebackType

from tslint.diagnostic import Place, Span

HERE = str(Path(__file__).resolve().parent.parent)
"""The directory of tslint itself: none of its frames is ever shown."""

_STDLIB = tuple(
    sorted({str(Path(path).resolve()) for key in ("stdlib", "platstdlib") if (path := sysconfig.get_path(key))})
)
_SITE = ("/site-packages/", "/dist-packages/")


@functools.lru_cache(maxsize=4096)
def _resolved(path: str) -> str:
    return str(Path(path).resolve()) if not path.startswith("<") else path


@functools.lru_cache(maxsize=4096)
def is_torch(path: str) -> bool:
    """Whether PATH belongs to the installed torch package."""
    torch = sys.modules.get("torch")
    root = getattr(torch, "__path__", None)
    return bool(root) and _resolved(path).startswith(_resolved(str(root[0])) + "/")  # type: ignore[index]


@functools.lru_cache(maxsize=4096)
def _is_library(path: str) -> bool:
    resolved = _resolved(path).replace("\\", "/")
    return any(part in resolved for part in _SITE) or any(resolved.startswith(root + "/") for root in _STDLIB)


@dataclass(frozen=True)
class Territory:
    """Whose code a file is. ``files`` are the user's whatever their directory; with ``library`` all but torch's is.

    A file is the user's when it stands outside site-packages and the standard library. Where a library's own model is
    the target, the user is whoever wrote that library.
    """

    files: tuple[str, ...] = ()
    library: bool = False
    _own: frozenset[str] = field(default=frozenset(), init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_own", frozenset(_resolved(path) for path in self.files))

    def holds(self, path: str) -> bool:
        """Whether PATH is the user's code."""
        if path.startswith("<"):
            return False
        if _resolved(path) in self._own:
            return True
        if path.startswith(HERE) or _resolved(path).startswith(HERE + "/"):
            return False
        if self.library:
            inside_site = any(part in _resolved(path).replace("\\", "/") for part in _SITE)
            return not is_torch(path) and (inside_site or not _is_library(path))
        return not _is_library(path)


@functools.lru_cache(maxsize=1024)
def _positions(code: CodeType) -> list[tuple[int | None, int | None, int | None, int | None]]:
    positions = getattr(code, "co_positions", None)
    return list(positions()) if positions is not None else []


def _characters(path: str, line: int, offset: int) -> int:
    """A 1-based column in characters from an OFFSET in UTF-8 bytes."""
    text = linecache.getline(path, line)
    if text.isascii():
        return offset + 1
    return len(text.encode()[:offset].decode(errors="ignore")) + 1


def span_at(code: CodeType, last_instruction: int, line: int) -> Span:
    """The source range of one instruction; by line alone where Python keeps no columns (before 3.11)."""
    table = _positions(code)
    index = last_instruction // 2
    if 0 <= index < len(table):
        start, end, column, end_column = table[index]
        if start is not None and end is not None and column is not None and end_column is not None:
            path = code.co_filename
            return Span(start, _characters(path, start, column), end, _characters(path, end, end_column))
    return Span(line, None, line, None)


def symbol_of(code: CodeType) -> str | None:
    """``Class.method`` or ``function``; None for a module's own code."""
    name = getattr(code, "co_qualname", code.co_name)
    if name == "<module>":
        return None
    return str(name).replace("<locals>.", "")


def place_of(code: CodeType, last_instruction: int, line: int) -> Place:
    return Place(_resolved(code.co_filename), span_at(code, last_instruction, line), symbol_of(code))


def place_of_frame(frame: FrameType) -> Place:
    return place_of(frame.f_code, frame.f_lasti, frame.f_lineno)


def place_of_code(code: CodeType) -> Place:
    """The line at which a function or class body starts."""
    return Place(
        _resolved(code.co_filename), Span(code.co_firstlineno, None, code.co_firstlineno, None), symbol_of(code)
    )


@dataclass(frozen=True)
class Stack:
    """Where something happened: ``place`` is the user's innermost line, ``frames`` the way there and the library below."""

    place: Place | None
    frames: tuple[Place, ...]


_PLUMBING = (
    "nn/modules/module.py", "nn/modules/container.py", "jit/_trace.py", "_jit_internal.py", "overrides.py",
    "_dynamo/eval_frame.py", "torch/_compile.py",
)  # fmt: skip


def _is_plumbing(path: str) -> bool:
    return path.startswith(HERE) or (is_torch(path) and _resolved(path).replace("\\", "/").endswith(_PLUMBING))


def _settle(walk: Iterator[tuple[CodeType, int, int]], territory: Territory) -> Stack:
    """WALK runs from the innermost frame outwards."""
    frames: list[Place] = []
    place: Place | None = None
    handed_over = False
    for code, instruction, line in walk:
        if code.co_filename.startswith("<"):
            continue
        mine = territory.holds(code.co_filename)
        if handed_over and is_torch(code.co_filename):  # on this line a torch function hands itself to the recorder
            handed_over = False
            continue
        handed_over = code.co_name == "handle_torch_function"
        if not mine and _is_plumbing(code.co_filename):
            continue
        here = place_of(code, instruction, line)
        if mine and place is None:
            place = here
        frames.append(here)
    return Stack(place, tuple(reversed(frames)))


def stack_here(territory: Territory, frame: FrameType | None) -> Stack:
    """The stack from FRAME outwards, up to the first frame of tslint itself below which the model runs."""

    def walk() -> Iterator[tuple[CodeType, int, int]]:
        current = frame
        while current is not None and current.f_code.co_filename.startswith(HERE):
            current = current.f_back
        while current is not None:
            path = current.f_code.co_filename
            if path.startswith(HERE) and current.f_code.co_name in BOUNDARIES:
                return
            yield current.f_code, current.f_lasti, current.f_lineno
            current = current.f_back

    return _settle(walk(), territory)


BOUNDARIES = frozenset({"answer", "trace_module_once", "run_script"})
"""Names of the probe's functions that call into the model; what stands outside them is not the model's stack."""


def stack_of_traceback(territory: Territory, traceback: TracebackType | None) -> Stack:
    """The same of an exception that was raised inside the model."""
    entries: list[tuple[CodeType, int, int]] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if code.co_filename.startswith(HERE) and code.co_name in BOUNDARIES:
            entries.clear()
        entries.append((code, traceback.tb_lasti, traceback.tb_lineno))
        traceback = traceback.tb_next
    return _settle(iter(reversed(entries)), territory)


def caller(territory: Territory, frame: FrameType | None) -> Place | None:
    """The innermost frame of the user's from FRAME outwards."""
    while frame is not None:
        if territory.holds(frame.f_code.co_filename):
            return place_of_frame(frame)
        frame = frame.f_back
    return None


# -- what stands around a place in the source ------------------------------------------------------------------------


@functools.lru_cache(maxsize=64)
def _tree(path: str) -> ast.Module | None:
    linecache.checkcache(path)
    try:
        return ast.parse("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError, RecursionError):
        return None


def node_span(path: str, node: ast.expr | ast.stmt) -> Span:
    """The range of NODE of the file PATH."""
    end_line = node.end_lineno or node.lineno
    return Span(
        node.lineno,
        _characters(path, node.lineno, node.col_offset),
        end_line,
        _characters(path, end_line, node.end_col_offset or 0),
    )


def _inside(path: str, node: ast.expr | ast.stmt, span: Span) -> bool:
    return node_span(path, node).contains(span)


@functools.lru_cache(maxsize=4096)
def context_of(place: Place) -> str:
    """How the source uses the value at PLACE: ``while``, ``if``, ``for``, ``range``, or the empty string.

    ``for`` is whatever a loop or comprehension runs over, ``range`` an argument of ``range()`` in there.
    """
    tree = _tree(place.path)
    if tree is None:
        return ""
    found = ""
    for node in ast.walk(tree):
        if isinstance(node, ast.While) and _inside(place.path, node.test, place.span):
            found = "while"
        elif (isinstance(node, (ast.If, ast.IfExp, ast.Assert)) and _inside(place.path, node.test, place.span)) or (
            isinstance(node, ast.BoolOp) and _inside(place.path, node, place.span) and not found
        ):
            found = "if"
        elif isinstance(node, (ast.For, ast.comprehension)) and _inside(place.path, node.iter, place.span):
            found = found or "for"
            for call in ast.walk(node.iter):
                if (
                    isinstance(call, ast.Call)
                    and isinstance(call.func, ast.Name)
                    and call.func.id == "range"
                    and _inside(place.path, call, place.span)
                ):
                    found = "range"
    return found


_SAYS = frozenset({"warn", "print"})


@functools.lru_cache(maxsize=4096)
def only_guards(place: Place) -> bool:
    """Whether the condition at PLACE decides only if something is raised or said: of an assertion, or of an ``if`` above that.

    What is raised inside a ``try`` of the same file may lead elsewhere, and is no guard.
    """
    tree = _tree(place.path)
    for node in ast.walk(tree) if tree is not None else ():
        if (
            isinstance(node, ast.Try)
            and node.handlers
            and any(_inside(place.path, line, place.span) for line in node.body)
        ):
            return False
    return tree is not None and any(
        _inside(place.path, node if isinstance(node, ast.Assert) else node.test, place.span)
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert) or (isinstance(node, ast.If) and _is_guard(node))
    )


def _is_guard(node: ast.If) -> bool:
    """Whether NODE raises or says something, and whoever comes past it goes on alike in either case."""
    return all(map(_raises_or_says, node.body)) and (isinstance(node.body[-1], ast.Raise) or not node.orelse)


def _raises_or_says(statement: ast.stmt) -> bool:
    if isinstance(statement, (ast.Raise, ast.Pass)):
        return True
    if isinstance(statement, ast.If):
        return all(map(_raises_or_says, (*statement.body, *statement.orelse)))
    call = statement.value if isinstance(statement, ast.Expr) else None
    name = call.func if isinstance(call, ast.Call) else None
    return (name.attr if isinstance(name, ast.Attribute) else getattr(name, "id", "")) in _SAYS


@functools.lru_cache(maxsize=1024)
def range_arguments(place: Place) -> tuple[int | None, ...]:
    """Literal arguments of the ``range`` call at PLACE, or around an argument there, None for one that is computed.

    Empty where PLACE is neither.
    """
    tree = _tree(place.path)
    calls = [] if tree is None else [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    for call in calls:
        if isinstance(call.func, ast.Name) and call.func.id == "range":
            spans = [node_span(place.path, node) for node in (call, *call.args)]
            if place.span in spans:
                return tuple(
                    a.value if isinstance(a, ast.Constant) and isinstance(a.value, int) else None for a in call.args
                )
    return ()


@functools.lru_cache(maxsize=1024)
def iterated(place: Place) -> Place:
    """PLACE of a loop narrowed to the expression that it runs over."""
    tree = _tree(place.path)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.For) and node_span(place.path, node) == place.span:
            return Place(place.path, node_span(place.path, node.iter), place.symbol)
    return place


def returned(place: Place) -> Place:
    """PLACE of a return statement narrowed to the expression it returns."""
    tree = _tree(place.path)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, ast.Return) and node.value is not None:
            whole = node_span(place.path, node)
            if whole.contains(place.span) and whole.line == place.span.line:
                return Place(place.path, node_span(place.path, node.value), place.symbol)
    return place


def class_place(cls: type) -> Place | None:
    """The ``class`` statement of CLS, where its source can be found."""
    module = sys.modules.get(cls.__module__)
    path = getattr(module, "__file__", None)
    tree = _tree(path) if path else None
    if path is None or tree is None:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == cls.__name__:
            span = Span(node.lineno, node.col_offset + 1, node.lineno, node.col_offset + len(f"class {node.name}") + 1)
            return Place(_resolved(path), span, cls.__qualname__)
    return None
