"""What IPython understands in a cell and Python does not: replaced line by line, and put back as it stood."""

from __future__ import annotations

import ast

import pytest

from tslint.source.magics import is_python, restored, without_magics

MARK = "\ue000"


def python(text: str) -> list[str]:
    """The lines of a cell as Python, the marks left out."""
    return [line.partition(f"#{MARK}")[0].rstrip() for line in without_magics(text, MARK)[0].split("\n")]


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("%matplotlib inline", "pass"),
        ("  %timeit f(x)", "  pass"),
        ("%%time", "pass"),
        ("!pip install torch", "pass"),
        ("!!ls", "pass"),
        ("?x", "pass"),
        ("x?", "pass"),
        ("torch.nn.Module??", "pass"),
        ("model.layers[0]?", "pass"),
        ("a = x?", "pass"),
        ("torch.*norm?", "pass"),
        ("files = !ls", "files = []"),
        ("a, b = !ls", "a, b = []"),
        ("self.times = %timeit -o f(x)", "self.times = None"),
        ("x =!ls", "x = []"),
        ('d["a"] = !ls', 'd["a"] = []'),
        ("x: list = !ls", "x: list = []"),
        ("if x: y = !ls", "if x: y = []"),
    ],
)
def test_lines_for_ipython(line: str, instead: str) -> None:
    assert python(f"a = 1\n{line}\nb = 2") == ["a = 1", instead, "b = 2"]


@pytest.mark.parametrize(
    "text",
    [
        "x = a % b",
        "x %= 3",
        "x = (a\n     % b)",
        "x = a \\\n    % b",
        'text = """\n%matplotlib inline\n!ls\nreally?\n"""',
        "text = '''\n\"\n%time\n'''",
        "text = 'a \\\n%b'",
        "x != y",
        "# really?\n# !no",
        "f('what?')",
        "s = 'x = !ls'",
        'd["a = !ls"] = "= !x"',
        "lines = [\n    '%a',\n    # )\n    '''\n%b''',\n]",
        "f(x);",
        'x = ""\ny = f"{a}" % b',
    ],
)
def test_python_stays_as_it_is(text: str) -> None:
    ast.parse(text)
    assert without_magics(text, MARK) == (text, {})


def test_a_magic_in_a_block_leaves_a_block() -> None:
    text = "if colab:\n    !pip install torch\nelse:\n    %load_ext autoreload\nx = 1"
    ast.parse(without_magics(text, MARK)[0])
    assert python(text) == ["if colab:", "    pass", "else:", "    pass", "x = 1"]


def test_a_shell_line_goes_on_behind_a_backslash() -> None:
    text = "!pip install \\\n    torch \\\n  'numpy\nx = 1"
    replaced, _ = without_magics(text, MARK)
    assert [type(node).__name__ for node in ast.parse(replaced).body] == ["Pass", "Assign"]
    assert replaced.count("\n") == text.count("\n")


def test_a_comment_does_not_go_on_behind_a_backslash() -> None:
    assert python("# a \\\n%time") == ["# a \\", "pass"]


def test_a_string_without_an_end_hides_no_magic() -> None:
    assert python("x = 'a\n%time")[1] == "pass"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_cell_comes_back_with_what_was_changed_around_its_magics(end: str) -> None:
    text = end.join(["%time", "x = f(1)", "if x:", "    files = !ls \\", "    a", "x?", "y = 2", ""])
    replaced, lines = without_magics(text, MARK)
    ast.parse(replaced.replace("\r\n", "\n").replace("\r", "\n"))
    assert restored(replaced, MARK, lines) == text
    changed = replaced.replace("f(1)", f"g({end}1)")
    assert restored(changed, MARK, lines) == text.replace("f(1)", f"g({end}1)")


@pytest.mark.parametrize(
    ("old", "new"),
    [("pass  ", ""), ("x = []  ", "x: list = []  "), (f"pass  #{MARK}0\n", ""), (f"{MARK}0", f"{MARK}7")],
)
def test_a_magic_that_was_changed_does_not_come_back(old: str, new: str) -> None:
    replaced, lines = without_magics("%time\nx = !ls\n", MARK)
    assert old in replaced
    assert restored(replaced.replace(old, new, 1), MARK, lines) is None


@pytest.mark.parametrize(
    "text",
    ["%%bash\necho $x", "%%html\n<b>", "\n%%writefile net.py\nimport torch", "%%python2\nprint 1", "%%script\nx",
     "pip install torch", "ls -l", "cd ..", "pwd", "load_ext autoreload", "conda install torch=2.0"],
)  # fmt: skip
def test_cells_for_somebody_else(text: str) -> None:
    assert not is_python(text)


@pytest.mark.parametrize(
    "text",
    ["%%time\nx = 1", "%%capture out\nx = 1", "%%timeit -n 3\nf(x)", "", "\n\n", "x = 1", "time = 3", "env.reset()",
     "run(x)", "less < more", "history[0]", "load = 1\nload", "config in x", "%time x"],
)  # fmt: skip
def test_cells_of_python(text: str) -> None:
    assert is_python(text)
