"""Trees made without validation are those that LibCST makes; what is known of a file goes with its last reference."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from tslint import static
from tslint.source import Source
from tslint.source.project import ProjectFiles

PACKAGE = Path(static.__file__).parent
TRUSTED = """
import dataclasses, sys
from pathlib import Path
import libcst as cst
from tslint.facts.tree import Tree
from tslint.source.parser import FREQUENT, ALIKE, parse, trust_the_parser

def spans(data):
    tree = Tree(parse(data), data)
    return [tree.span(node) for node in tree.index]

def shape(value):
    if isinstance(value, cst.CSTNode):
        return type(value).__name__, tuple(shape(getattr(value, field.name)) for field in dataclasses.fields(value))
    return tuple(map(shape, value)) if isinstance(value, (list, tuple)) else value

files = [path.read_bytes() for path in sorted(Path(sys.argv[1]).rglob("*.py"))[::6]]
files += [b"# -*- coding: latin-1 -*-\\nx = '\\xe9'\\n", b"\\xef\\xbb\\xbfx = '\\xc3\\xa9'\\n", b""]
before = [shape(parse(data)) for data in files]
places = [spans(data) for data in files[::5]]
try:
    cst.Name("")
except cst.CSTValidationError:
    print("validated")
trust_the_parser()
trust_the_parser()
after = [parse(data) for data in files]
assert [shape(tree) for tree in after] == before
assert [tree.bytes for tree in after] == files
assert [spans(data) for data in files[::5]] == places
assert cst.Name("") is not None and cst.Comma().whitespace_before.value == "", "defaults hold"
assert cst.Name("a").with_changes(value="b").value == "b"
first, second = cst.Name("a"), cst.Name("b")
assert first.lpar is not second.lpar or type(first.lpar) is tuple
frequent = nodes = 0
todo = list(after)
while todo:
    node = todo.pop()
    nodes += 1
    frequent += type(node) in FREQUENT or type(node) in ALIKE
    todo += node.children
print(frequent / nodes > 0.8)
"""
SHARED = """
import sys
from pathlib import Path
import libcst as cst
from tslint.facts.tree import Tree
from tslint.source.parser import ALIKE, parse, trust_the_parser

trust_the_parser()
before = [getattr(cst, kind.__name__) for kind in ALIKE]
first, second = parse(b"f(a, b)\\n"), parse(b"f(a, b)\\n")
try:
    parse(b"f(")
except cst.ParserSyntaxError:
    print("refused")
assert [getattr(cst, kind.__name__) for kind in ALIKE] == before == list(ALIKE)
one, other = (tree.body[0].body[0].value for tree in (first, second))
blank = one.args[0].comma.whitespace_before
print(blank is one.whitespace_after_func, blank is other.whitespace_after_func, one.args[0] is one.args[1])
nodes = parse(b"a = b  # one\\nc = d  # one\\n\\n# two\\n# two\\ne = f\\n").body
comments = [line.trailing_whitespace.comment for line in nodes[:2]]
comments += [line.comment for line in nodes[2].leading_lines if line.comment]
print([comment.value for comment in comments], len(set(map(id, comments))))
for path in Path(sys.argv[1]).rglob("*.py"):
    tree = Tree(parse(path.read_bytes()))
    assert not set(ALIKE) & set(tree.by_type), path
tree = Tree(parse(b"from ...a import (b, c)\\nfrom .. import d\\nx[1, 2].y = (1)\\nreturn x"))
assert not set(ALIKE) & set(tree.by_type)
assert len(tree.index) == sum(map(len, tree.by_type.values())) and all(map(tree.own, tree.index))
"""


def test_trusted_trees_are_the_same() -> None:
    ended = subprocess.run([sys.executable, "-c", TRUSTED, str(PACKAGE)], capture_output=True, text=True, check=False)
    assert (ended.stdout.split(), ended.stderr) == (["validated", "True"], "")


def test_white_space_and_punctuation_are_made_once_a_file() -> None:
    ended = subprocess.run([sys.executable, "-c", SHARED, str(PACKAGE)], capture_output=True, text=True, check=False)
    expected = ["refused", "True False False", "['# one', '# one', '# two', '# two'] 4"]
    assert (ended.stdout.splitlines(), ended.stderr) == (expected, "")


def test_who_imports_tslint_keeps_libcst_as_it_is() -> None:
    code = """
import libcst as cst
from pathlib import Path
from tslint import static
static.check_source(static.Source.from_text("import torch\\nclass M(torch.nn.Module): pass"), static.Job())
try:
    cst.Name("")
except cst.CSTValidationError:
    print("validated")
"""
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.stdout, ended.stderr) == ("validated\n", "")


def test_a_file_is_parsed_once_for_itself_and_for_those_that_import_it(tmp_path: Path) -> None:
    layers = tmp_path / "layers.py"
    layers.write_text("import torch\n")
    files = ProjectFiles(tmp_path)
    module = files.parsed(Source.read(layers))
    imported = files(str(tmp_path / "model.py"), "layers")
    assert imported is not None and imported.module is module
    assert files.parsed(Source.read(layers)) is module
    layers.write_text("import torch.nn\n")
    assert files.parsed(Source.read(layers)).code == "import torch.nn\n"


def test_trees_that_were_used_last_are_kept(tmp_path: Path) -> None:
    files = ProjectFiles(tmp_path, most=60)
    sources = [Source(tmp_path / f"m{number}.py", b"# " + b"x" * 18) for number in range(3)]
    first, second, _ = map(files.parsed, sources)
    assert files.parsed(sources[0]) is first
    files.parsed(Source(tmp_path / "m3.py", b"# " + b"x" * 18))
    assert files.parsed(sources[0]) is first
    assert files.parsed(sources[1]) is not second
    large = Source(tmp_path / "large.py", b"# " + b"x" * 90)
    assert files.parsed(large) is not files.parsed(large), "more than is kept at all"


READ = """
import torch

class Net(torch.nn.Module):
    def forward(self, x):
        if torch.rand(1).item() < 0.5:
            x = x + x.mean().item()
        return x.prod()
"""


@pytest.mark.parametrize("name", ["segmentation.py", ""])
def test_nothing_is_left_of_a_file_that_was_checked(name: str) -> None:
    example = Source.read(PACKAGE.parent / "examples" / name) if name else Source(Path("/net.py"), READ.encode())
    static.check_source(example, static.Job())
    static.project.cache_clear()
    gc.collect()
    gc.disable()
    try:
        gc.set_debug(gc.DEBUG_SAVEALL)
        static.check_source(example, static.Job())
        static.project.cache_clear()
        gc.collect()
        left = {type(item).__name__ for item in gc.garbage if type(item).__module__.startswith(("libcst", "tslint"))}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert left == set()
