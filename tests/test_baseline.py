"""``--baseline``: what is tolerated, what is new, what is fixed, and the file itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from commandline import check_json, tslint
from test_unused import CODE

from tslint.baseline import Baseline, BaselineError, Entry, render
from tslint.diagnostic import Basis, Claim, Diagnostic, Severity, Span

NET = CODE.format(**dict.fromkeys("abcdef", "")).replace("y = x", "x = x").replace('"out": y', '"out": x')
RULES = ["dict-output", "math-on-size", "missing-eval"]
FILE = """\
{
  "version": 1,
  "problems": [
    {"path": "nets/net.py", "rule": "dict-output", "fingerprint": "88fe9f0a452a89b3", "count": 1},
    {"path": "nets/net.py", "rule": "math-on-size", "fingerprint": "b63a293a4ee7b939", "count": 1},
    {"path": "nets/net.py", "rule": "missing-eval", "fingerprint": "07205c10e5dc4271", "count": 1}
  ]
}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a baseline of all that is wrong in its one file."""
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets" / "net.py").write_text(NET)
    (tmp_path / "tslint.toml").write_text('baseline = "known.json"\nstatic = true\nno-cache = true\n')
    outcome = check_json("nets", "--write-baseline", cwd=tmp_path)
    assert (outcome.status, outcome.report["diagnostics"]) == (0, [])
    assert outcome.report["notes"] == ["known.json holds 3 problems (3 new)"]
    return tmp_path


def entries(project: Path) -> list[tuple[str, str, int]]:
    data = json.loads((project / "known.json").read_text())
    return [(entry["path"], entry["rule"], entry["count"]) for entry in data["problems"]]


def change(project: Path, old: str, new: str) -> None:
    path = project / "nets" / "net.py"
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def test_the_file_has_an_entry_a_line(project: Path) -> None:
    text = (project / "known.json").read_text()
    assert text == FILE
    before = (project / "known.json").stat()
    assert check_json("nets", "--write-baseline", cwd=project).status == 0
    assert (project / "known.json").stat() == before, "what is the same is not written again"
    assert before.st_mode == (project / "tslint.toml").stat().st_mode


def test_what_it_holds_is_tolerated_and_counted(project: Path) -> None:
    outcome = tslint("check", "nets", cwd=project)
    assert (outcome.status, outcome.out) == (0, "Found no problems (3 in the baseline).\n")
    report = check_json("nets", cwd=project).report
    assert report["summary"] == {
        "files": 1, "error": 0, "warning": 0, "info": 0, "refuted": 0, "suppressed": 0, "fixable": 0, "baselined": 3,
    }  # fmt: skip


def test_moved_code_is_known_and_new_code_is_not(project: Path) -> None:
    change(project, "class Net", "def other():\n    pass\n\n\nclass Net")
    change(
        project,
        "x = x / math.sqrt(x.size(2))\n",
        "x = x * math.sqrt(x.size(3))\n        x = x / math.sqrt(x.size(2))\n",
    )
    outcome = check_json("nets", cwd=project)
    assert [(d["rule"], d["line"]) for d in outcome.report["diagnostics"] if d["severity"] != "info"] == [
        ("math-on-size", 13)
    ]
    assert (outcome.status, outcome.report["summary"]["baselined"]) == (1, 3)


def test_of_the_same_line_twice_one_is_new(project: Path) -> None:
    line = "        x = x / math.sqrt(x.size(2))\n"
    change(project, line, line + line)
    report = check_json("nets", cwd=project).report
    assert [(d["rule"], d["line"]) for d in report["diagnostics"]] == [("math-on-size", 10)]
    assert check_json("nets", "--write-baseline", cwd=project).report["notes"][0].endswith("4 problems (1 new)")
    assert ("nets/net.py", "math-on-size", 2) in entries(project)
    change(project, line + line, line)
    (note,) = check_json("nets", cwd=project).report["notes"]
    assert note == "1 problem of the baseline is fixed: `--write-baseline` removes it"


def test_what_is_fixed_is_said_and_removed_when_asked(project: Path) -> None:
    change(project, " / math.sqrt(x.size(2))", "")
    change(project, "Net(),", "Net().eval(),")
    before = (project / "known.json").read_bytes()
    outcome = check_json("nets", cwd=project)
    assert outcome.report["notes"] == ["2 problems of the baseline are fixed: `--write-baseline` removes them"]
    assert (outcome.status, (project / "known.json").read_bytes()) == (0, before)
    outcome = check_json("nets", "--write-baseline", cwd=project)
    assert outcome.report["notes"] == ["known.json holds 1 problem (2 fixed)"]
    assert entries(project) == [("nets/net.py", "dict-output", 1)]


def test_paths_are_from_the_file(project: Path) -> None:
    outcome = check_json("net.py", cwd=project / "nets")
    assert (outcome.status, outcome.report["summary"]["baselined"]) == (0, 3)
    outcome = check_json(project / "nets" / "net.py", "--static", "--baseline", project / "known.json", cwd=Path("/"))
    assert (outcome.status, outcome.report["summary"]["baselined"]) == (0, 3)
    (project / "known.json").rename(project / "gone.json")
    outcome = tslint("check", "net.py", cwd=project / "nets")
    assert (
        outcome.err
        == f"tslint: error: the baseline {project / 'known.json'} does not exist: `--write-baseline` creates it\n"
    )
    (project / "gone.json").rename(project / "known.json")
    link = project.parent / f"{project.name}-link"
    link.symlink_to(project)
    assert check_json("nets", cwd=link).report["summary"]["baselined"] == 3


def test_what_was_not_checked_is_neither_fixed_nor_lost(project: Path) -> None:
    (project / "other.py").write_text("import torch\n")
    for arguments in (["other.py"], ["nets", "--select", "mode"]):
        outcome = check_json(*arguments, cwd=project)
        assert (outcome.status, outcome.report["notes"]) == (0, [])
        assert check_json(*arguments, "--write-baseline", cwd=project).status == 0
        assert [rule for _, rule, _ in entries(project)] == RULES
    (project / "nets" / "net.py").write_text("import torch\nx = (\n")
    outcome = check_json("nets", "--write-baseline", cwd=project)
    assert (outcome.status, [d["rule"] for d in outcome.report["diagnostics"]]) == (2, ["syntax-error"])
    assert [rule for _, rule, _ in entries(project)] == RULES
    (project / "nets" / "net.py").unlink()
    (note,) = check_json("other.py", cwd=project).report["notes"]
    assert note == "3 problems of the baseline are fixed: `--write-baseline` removes them"


def test_fix_leaves_what_is_tolerated(project: Path) -> None:
    line = "        x = x / math.sqrt(x.size(2))\n"
    change(project, line, "        x = x * math.sqrt(x.size(3))\n" + line)
    outcome = tslint("check", "nets", "--fix", cwd=project)
    assert outcome.out == "Fixed 1 problem. Found no problems (3 in the baseline).\n", outcome
    assert f"        x = x * x.size(3) ** 0.5\n{line}" in (project / "nets" / "net.py").read_text()


def test_what_only_a_run_finds_outlives_a_static_check(project: Path) -> None:
    data = json.loads((project / "known.json").read_text())
    seen = {"path": "nets/net.py", "rule": "lowering-differs", "fingerprint": "0" * 16, "count": 1, "run": True}
    data["problems"].append(seen)
    (project / "known.json").write_text(json.dumps(data))
    outcome = check_json("nets", cwd=project)
    assert (outcome.report["notes"], outcome.report["summary"]["baselined"]) == ([], 3)
    assert check_json("nets", "--write-baseline", cwd=project).status == 0
    assert seen in json.loads((project / "known.json").read_text())["problems"]


@pytest.mark.torch
def test_a_run_knows_what_the_source_predicted_and_removes_what_only_a_run_finds(project: Path) -> None:
    (project / "tslint.toml").write_text('baseline = "known.json"\nno-convert = true\n')
    outcome = check_json("nets/net.py", cwd=project)
    assert outcome.report["summary"]["baselined"] >= 3
    data = json.loads((project / "known.json").read_text())
    gone = {"path": "nets/net.py", "rule": "lowering-differs", "fingerprint": "0" * 16, "count": 1, "run": True}
    data["problems"].append(gone)
    (project / "known.json").write_text(json.dumps(data))
    outcome = check_json("nets/net.py", "--write-baseline", cwd=project)
    assert outcome.status == 0, outcome
    problems = json.loads((project / "known.json").read_text())["problems"]
    assert gone not in problems
    assert {p["rule"] for p in problems if "run" not in p} == set(RULES)


def test_a_missing_file_is_to_be_written_first(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(NET)
    outcome = tslint("check", "--static", "net.py", "--baseline", "known.json", cwd=tmp_path)
    words = "tslint: error: the baseline known.json does not exist: `--write-baseline` creates it\n"
    assert (outcome.status, outcome.out, outcome.err) == (2, "", words)
    outcome = tslint("check", "--static", "net.py", "--write-baseline", cwd=tmp_path)
    words = (
        "tslint: error: --write-baseline needs to know the file: --baseline PATH, or `baseline` in the configuration\n"
    )
    assert (outcome.status, outcome.out, outcome.err) == (2, "", words)
    outcome = check_json("net.py", "--static", "--baseline", "no/known.json", "--write-baseline", cwd=tmp_path)
    assert outcome.status == 2
    assert outcome.report["errors"] == ["the baseline no/known.json could not be written: No such file or directory"]
    assert len(outcome.report["diagnostics"]) == 3


@pytest.mark.parametrize("other", ["--fix", "--diff", "--add-ignore"])
def test_a_file_is_written_by_one_of_them(tmp_path: Path, other: str) -> None:
    outcome = tslint("check", "--baseline", "known.json", "--write-baseline", other, cwd=tmp_path)
    names = sorted([other, "--write-baseline"], key=["--add-ignore", "--write-baseline", "--fix", "--diff"].index)
    assert (outcome.status, outcome.err) == (2, f"tslint: error: {names[0]} and {names[1]} contradict each other\n")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{", "the baseline b.json is not valid JSON: "),
        (b"\xff\xfe", "the baseline b.json is not UTF-8"),
        (b"[]", "b.json is no baseline: `--write-baseline` writes one where there is no such file"),
        (b'{"version": 9, "problems": []}', "the baseline b.json was written by another version of tslint (9)"),
        (b'{"version": 1, "problems": [{"path": "a"}]}', "problem 1 of the baseline b.json must have path, rule"),
        (b"[" * 100_000, "the baseline b.json is not valid JSON: "),
        (
            b'{"version": 1, "problems": [{"path": "a", "rule": "b", "fingerprint": "c", "count": "1"}]}',
            "problem 1 of the baseline b.json must have path, rule, fingerprint, count, and no other keys but run",
        ),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "b.json").write_bytes(content)
    for more in ([], ["--write-baseline"]):
        outcome = tslint("check", "--static", "--baseline", "b.json", *more, cwd=tmp_path)
        assert (outcome.status, outcome.out, outcome.err.count("\n")) == (2, "", 1)
        assert outcome.err.startswith(f"tslint: error: {sentence}")
        assert (tmp_path / "b.json").read_bytes() == content


def problem(line: int, severity: Severity = Severity.ERROR, basis: Basis = Basis.PREDICTED) -> Diagnostic:
    return Diagnostic("a-rule", "trace", Claim.TRACE_FAILS, severity, basis, "m", "/p/m.py", Span(line, 1, line, 2))


def test_the_severest_of_problems_alike_are_tolerated(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    lines = {"/p/m.py": ["x", " x ", "x"]}
    one = Baseline(str(path), written=True)
    one.write([problem(1)], [], lines, lambda d: False)
    found = [problem(1, Severity.WARNING), problem(2), problem(3, basis=Basis.REFUTED)]
    compared = Baseline(str(path)).compare(found, lines, lambda entry: True)
    assert (compared.left, compared.tolerated, compared.gone) == ((found[0], found[2]), (found[1],), ())
    compared = Baseline(str(path)).compare([found[2]], lines, lambda entry: True)
    assert (compared.left, compared.gone) == ((found[2],), ()), "the source still says what a run refuted"


def test_the_file_does_not_depend_on_the_order(tmp_path: Path) -> None:
    several = [Entry("b.py", "r", "2"), Entry("a.py", "r", "3", 2), Entry("a.py", "q", "4", run=True)]
    assert render(several) == render(several[::-1])
    (tmp_path / "b.json").write_text(render(several))
    assert set(Baseline(str(tmp_path / "b.json")).entries.values()) == set(several)
    (tmp_path / "b.json").write_text(render([]))
    assert Baseline(str(tmp_path / "b.json")).entries == {}
    with pytest.raises(BaselineError, match="does not exist"):
        Baseline(str(tmp_path / "none.json"))
