"""Code that is nested so deeply that parsing it would not end: found before LibCST sees it.

LibCST's parser takes time with the square of the depth (measured with 1.9: a sum of 2,500 terms 1.7 s, of ten thousand half a
minute) and cannot be stopped. Python's own parser refuses such code within milliseconds, or tells its
depth; it is asked only about files whose text looks like it, since that is a fifth of what LibCST's takes.
"""

from __future__ import annotations

import ast
import re
import warnings

DEEPEST = 3_000
"""Python's own compiler stops at about this depth, too (3.11: a sum of 2,500 terms compiles, one of 3,000 does not)."""

LONG_LINE = 2_000
MANY_ROUNDS = 50
NOT_BRACKETS = bytes(sorted(set(range(256)) - set(b"()[]{}")))
CONTINUED = tuple([bytes([sign]) + b"\n" for sign in b"+-*/%@|&^\\"] + [b"\n" + bytes([sign]) for sign in b"+/%|&^."])
"""Lines, their white space taken out, that end or begin in the middle of an expression; those a docstring is full of left out."""

MANY_LINES = 200


def too_deep(data: bytes) -> tuple[str, int | None] | None:
    """One sentence, and the line where it is known, if the code in DATA is nested too deeply to be parsed.

    None where it is not, and where it is no Python at all.
    """
    if not _is_suspect(data):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
    except (RecursionError, MemoryError):
        return "the code is nested too deeply for Python itself to compile it", None
    except SyntaxError as error:
        return (error.msg, error.lineno) if error.msg.startswith("too many") else None
    except ValueError:
        return None
    depth = _depth(tree)
    return (f"the code is nested {depth:,} deep, and tslint reads {DEEPEST:,}", None) if depth > DEEPEST else None


def _is_suspect(data: bytes) -> bool:
    text = data.replace(b"\r", b"\n")
    if max(map(len, text.split(b"\n"))) > LONG_LINE or _brackets_are_deep(text):
        return True
    squeezed = text.translate(None, b" \t\f")
    return any(squeezed.count(sign) >= MANY_LINES for sign in CONTINUED)


def _brackets_are_deep(text: bytes) -> bool:
    """Whether taking the innermost brackets away does not come to an end soon; those in strings and comments count too."""
    left = text.translate(None, NOT_BRACKETS)
    for _ in range(MANY_ROUNDS):
        inner = left.replace(b"()", b"").replace(b"[]", b"").replace(b"{}", b"")
        if inner == left:
            # Brackets in strings may not match, and then hide how deep the others are.
            return max(map(len, re.findall(rb"[(\[{]{100,}", left)), default=0) > 0
        left = inner
    return True


def _depth(tree: ast.AST) -> int:
    """How many nodes stand inside one another, as LibCST has them: it nests what Python keeps as a list in `and` and `or`."""
    deepest = 0
    waiting: list[tuple[ast.AST, int]] = [(tree, 1)]
    while waiting:
        node, depth = waiting.pop()
        deepest = max(deepest, depth)
        more = len(node.values) if isinstance(node, ast.BoolOp) else 1
        waiting += [(child, depth + more) for child in ast.iter_child_nodes(node)]
    return deepest
