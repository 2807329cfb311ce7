"""A notebook as one module, and what becomes of its bytes when a cell is changed."""

from __future__ import annotations

import ast
import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from notebooks import PYTHON, cell, markdown, notebook, sources, write

from tslint.diagnostic import Applicability, Edit, Fix, Span
from tslint.fixes import apply
from tslint.source import OtherLanguageError, Source, UnreadableFileError
from tslint.source.notebook import Notebook


def read(path: Path, *cells: str | dict[str, Any], **more: Any) -> Notebook:
    source = Source.read(write(path / "nb.ipynb", *cells, **more))
    assert isinstance(source, Notebook)
    return source


def place(source: Source, text: str) -> tuple[int, int]:
    """The cell and the line in there of the only line of the module that holds TEXT."""
    (line,) = [number for number, each in enumerate(source.lines, 1) if text in each]
    assert source.cells is not None
    return source.cells.find(line)


# -- one module -------------------------------------------------------------------------------------------------------


def test_code_cells_are_one_module_and_all_cells_are_counted(tmp_path: Path) -> None:
    source = read(tmp_path, markdown("# T"), "import torch\n\na = 1", "%%bash\nls", cell("raw", "raw"), "", "b = a\n")
    ast.parse(source.data)
    assert [place(source, text) for text in ("import torch", "a = 1", "b = a")] == [(2, 1), (2, 3), (6, 1)]


def test_a_cell_that_is_one_text_reads_like_a_list_of_lines(tmp_path: Path) -> None:
    lines = read(tmp_path, "a = 1\nb = 2", "c = 3").text
    assert read(tmp_path, cell("", source="a = 1\nb = 2"), cell("", source="c = 3")).text == lines


def test_the_lines_between_cells_count_as_the_last_of_the_first(tmp_path: Path) -> None:
    cells = read(tmp_path, markdown("x"), "a = 1\nb = 2", "c = 3").cells
    assert cells is not None
    assert [cells.find(line) for line in range(1, 8)] == [(2, 1), (2, 1), (2, 1), (2, 2), (2, 2), (3, 1), (3, 1)]
    assert cells.span(Span(4, 3, 6, 2)) == (2, Span(2, 3, 2, 2))


def test_magics_are_shown_as_they_stand(tmp_path: Path) -> None:
    source = read(tmp_path, "%time\nx = !ls\ny = 1")
    assert source.shown[2:5] == ("%time", "x = !ls", "y = 1")
    ast.parse(source.data)


def test_the_mark_is_a_character_that_no_cell_holds(tmp_path: Path) -> None:
    source = read(tmp_path, "a = '\ue000\ue001'  #\ue0000", "%time")
    assert source.with_text(source.text) == source.raw
    assert "\ue002" in source.text


def test_an_encoding_declared_in_a_cell_is_none(tmp_path: Path) -> None:
    source = read(tmp_path, "# -*- coding: latin-1 -*-\na = 'é'")
    assert source.faithful(source.parse())
    assert "é" in source.parse().code


def test_cells_of_other_languages_are_left_out(tmp_path: Path) -> None:
    polyglot = cell("let a = 1;", metadata={"vscode": {"languageId": "javascript"}})
    own = cell("a = 1", metadata={"vscode": {"languageId": "python"}})
    source = read(tmp_path, polyglot, own)
    assert place(source, "a = 1") == (2, 1)
    assert "let" not in source.text


@pytest.mark.parametrize(
    "metadata",
    [
        {"kernelspec": {"name": "ir", "language": "R"}},
        {"language_info": {"name": "R"}, **PYTHON},
    ],
)
def test_a_notebook_for_another_language(tmp_path: Path, metadata: dict[str, Any]) -> None:
    with pytest.raises(OtherLanguageError, match="a notebook for R, so it was not checked"):
        read(tmp_path, "x <- 1", metadata=metadata)


@pytest.mark.parametrize("metadata", [{}, {"kernelspec": {"name": "python3"}}, {"kernelspec": None}, PYTHON, None])
def test_a_notebook_that_says_nothing_else_is_of_python(tmp_path: Path, metadata: Any) -> None:
    assert place(read(tmp_path, "x = 1", metadata=metadata), "x = 1") == (1, 1)


def test_a_cell_without_a_source_is_left_out(tmp_path: Path) -> None:
    bare = {"cell_type": "code", "metadata": {}, "outputs": []}
    source = read(tmp_path, bare, "a = 1")
    assert source.cells is not None
    assert [number for _, number, _ in source.cells.starts] == [2]


def test_a_notebook_without_code(tmp_path: Path) -> None:
    source = read(tmp_path, markdown("torch"))
    assert (source.data, source.cells) == (b"", None)
    assert read(tmp_path).cells is None


@pytest.mark.parametrize(
    ("text", "sentence", "at"),
    [
        ('{\n "cells": [1 2]}', "not a notebook: its JSON is broken (Expecting ',' delimiter)", (2, 14)),
        ('{"cells": [', "not a notebook: its JSON is broken (Expecting value)", (1, 12)),
        ("", "not a notebook: its JSON is broken (Expecting value)", (1, 1)),
        ('{"nbformat": 4, "cells": []} x', "not a notebook: its JSON is broken (Extra data)", (1, 30)),
        ("[]", "JSON, but no notebook", (None, None)),
        ('{"nbformat": 4, "cells": [1]}', "JSON, but no notebook", (None, None)),
        ('{"nbformat": 4}', "JSON, but no notebook: it has no `nbformat` or no list of `cells`", (None, None)),
        ('{"cells": []}', "JSON, but no notebook: it has no `nbformat` or no list of `cells`", (None, None)),
        ('{"nbformat": 4, "cells": {}}', "JSON, but no notebook: it has no `nbformat` or no list of `cells`", (None, None)),
        (
            '{"nbformat": 3, "worksheets": []}',
            "a notebook of format 3, and tslint reads format 4: `jupyter nbconvert --to notebook` upgrades it",
            (None, None),
        ),
        (
            '{"nbformat": 5, "cells": []}',
            "a notebook of format 5, and this version of tslint reads format 4",
            (None, None),
        ),
        (
            '{"nbformat": 4, "cells": [{"cell_type": "code", "source": [1]}]}',
            "not a notebook: the source of cell 1 is no text",
            (None, None),
        ),
        (
            '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "\\ud83d"}]}',
            "cell 1 holds half of a surrogate pair, which is no text",
            (None, None),
        ),
        (
            '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "\\u0000"}]}',
            "cell 1 holds a null byte, so it is no Python source",
            (None, None),
        ),
        (f'{{"nbformat": 4, "cells": {"[" * 100_000}', "its JSON is nested too deeply for a notebook", (None, None)),
    ],
)  # fmt: skip
def test_what_is_no_notebook(tmp_path: Path, text: str, sentence: str, at: tuple[int | None, int | None]) -> None:
    path = tmp_path / "nb.ipynb"
    path.write_text(text)
    with pytest.raises(UnreadableFileError) as caught:
        Source.read(path)
    assert (caught.value.message, (caught.value.line, caught.value.column)) == (sentence, at)


def test_a_notebook_that_is_not_utf_8(tmp_path: Path) -> None:
    path = tmp_path / "nb.ipynb"
    path.write_bytes(b'{"a":\n"\xe9"}')
    with pytest.raises(UnreadableFileError, match="byte 0xe9 in line 2 is not utf-8 text, as a notebook is"):
        Source.read(path)


def test_the_limit_is_for_the_code_and_not_for_outputs(tmp_path: Path) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": ["torch " * 1000]}
    path = write(tmp_path / "nb.ipynb", cell("import torch", outputs=[output]))
    assert "import torch" in Source.read(path, limit=1000).text
    write(path, "import torch\n" * 100)
    with pytest.raises(
        UnreadableFileError, match="of its cells are more than the 1,000 bytes that `max-file-size` allows"
    ):
        Source.read(path, limit=1000)


def test_what_cannot_matter_is_not_taken_apart(tmp_path: Path) -> None:
    path = tmp_path / "nb.ipynb"
    path.write_text('{"broken"' + " " * 2000)
    for limit in (0, 1000):
        assert Source.read(path, limit, named=False).data == b""
    with pytest.raises(UnreadableFileError):
        Source.read(path, named=True)


# -- fixes ------------------------------------------------------------------------------------------------------------


def edited(source: Notebook, *changes: tuple[str, str]) -> bytes:
    text = source.text
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    return source.with_text(text)


def test_a_change_lands_in_its_cell(tmp_path: Path) -> None:
    path = tmp_path / "nb.ipynb"
    source = read(tmp_path, markdown("# a"), "%time\nimport math\n\nx = f(1)", "y = x\n", "z = y")
    path.write_bytes(
        edited(source, ("import math\n", "import math\nimport torch\n"), ("f(1)", "g(1)\n"), ("y = x", ""))
    )
    assert sources(path) == ["# a", "%time\nimport math\nimport torch\n\nx = g(1)\n", "\n", "z = y"]


def test_what_is_inserted_between_cells_stays_in_the_upper_one(tmp_path: Path) -> None:
    path = tmp_path / "nb.ipynb"
    source = read(tmp_path, "import math", "x = 1")
    lines = source.text.splitlines(keepends=True)
    path.write_bytes(source.with_text("".join([*lines[:3], "import torch\n", *lines[3:]])))
    assert sources(path) == ["import math\nimport torch", "x = 1"]
    path.write_bytes(source.with_text(f"import torch\n{source.text}"))
    assert sources(path) == ["import torch\nimport math", "x = 1"]


def test_a_fix_that_goes_beyond_a_cell_or_changes_a_magic_is_not_allowed(tmp_path: Path) -> None:
    source = read(tmp_path, "a = 1", "x = !ls\nb = 2")
    line = source.text.splitlines().index("a = 1") + 1

    def fix(*edits: Edit) -> Fix:
        return Fix("a fix", Applicability.SAFE, edits)

    across = fix(Edit(Span(line, 1, line, 6), "a = 2"), Edit(Span(line + 3, 1, line + 3, 6), "b = 3"))
    assert source.allows(across), "each edit lies in one cell"
    for allowed in (
        Edit(Span(line + 1, 1, line + 1, 1), "a = 2\n"),
        Edit(Span(line, 1, line + 1, 1), ""),
        Edit(Span(line, 6, line + 1, 1), "\n"),
        Edit(Span(line + 2, 1, line + 2, 1), "b = 1\n"),
    ):
        assert source.allows(fix(allowed)), allowed
        source.with_text(apply(source.text, [fix(allowed)])[0])
    for edit in (
        Edit(Span(line, 1, line + 2, 1), ""),
        Edit(Span(line, 6, line + 1, 1), ""),
        Edit(Span(line + 1, 1, line + 1, 1), "a = 2"),
        Edit(Span(line + 2, 2, line + 2, 2), ": list"),
        Edit(Span(line + 2, 1, line + 2, 2), "y"),
    ):
        assert not source.allows(fix(edit)), edit
    for old in ("a = 1\n#\ue000", "#\ue0000\n"):
        with pytest.raises(ValueError, match="a fix would"):
            edited(source, (old, "#"))


def test_an_import_that_a_magic_uses_is_not_taken_away(tmp_path: Path) -> None:
    source = read(tmp_path, "import math\nimport cmath", "%timeit math.sqrt(2)")
    line = source.text.splitlines().index("import math") + 1
    for number, allowed in ((line, False), (line + 1, True)):
        fix = Fix("a fix", Applicability.SAFE, (Edit(Span(number, 1, number + 1, 1), ""),))
        assert source.allows(fix) == allowed


STYLES: dict[str, dict[str, Any]] = {
    "Jupyter's own": {},
    "two spaces": {"indent": 2},
    "tabs": {"indent": "\t"},
    "one line": {"indent": None},
    "tight": {"indent": None, "separators": (",", ":")},
    "ascii": {"ensure_ascii": True},
}
STRINGS = {"lines": False, "one text": True}
BYTES = {
    "plain": lambda data: data,
    "ended": lambda data: data + b"\n",
    "crlf": lambda data: data.replace(b"\n", b"\r\n") + b"\r\n",
    "bom": lambda data: b"\xef\xbb\xbf" + data,
    "spaced": lambda data: b" \n" + data + b"\n\n \t",
}
CODE = "import torch\nname = 'é\U0001f600\u2028'\ntext = '\\\\n\\t\\u00e9'\nx = f(1)"


def styled(style: str, string: bool, form: str, *cells: dict[str, Any]) -> bytes:
    """A notebook of CELLS, sorted oddly and with an output behind each, in one of the ways of writing."""
    made = []
    for number, each in enumerate(cells):
        source = "".join(each["source"]) if string else each["source"]
        output = {"output_type": "stream", "name": "stdout", "text": [f"<b>/{number} é\U0001f600 \\n"]}
        own = {"metadata": {"before": number}, "source": source, "outputs": [output], "z": {"source": ["no"]}}
        made.append({"cell_type": each["cell_type"], **own})
    data = {"nbformat": 4, "metadata": {"source": "é"}, "cells": made, "nbformat_minor": 5}
    text = json.dumps(data, **{"indent": 1, "ensure_ascii": False, **STYLES[style]})
    return BYTES[form](text.encode())


ALL = [(style, string, form) for style, string, form in itertools.product(STYLES, STRINGS, BYTES)]


@pytest.mark.parametrize(("style", "string", "form"), ALL)
def test_nothing_changes_but_the_source_of_the_changed_cell(tmp_path: Path, style: str, string: str, form: str) -> None:
    old = styled(style, STRINGS[string], form, cell(CODE), markdown("x = f(1)"), cell(CODE), cell("%time"), cell(CODE))
    path = tmp_path / "nb.ipynb"
    path.write_bytes(old)
    source = Source.read(path)
    assert isinstance(source, Notebook)
    assert source.with_text(source.text) == old

    first, second, third, rest = source.text.split("x = f(1)")
    new = source.with_text(f"{first}x = f(1){second}x = g(\n    'ü'\n)\nü = 1{third}x = f(1){rest}")
    # Between what stands in front of the third cell's source and what stands behind it.
    marks = [json.dumps({"before": 2})[1:-1].encode(), b"<b>/2 "]
    if style == "tight":
        marks[0] = b'"before":2'
    start, end = (old.index(mark) for mark in marks)
    assert new[:start] == old[:start]
    behind = len(old) - end
    assert new[-behind:] == old[end:]

    was, now = (json.loads(data.decode("utf-8-sig")) for data in (old, new))
    lines = CODE.replace("x = f(1)", "x = g(\n    'ü'\n)\nü = 1").split("\n")
    expected: Any = [f"{line}\n" for line in lines[:-1]] + [lines[-1]]
    was["cells"][2]["source"] = "".join(expected) if STRINGS[string] else expected
    assert now == was
    written = new[start:-behind]
    assert (b"\\u00fc" in written) == (style == "ascii")
    assert (b"\r\n" in written) == (form == "crlf" and STYLES[style].get("indent", 1) is not None)
    if style not in ("one line", "tight") and not STRINGS[string]:
        indents = {
            line[: len(line) - len(line.lstrip())] for line in written.splitlines() if line.strip().startswith(b'"x')
        }
        others = {
            line[: len(line) - len(line.lstrip())] for line in old.splitlines() if line.strip().startswith(b'"x = f')
        }
        assert indents == others


def test_a_line_that_stays_keeps_the_way_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "nb.ipynb"
    literal = '"a = \\u0027\\u00E9\\/\\uD83D\\uDE00\\u0027\\n", "x = f(1)\\n" ,\n"b = \\"é\\""'
    path.write_text(f'{{"nbformat": 4, "cells": [{{"cell_type": "code", "source": [ {literal} ]}}]}}', encoding="utf-8")
    source = Source.read(path)
    assert isinstance(source, Notebook)
    new = edited(source, ("f(1)", "g(1)")).decode()
    assert new == path.read_text(encoding="utf-8").replace("f(1)", "g(1)").replace('" ,\n"', '", "')


def test_a_cell_that_loses_its_code_keeps_its_kind(tmp_path: Path) -> None:
    path = tmp_path / "nb.ipynb"
    source = read(tmp_path, "a = 1", cell("", source="b = 1"), "c = 1")
    path.write_bytes(edited(source, ("a = 1\n", ""), ("b = 1", "")))
    assert [each["source"] for each in json.loads(path.read_text())["cells"]] == [[], "", ["c = 1"]]


def pieces(chance: random.Random) -> Iterator[str]:
    lines = ["x = 1", "%time", "  !ls \\", "y?", "é = '\U0001f600'", "", "s = '''", "'''", "z = !ls", "f(", ")", "\t# \u2028",
             "a\\", '"\\\\"', "\x0c", "\ue000", "#\ue000\ue0000", "%%time", "pip install x", "%%bash"]  # fmt: skip
    for _ in range(chance.randrange(6)):
        yield chance.choice(lines) + chance.choice(["\n", "\n", "\n", "\r\n", ""])


@pytest.mark.parametrize("seed", range(150))
def test_a_notebook_that_nothing_is_changed_in_stays_the_same_to_the_byte(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    cells = []
    for _ in range(chance.randrange(5)):
        text = "".join(pieces(chance))
        source: Any = text if chance.random() < 0.5 else text.splitlines(keepends=True)
        cells.append(cell("", chance.choice(["code", "code", "markdown"]), source=source))
    style = STYLES[chance.choice(list(STYLES))]
    data = BYTES[chance.choice(list(BYTES))](json.dumps(notebook(*cells), **style).encode())
    source = Notebook(tmp_path / "nb.ipynb", data)
    assert source.with_text(source.text) == data
    assert source.parts(source.text) == []
    assert len(source.shown) == len(source.lines)
    for first, number, count in source.cells.starts if source.cells else ():
        text = "".join(cells[number - 1]["source"])
        shown = "\n".join(source.shown[first - 1 : first - 1 + count])
        assert shown == text.replace("\r\n", "\n").replace("\r", "\n")
