"""What IPython understands in a cell and Python does not, put out of the way line by line: magics, shell lines, help.

Follows IPython's ``inputtransformer2`` for where such a line can begin, and Ruff for the cell magics whose cell still is Python.
Of 16,481 cells drawn at random IPython 9.18.1 makes Python of the same ones but for 45, where a backslash joins a line with help.
"""

from __future__ import annotations

import re

from tslint.frozen import frozen

PYTHON_CELLS = frozenset({"capture", "debug", "ipytest", "memit", "prun", "time", "timeit", "wandb"})
"""Cell magics below which the notebook's own Python goes on; what stands below any other is for somebody else."""

AUTOMAGIC = re.compile(
    r"(alias|autoreload|bookmark|cat|cd|clear|conda|config|cp|debug|dirs|env|history|less|load|load_ext|ls|lsmagic|mamba"
    r"|matplotlib|micromamba|mkdir|more|mv|notebook|pdb|pinfo|pip|popd|precision|prun|pushd|pwd|pylab|reload_ext|reset|rm"
    r"|rmdir|run|set_env|time|timeit|uv|who|whos)(?=[ \t]|$)"
)
"""Magics that are known without their ``%`` where they are all of a cell."""

ESCAPED = re.compile(r"[ \t]*[%!?]")
HELP = re.compile(r"[^#'\"?]*[\w*\]]\?\??$")
ASSIGNED = re.compile(
    r"(?P<target>[ \t]*[\w(\[*](?:[\w.,:*()\[\] \t]|'[^'\\]*'|\"[^\"\\]*\")*?)=[ \t]*(?P<sign>[%!])(?!=)"
)
CELL = re.compile(r"%%(?P<name>[\w.]*)")
SUSPECT = re.compile(r"^[ \t]*[%!?]|=[ \t]*[%!]|\?\r?$", re.MULTILINE)
"""A cell without any of this has nothing for IPython alone."""

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)?")
TOKEN = re.compile(r"'''|\"\"\"|'|\"|#|\\(?:\r\n|[^\r])|[()\[\]{}]")
OPERATOR = re.compile(r"[=,:;]|[-+*/%&|^@<>]{0,2}=|[-+*/%&|^@<>]{1,2}\s|(?:in|is|and|or|if|not)\b")


def is_python(text: str) -> bool:
    """Whether the cell TEXT is Python at all: not one for a shell, for another language, or a magic without its sign."""
    lines = [line for line in text.splitlines() if line.strip()]
    first = CELL.match(lines[0].lstrip()) if lines else None
    if first is not None:
        return first["name"] in PYTHON_CELLS
    word = AUTOMAGIC.match(lines[0].lstrip()) if len(lines) == 1 else None
    return word is None or bool(OPERATOR.match(word.string[word.end() :].lstrip()))


@frozen
class Line:
    """A line that was replaced: what IPython is given, and the Python in its place, in front of the mark."""

    text: str
    python: str


def without_magics(text: str, mark: str) -> tuple[str, dict[int, Line]]:
    """The cell TEXT as Python, and the lines that were replaced, by their index.

    Each is one line again, which begins where it began and ends in a comment of MARK and its index: :func:`restored` finds it.
    """
    if not SUSPECT.search(text):
        return text, {}
    lines = lines_of(text)
    replaced: dict[int, Line] = {}
    depth, quote, going_on, foreign = 0, "", False, False
    for index, line in enumerate(lines):
        body = line.rstrip("\r\n")
        python = _indent(body) if foreign else None if depth or quote or going_on else _python(body)
        if python is not None:
            replaced[index] = Line(body, python)
            lines[index] = f"{python}#{mark}{index}{line[len(body) :]}"
            foreign = body.endswith("\\")
            continue
        depth, quote, going_on = _after(body, depth, quote)
    return "".join(lines), replaced


def restored(text: str, mark: str, replaced: dict[int, Line]) -> str | None:
    """The cell of a Python TEXT with the REPLACED lines as they stood; None where one of them is gone or changed."""
    lines = lines_of(text)
    seen: list[int] = []
    for index, line in enumerate(lines):
        body = line.rstrip("\r\n")
        python, found, number = body.rpartition(f"#{mark}")
        if found:
            was = replaced.get(int(number)) if number.isdigit() else None
            if was is None or was.python != python:
                return None
            seen.append(int(number))
            lines[index] = was.text + line[len(body) :]
    return "".join(lines) if seen == list(replaced) else None


def lines_of(text: str) -> list[str]:
    """The lines of TEXT with their ends; unlike ``str.splitlines`` only where Python ends a line, too."""
    return LINE.findall(text)[:-1]


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip(" \t"))]


def _python(line: str) -> str | None:
    """Python in the place of LINE, which begins a statement; None where it is Python already."""
    if ESCAPED.match(line) or HELP.match(line):
        return f"{_indent(line)}pass  "
    assigned = ASSIGNED.match(line)
    if assigned is None:
        return None
    return f"{assigned['target']}= {'[]' if assigned['sign'] == '!' else 'None'}  "


def _after(line: str, depth: int, quote: str) -> tuple[int, str, bool]:
    """How deep in brackets, and in which string, the line after LINE begins; and whether a backslash makes it the same line."""
    at = 0
    while match := TOKEN.search(line, at):
        token, at = match.group(), match.end()
        if quote:
            if token == quote:
                quote = ""
            elif len(token) == 3 and token[0] == quote:  # of '''…, in a string of one quote, the first one ends it
                quote, at = "", match.start() + 1
        elif token == "#":
            return depth, "", False
        elif token[0] in "'\"":
            quote = token
        elif token in "([{":
            depth += 1
        elif token in ")]}":
            depth = max(depth - 1, 0)
    goes_on = line.endswith("\\")
    if len(quote) == 1 and not goes_on:
        quote = ""  # a string of one line that has no end is a syntax error, which is reported as one
    return depth, quote, goes_on and not quote
