"""Positions are those of LibCST's own provider, on real files and on what is hard to count."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from tslint.facts.tree import Tree
from tslint.source import Source
from tslint.source.text import with_large_stack

ROOT = Path(__file__).resolve().parent.parent.parent
FILES = sorted((ROOT / "tslint" / "facts").glob("*.py"))[::4] + sorted((ROOT / "examples").glob("*.py"))
SUITES = """\
class A:
  @one
  def f(self):
      if x: y = 1
      elif y:
          z = 2; w = 3

          # why
          for a in (1,
            2):
              b = a
          else:
              c = [
  3]
      else:
          try:
              d = 4
          except E:
              e = 5
"""
HARD = {
    "suites": SUITES,
    "decorators": "# first\n\n@one\n@two(1,\n  2)\ndef f(x):\n    return (x\n      + 1)\n",
    "semicolons": "a = 1; b = 2 ; c = (3,\n 4); d = 5\ne = 6\n",
    "windows": "import os\r\n\r\nx = (1,\r\n  2)\r\ny = x\r\n",
    "carriage returns": "a = 1\rb = (2,\r 3)\rc = 4\r",
    "form feed": "import a\n\x0c\ndef f():\n    return 1\n",
    "tabs and comments": "if x:\n\tif y:  # why\n\t\tz = [\n\t\t\t1,  # one\n\t\t]\n\telse: pass\n",
    "no last newline": "x = 1\ny = '''a\nb''' + x",
    "other characters": 'ä = "ö" ; y = ä + "\U0001f600"\nz = y\n',
    "a name twice": "def f():\n  a = 1\n\ndef f():\n  b = 2\n",
    "a name in a text": "'''\ndef f():\n'''\nif x:\n  def f():\n    a = 1\n",
    "a text at the left margin": "x = 1\nclass A:\n  '''\nfirst\n'''\n  def f():\n    a = 1\nb = 2\n",
    "brackets at the left margin": "x = 1\ndef f(\na\n):\n  return [\n1\n]\n# why\n  # not\nb = 2\n",
    "a definition on two lines": "x = 1\nclass \\\n  A:\n  a = 1\nb = 2\n",
    "an asynchronous one": "x = 1\nasync  def f():\n\n  return 1\nclass ä: b = 2\n",
    "one-line suites": "class A: x = 1; y = 2\nwhile x: break\n",
}


def compare(source: Source) -> None:
    module = source.parse()
    tree = Tree(module, source.data)
    wanted = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    for node in tree.index:
        if node is not module:
            span, place = tree.span(node), wanted[node]
            found = (span.line, span.column, span.end_line, span.end_column)
            expected = (place.start.line, place.start.column + 1, place.end.line, place.end.column + 1)
            assert found == expected, type(node)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_positions_of_real_files(path: Path) -> None:
    compare(Source.read(path))


@pytest.mark.parametrize("name", HARD)
def test_positions_that_are_hard_to_count(name: str) -> None:
    compare(Source(Path("hard.py"), HARD[name].encode()))


def test_positions_of_deep_code() -> None:
    code = "x = " + " + ".join(["1"] * 3000) + "\ny = 2\n"
    tree = Tree(with_large_stack(lambda: cst.parse_module(code)), code.encode())
    assert tree.span(tree.module.body[1]).line == 2
    assert tree.span(tree.module.body[0]).end_column == 4 * 3000 + 2
