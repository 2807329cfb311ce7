"""Notebooks end to end: what is found stands in its cell, what is fixed is written there, and they run like files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from commandline import Outcome, check_json, counted, tslint
from notebooks import cell, markdown, sources, write

from tslint import rewrite
from tslint.api import check_paths
from tslint.settings import Settings

IMPORTS = "%matplotlib inline\n!pip install torch\nimport math\n\nimport torch\nfrom torch import nn"
NET = """\
class Net(nn.Module):
    def __init__(self, channels=4):
        super().__init__()
        self.conv = nn.Conv2d(3, channels, 3)

    def forward(self, x):
        x = x / math.sqrt(x.size(2))
        return {"out": self.conv(x)}"""
TRACE = "files = !ls\ntraced = torch.jit.trace(model, torch.rand(1, 3, 16, 16));"
CELLS = (markdown("# Net"), IMPORTS, NET, "%%bash\nls", "%%time\nmodel = Net().eval()\nmodel?", TRACE)
SIZE, DICT = ("math-on-size", 3, 7), ("dict-output", 3, 8)


def places(report: dict[str, Any]) -> list[tuple[str, int | None, int | None]]:
    return [(d["rule"], d["cell"], d["line"]) for d in counted(report)]


def static(*targets: str, cwd: Path) -> Outcome:
    return check_json(targets[0], *targets[1:], "--static", cwd=cwd)


# -- the source alone -------------------------------------------------------------------------------------------------


def test_each_problem_stands_in_its_cell(tmp_path: Path) -> None:
    write(tmp_path / "nb.ipynb", *CELLS)
    outcome = tslint("check", "nb.ipynb", "--static", "--output-format", "concise", cwd=tmp_path)
    assert outcome.status == 1, outcome
    assert outcome.out.splitlines() == [
        "nb.ipynb:cell 3:7:17: error[math-on-size] [*] `math.sqrt` of a size is recorded as a constant",
        "nb.ipynb:cell 3:8:16: error[dict-output] `forward` returns a dict, which torch.jit.trace refuses",
    ]


def test_the_snippet_is_the_cells(tmp_path: Path) -> None:
    write(tmp_path / "nb.ipynb", IMPORTS, "def f(x):\n    %time\n    return x\n\nmodel = nn.Dropout()", TRACE)
    outcome = tslint("check", "nb.ipynb", "--static", cwd=tmp_path)
    assert outcome.out.startswith("""\
error[missing-eval] `model` is traced in training mode                             predicted
  nb.ipynb:cell 3:2:26
  1 │ files = !ls
  2 │ traced = torch.jit.trace(model, torch.rand(1, 3, 16, 16));
    │                          ╰───╯
""")


def test_an_edit_names_its_cell(tmp_path: Path) -> None:
    write(tmp_path / "nb.ipynb", IMPORTS, NET, "model = Net().eval()", TRACE)
    size, dictionary = static("nb.ipynb", cwd=tmp_path).report["diagnostics"]
    # The function, and the import that is of no use without it; the wrapper behind its class, and the call.
    assert [(edit["cell"], edit["span"]["line"], edit["span"]["column"]) for edit in size["fix"]["edits"]] == [
        (2, 7, 17),
        (1, 3, 1),
    ]
    assert [(edit["cell"], edit["span"]["line"]) for edit in dictionary["fix"]["edits"]] == [(2, 8), (4, 2)]


def test_a_syntax_error_stands_in_its_cell(tmp_path: Path) -> None:
    write(tmp_path / "nb.ipynb", markdown("# a"), "import torch", "%time\nx = (")
    outcome = tslint("check", "nb.ipynb", "--output-format", "concise", cwd=tmp_path)
    assert outcome.status == 2, outcome
    assert outcome.out == "nb.ipynb:cell 3:2:5: error[syntax-error] '(' was never closed\n"


def test_comments_silence_in_their_cell_and_an_unused_one_is_found_there(tmp_path: Path) -> None:
    silenced = NET.replace("size(2))", "size(2))  # tslint: ignore[math-on-size] fixed size")
    write(tmp_path / "nb.ipynb", IMPORTS, silenced, "x = 1\ny = 2  # tslint: ignore[no-such-rule]")
    report = static("nb.ipynb", cwd=tmp_path).report
    assert places(report) == [("dict-output", 2, 8), ("unused-suppression", 3, 2)]
    assert report["summary"]["suppressed"] == 1
    write(tmp_path / "nb.ipynb", IMPORTS, NET, "# tslint: ignore-file[trace] a demonstration")
    assert places(static("nb.ipynb", cwd=tmp_path).report) == []


def test_a_directory_is_checked_with_its_notebooks(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("scratch.ipynb\n")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    for name in ("nb.ipynb", "scratch.ipynb", ".ipynb_checkpoints/nb-checkpoint.ipynb"):
        write(tmp_path / name, *CELLS)
    (tmp_path / "plots.ipynb").write_text('{"broken": ')  # and nothing in it is about PyTorch
    write(tmp_path / "r.ipynb", "# torch", metadata={"kernelspec": {"name": "ir", "language": "R"}})
    (tmp_path / "net.py").write_text(f"import math\nimport torch\nfrom torch import nn\n\n\n{NET}\n")
    outcome = static(".", cwd=tmp_path)
    assert [(d["path"], d["rule"], d["cell"]) for d in counted(outcome.report)] == [
        ("nb.ipynb", "math-on-size", 3),
        ("nb.ipynb", "dict-output", 3),
        ("net.py", "math-on-size", None),
        ("net.py", "dict-output", None),
    ]
    assert outcome.report["notes"] == ["r.ipynb: a notebook for R, so it was not checked"]
    assert outcome.report["errors"] == []
    assert outcome.report["summary"]["files"] == 3
    counts = tslint("check", ".", "--statistics", "--output-format", "concise", cwd=tmp_path).out.splitlines()
    assert counts[:2] == ["2  dict-output", "2  math-on-size  [*]"]


def test_a_notebook_for_another_language_is_no_error(tmp_path: Path) -> None:
    write(tmp_path / "r.ipynb", "library(torch)", metadata={"language_info": {"name": "R"}})
    for arguments in ((), ("--static",)):
        outcome = tslint("check", "r.ipynb", *arguments, cwd=tmp_path)
        assert outcome.status == 0, outcome
        assert "r.ipynb: a notebook for R, so it was not checked" in outcome.out


def test_a_module_that_a_notebook_imports_is_followed(tmp_path: Path) -> None:
    net = NET.replace("x.size(2)", "height(x)")
    write(tmp_path / "nb.ipynb", f"{IMPORTS}\nfrom sizes import height", net, TRACE)
    for body, found in (("x.size(2)", [("math-on-size", 2, 7), ("dict-output", 2, 8)]), ("4", [("dict-output", 2, 8)])):
        (tmp_path / "sizes.py").write_text(f"def height(x):\n    return {body}\n")
        report = static("nb.ipynb", cwd=tmp_path).report
        assert [place for place in places(report) if place[0] != "missing-eval"] == found


def test_what_was_found_before_follows_its_cell(tmp_path: Path) -> None:
    path = write(tmp_path / "nb.ipynb", *CELLS)
    assert places(static("nb.ipynb", cwd=tmp_path).report) == [SIZE, DICT]
    (entry,) = (tmp_path / ".tslint_cache").glob("*.json")
    before = entry.stat().st_mtime_ns
    write(path, markdown("more"), *CELLS, markdown("text"))
    first, second = places(static("nb.ipynb", cwd=tmp_path).report)
    assert (first, second) == (("math-on-size", 4, 7), ("dict-output", 4, 8))
    assert entry.stat().st_mtime_ns == before


def test_the_fingerprint_of_a_problem_stays_when_its_cell_moves(tmp_path: Path) -> None:
    path = write(tmp_path / "nb.ipynb", *CELLS)
    before = [d["fingerprint"] for d in static("nb.ipynb", cwd=tmp_path).report["diagnostics"]]
    write(path, markdown("more"), CELLS[1], "x = 1", *CELLS[2:])
    assert [d["fingerprint"] for d in static("nb.ipynb", cwd=tmp_path).report["diagnostics"]] == before


# -- fixes ------------------------------------------------------------------------------------------------------------


def test_a_diff_is_one_for_each_cell(tmp_path: Path) -> None:
    path = write(tmp_path / "nb.ipynb", *CELLS)
    before = path.read_bytes()
    outcome = tslint("check", "nb.ipynb", "--static", "--diff", "--unsafe-fixes", cwd=tmp_path)
    assert outcome.status == 1, outcome
    assert (
        outcome.out
        == """\
--- nb.ipynb:cell 2
+++ nb.ipynb:cell 2
@@ -1,6 +1,5 @@
 %matplotlib inline
 !pip install torch
-import math
\x20
 import torch
 from torch import nn
--- nb.ipynb:cell 3
+++ nb.ipynb:cell 3
@@ -4,5 +4,14 @@
         self.conv = nn.Conv2d(3, channels, 3)
\x20
     def forward(self, x):
-        x = x / math.sqrt(x.size(2))
+        x = x / x.size(2) ** 0.5
         return {"out": self.conv(x)}
+
+
+class NetOutputs(nn.Module):
+    def __init__(self, model):
+        super().__init__()
+        self.model = model
+
+    def forward(self, x):
+        return self.model(x)["out"]
--- nb.ipynb:cell 6
+++ nb.ipynb:cell 6
@@ -1,2 +1,2 @@
 files = !ls
-traced = torch.jit.trace(model, torch.rand(1, 3, 16, 16));
+traced = torch.jit.trace(NetOutputs(model).eval(), torch.rand(1, 3, 16, 16));
"""
    )
    assert path.read_bytes() == before


def test_fixes_are_written_into_their_cells(tmp_path: Path) -> None:
    path = write(tmp_path / "nb.ipynb", *CELLS)
    before = path.read_bytes()
    outcome = tslint("check", "nb.ipynb", "--static", "--fix", cwd=tmp_path)
    assert outcome.status == 1, outcome
    assert "Fixed 1 problem." in outcome.out
    assert "nb.ipynb:cell 3:8:16" in outcome.out
    fixed = before.replace(b"math.sqrt(x.size(2))", b"x.size(2) ** 0.5").replace(b'    "import math\\n",\n', b"")
    assert path.read_bytes() == fixed
    assert tslint("check", "nb.ipynb", "--static", "--fix", "--unsafe-fixes", cwd=tmp_path).status == 0
    fixed = path.read_bytes()
    texts = sources(path)
    assert texts[:2] == ["# Net", IMPORTS.replace("import math\n", "")]
    assert texts[2].startswith("class Net(nn.Module):") and texts[2].endswith('return self.model(x)["out"]')
    assert texts[3:5] == ["%%bash\nls", "%%time\nmodel = Net().eval()\nmodel?"]
    assert tslint("check", "nb.ipynb", "--static", "--fix", "--unsafe-fixes", cwd=tmp_path).status == 0
    assert path.read_bytes() == fixed


def test_what_has_nothing_to_fix_is_not_touched(tmp_path: Path) -> None:
    path = write(tmp_path / "nb.ipynb", IMPORTS, NET.replace("math.sqrt(x.size(2))", "2"))
    before, when = path.read_bytes(), path.stat().st_mtime_ns
    assert tslint("check", "nb.ipynb", "--static", "--fix", cwd=tmp_path).status == 1
    assert (path.read_bytes(), path.stat().st_mtime_ns) == (before, when)


def test_a_notebook_comes_from_standard_input(tmp_path: Path) -> None:
    path = write(tmp_path / "nb.ipynb", *CELLS)
    text = path.read_text(encoding="utf-8")
    arguments = ("check", "-", "--stdin-filename", "nb.ipynb", "--output-format", "concise")
    outcome = tslint(*arguments, cwd=tmp_path, stdin=text)
    assert [line.partition(": ")[0] for line in outcome.out.splitlines()] == [
        "nb.ipynb:cell 3:7:17",
        "nb.ipynb:cell 3:8:16",
    ]
    fixed = tslint(*arguments, "--fix", cwd=tmp_path, stdin=text)
    assert fixed.out == text.replace("math.sqrt(x.size(2))", "x.size(2) ** 0.5").replace('    "import math\\n",\n', "")
    assert path.read_text(encoding="utf-8") == text


def test_comments_that_are_added_stand_in_their_cells(tmp_path: Path) -> None:
    path = write(tmp_path / "nb.ipynb", *CELLS)
    assert tslint("check", "nb.ipynb", "--static", "--add-ignore", cwd=tmp_path).status == 0
    assert sources(path)[2].endswith('return {"out": self.conv(x)}  # tslint: ignore[dict-output]')
    assert places(static("nb.ipynb", cwd=tmp_path).report) == []


# -- the run ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    folder = tmp_path_factory.mktemp("notebook")
    write(folder / "my net.ipynb", *CELLS[:4], "model = Net()\nawaited = 1", TRACE)
    outcome = check_json("my net.ipynb", "--no-convert", cwd=folder)
    assert [path.name for path in folder.iterdir()] == ["my net.ipynb"]
    return outcome


@pytest.mark.torch
def test_what_a_run_observes_joins_what_was_predicted(ran: Outcome) -> None:
    assert ran.status == 1, ran
    assert [(d["rule"], d["basis"], d["cell"], d["line"], d["column"]) for d in counted(ran.report)] == [
        ("math-on-size", "observed", 3, 7, 17),
        ("dict-output", "observed", 3, 8, 16),
        ("missing-eval", "observed", 6, 2, 26),
    ]
    assert ran.report["errors"] == []


@pytest.mark.torch
def test_all_places_in_the_report_are_in_cells(ran: Outcome) -> None:
    found: list[tuple[int, int]] = []

    def look(value: Any) -> None:
        if isinstance(value, dict):
            if str(value.get("path")).endswith(".ipynb"):
                span = value.get("span", value)
                found.append((value["cell"], span["line"]))
            for item in value.values():
                look(item)
        elif isinstance(value, list):
            for item in value:
                look(item)

    look(ran.report)
    # The class and its method, the size and the dictionary, the call; and of the class what `forward` begins with.
    assert set(found) <= {(3, 1), (3, 6), (3, 7), (3, 8), (6, 2)}
    assert {(3, 7), (3, 8), (6, 2)} <= set(found)
    (run,) = ran.report["runs"]
    assert [(escape["cell"], escape["line"]) for escape in run["escapes"]] == [(3, 7)]


@pytest.mark.torch
def test_a_related_place_in_another_cell_is_shown_with_its_cell(tmp_path: Path) -> None:
    scale = f"{IMPORTS}\n\n\ndef scale(x):\n    return math.sqrt(x.size(2))"
    net = "%%time\nclass Net(nn.Module):\n    def forward(self, x):\n        return x / scale(x)"
    write(tmp_path / "nb.ipynb", markdown("# a"), scale, net, "torch.jit.trace(Net().eval(), torch.rand(1, 3, 16, 16))")
    arguments = ("nb.ipynb", "--no-convert", "--route", "trace")
    outcome = tslint("check", *arguments, cwd=tmp_path)
    assert (
        """\
  nb.ipynb:cell 2:10:12
   9 │ def scale(x):
  10 │     return math.sqrt(x.size(2))
     │            ╰─ 4 at 16; should be 2.828 at 8
  nb.ipynb:cell 3:4  called here
  4 │         return x / scale(x)
"""
        in outcome.out
    )
    (diagnostic,) = check_json(*arguments, cwd=tmp_path).report["diagnostics"]
    assert {(label["cell"], label["span"]["line"], label["path"]) for label in diagnostic["labels"]} == {
        (3, 4, "nb.ipynb")
    }


@pytest.mark.torch
def test_the_entry_is_named_by_its_cell(tmp_path: Path) -> None:
    write(tmp_path / "nb.ipynb", *CELLS)
    outcome = tslint("check", "nb.ipynb", "--no-convert", "--route", "trace", cwd=tmp_path)
    first = outcome.out.splitlines()[0]
    assert first == "nb.ipynb  entry: the file's own torch.jit.trace call, cell 6, line 2 (inputs float32[1,3,16,16])"


@pytest.mark.torch
def test_scripting_finds_the_source_in_the_cells(tmp_path: Path) -> None:
    forward = "    def forward(self, x):\n        found = []\n        found.append(x.size(0))\n        return found"
    net = f"%%capture\nclass Net(nn.Module):\n{forward}"
    write(tmp_path / "nb.ipynb", markdown("x"), IMPORTS, net, "torch.jit.script(Net().eval())")
    outcome = check_json("nb.ipynb", "--no-convert", cwd=tmp_path)
    assert ("untyped-empty-list", 3, 4) in places(outcome.report), outcome
    (diagnostic,) = [d for d in outcome.report["diagnostics"] if d["rule"] == "untyped-empty-list"]
    assert diagnostic["basis"] == "observed"


CONVENTIONS = (
    "def build_model():\n    return Net().eval()\n\n\ndef example_inputs():\n    return torch.rand(1, 3, 16, 16)"
)
CALL = "torch.jit.trace(model, torch.rand(1, 3, 16, 16))"


@pytest.mark.torch
@pytest.mark.parametrize(
    ("cells", "arguments"),
    [
        ([CONVENTIONS], ()),
        ([], ()),  # the class itself, its inputs inferred
        ([], ("--model", "Net(channels=5)", "--input", "1,3,16,16")),
        (["from __future__ import annotations\nimport asyncio\n\nawait asyncio.sleep(0)\ndisplay(1)", CONVENTIONS], ()),
        (["async def made():\n    return Net().eval()\n\nmodel = await made()", CALL], ()),
        (["model = Net().eval()", f'if __name__ == "__main__":\n    {CALL}'], ()),
        (["model = Net().eval()\nget_ipython()", CALL], ()),
    ],
    ids=["conventions", "root class", "--model", "await", "await before the call", "main guard", "get_ipython"],
)  # fmt: skip
def test_ways_to_an_entry(tmp_path: Path, cells: list[str], arguments: tuple[str, ...]) -> None:
    write(tmp_path / "nb.ipynb", markdown("# Net"), IMPORTS, NET, *cells)
    outcome = check_json("nb.ipynb", "--no-convert", "--route", "trace", *arguments, cwd=tmp_path)
    assert [(d["rule"], d["basis"], d["cell"], d["line"]) for d in counted(outcome.report)] == [
        ("math-on-size", "observed", 3, 7),
        ("dict-output", "observed", 3, 8),
    ], outcome
    assert outcome.report["errors"] == []


@pytest.mark.torch
def test_a_configured_model_of_a_notebook(tmp_path: Path) -> None:
    write(tmp_path / "nb.ipynb", *CELLS[:4])
    (tmp_path / "tslint.toml").write_text(
        '[[models]]\ntarget = "nb.ipynb"\nmodel = "Net(channels=5)"\ninputs = ["1,3,16,16"]\n'
    )
    outcome = tslint("check", "--no-convert", "--route", "trace", cwd=tmp_path)
    assert outcome.status == 1, outcome
    assert "entry: [[tool.tslint.models]] in tslint.toml `Net(channels=5)`" in outcome.out
    assert "key `out` [1, 5, 14, 14]" in outcome.out


@pytest.mark.torch
def test_a_notebook_does_not_stand_in_the_way_of_the_module_beside_it(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(f"import math\n\nimport torch\nfrom torch import nn\n\n\n{NET}\n")
    imports = "import torch\nfrom net import Net"
    write(tmp_path / "net.ipynb", imports, CONVENTIONS)
    outcome = check_json("net.ipynb", "--no-convert", "--route", "trace", cwd=tmp_path)
    assert [(d["rule"], d["path"], d["cell"]) for d in counted(outcome.report)] == [
        ("math-on-size", "net.py", None),
        ("dict-output", "net.py", None),
    ], outcome


@pytest.mark.torch
def test_what_the_notebooks_own_code_raises_stands_in_its_cell(tmp_path: Path) -> None:
    write(tmp_path / "nb.ipynb", IMPORTS, NET, markdown("x"), "%time\nshape = 1 / 0", TRACE)
    outcome = check_json("nb.ipynb", cwd=tmp_path)
    assert outcome.status == 1, outcome
    (failed,) = [d for d in outcome.report["diagnostics"] if d["rule"] == "model-failed"]
    assert (failed["cell"], failed["line"], failed["column"]) == (4, 2, 9)


@pytest.mark.torch
def test_a_notebook_that_trains_first_is_not_run(tmp_path: Path) -> None:
    write(tmp_path / "nb.ipynb", IMPORTS, NET, "%time\nmodel = Net()\nmodel(x)['out'].sum().backward()", TRACE)
    outcome = check_json("nb.ipynb", cwd=tmp_path)
    (note,) = outcome.report["notes"]
    assert note.startswith("running the file would run cell 3, line 3, `model(x)['out'].sum().backward()`: let it run")


@pytest.mark.torch
def test_fixing_a_notebook_that_runs(tmp_path: Path) -> None:
    path = write(tmp_path / "nb.ipynb", *CELLS, cell("", outputs=[{"output_type": "stream", "text": "é"}]))
    before = json.loads(path.read_text(encoding="utf-8"))
    outcome = tslint("check", "nb.ipynb", "--no-convert", "--fix", "--unsafe-fixes", cwd=tmp_path)
    assert outcome.status == 0, outcome
    assert "fixes: nb.ipynb: 2 fixes, proven by running it: traces and equals eager" in outcome.out
    after = json.loads(path.read_text(encoding="utf-8"))
    changed = [n for n, (old, new) in enumerate(zip(before["cells"], after["cells"], strict=True), 1) if old != new]
    assert changed == [2, 3, 6]


@pytest.mark.torch
def test_a_fix_that_makes_it_worse_is_named_by_its_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "nb.ipynb", *CELLS)
    before = path.read_bytes()
    monkeypatch.setattr(
        rewrite, "square_root", lambda call, facts: rewrite.safe("", rewrite.replace(call, "2.0", facts))
    )
    monkeypatch.chdir(tmp_path)
    report = check_paths(["nb.ipynb"], Settings(fix=True, no_convert=True, no_cache=True, root=tmp_path))
    (said,) = report.withheld
    assert said.startswith("nb.ipynb:cell 3:7:17: the fix of math-on-size was not written: with it, ")
    assert path.read_bytes() == before
