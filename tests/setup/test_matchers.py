"""The problem matchers of ``tslint init`` read what ``concise`` prints, in the engine that VS Code has."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from cases import CASES
from commandline import EXAMPLES, counted, tslint
from javascript import matches
from test_watch import NET, watching

from tslint import setup
from tslint.diagnostic import Basis, Severity
from tslint.report import Options, render
from tslint.report.content import one_line


def written(kind: str, name: str, folder: Path) -> Any:
    (content,) = [change.new for change in setup.planned(kind, folder) if change.name == name]
    return json.loads(content)


@pytest.fixture(scope="module")
def matchers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Each matcher that is written, into an empty directory, by its task or its service."""
    empty = tmp_path_factory.mktemp("empty")
    tasks = written("vscode", ".vscode/tasks.json", empty)["tasks"]
    found = {task["label"]: task["problemMatcher"] for task in tasks}
    (found["github"],) = written("github", ".github/tslint-matcher.json", empty)["problemMatcher"]
    assert set(found) == {"tslint: check", "tslint: watch", "github"}
    return found


def pattern(matcher: dict[str, Any]) -> dict[str, Any]:
    found = matcher["pattern"]
    return dict(found[0] if isinstance(found, list) else found)


def read(matcher: dict[str, Any], lines: list[str]) -> list[dict[str, str | None]]:
    """The problems that MATCHER finds in LINES, by the names of its groups."""
    groups = pattern(matcher)
    expression = groups.pop("regexp")
    return [{name: found[at] for name, at in groups.items()} for found in matches(expression, lines) if found]


MATCHERS = pytest.mark.parametrize("name", ["tslint: check", "tslint: watch", "github"])


def test_they_have_an_owner_of_their_own(matchers: dict[str, dict[str, Any]]) -> None:
    """Another tool has long been called tslint, and VS Code forgets an owner's problems with every run of a task."""
    assert {matcher["owner"] for matcher in matchers.values()} == {"tslint-torch"}


def problem(diagnostic: dict[str, Any], path: str) -> dict[str, str]:
    return {
        "file": path,
        "line": str(diagnostic["line"]),
        "column": str(diagnostic["column"]),
        "severity": diagnostic["severity"],
        "code": diagnostic["rule"],
        "message": diagnostic["message"],
    }


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[list[str], list[dict[str, Any]]]]:
    """For each example what ``concise`` prints of it, and what that says according to ``json``."""
    found = {}
    folder = tmp_path_factory.mktemp("a folder")
    for name in ("segmentation.py", "segmentation.ipynb"):
        (folder / name).write_bytes((EXAMPLES / name).read_bytes())
        lines = tslint("check", "--static", "--output-format", "concise", name, cwd=folder).out.splitlines()
        report = tslint("check", "--static", "--output-format", "json", name, cwd=folder).report
        found[name] = (lines, counted(report))
    return found


@MATCHERS
@pytest.mark.parametrize("example", ["segmentation.py", "segmentation.ipynb"])
def test_they_read_every_problem_of_the_examples(
    name: str, example: str, matchers: dict[str, dict[str, Any]], printed: dict[str, Any]
) -> None:
    lines, diagnostics = printed[example]
    assert len(diagnostics) >= 3
    assert read(matchers[name], lines) == [problem(diagnostic, example) for diagnostic in diagnostics]


def test_a_notebook_is_the_file_and_its_cell_is_not_a_part_of_the_path(printed: dict[str, Any]) -> None:
    """So that the notebook opens; the test above says that ``file`` is without what this one finds."""
    lines, diagnostics = printed["segmentation.ipynb"]
    for line, diagnostic in zip(lines, diagnostics, strict=False):
        assert line.startswith(f"segmentation.ipynb:cell {diagnostic['cell']}:{diagnostic['line']}:")


@MATCHERS
@pytest.mark.parametrize("case", sorted(CASES))
def test_they_read_hostile_paths_and_messages(name: str, case: str, matchers: dict[str, dict[str, Any]]) -> None:
    """The reports of the golden files, among which are paths with colons and brackets, and messages that look like commands."""
    report = CASES[case]()
    lines = render(report, "concise", Options()).splitlines()
    wanted = [
        (
            Path(str(each.path)).relative_to("/project").as_posix(),
            str(each.span.line),
            each.rule,
            one_line(each.message),
        )
        for each in report.diagnostics
        if each.span is not None and each.severity is not Severity.INFO and each.basis is not Basis.REFUTED
    ]
    found = [each for each in read(matchers[name], lines) if each["line"] is not None]
    assert [(each["file"], each["line"], each["code"], each["message"]) for each in found] == wanted


def test_github_has_problems_without_a_line_too(matchers: dict[str, dict[str, Any]]) -> None:
    lines = render(CASES["placeless"](), "concise", Options()).splitlines()
    without, of_file = read(matchers["github"], lines)
    assert (of_file["file"], of_file["line"], of_file["code"]) == ("segmentation.py", None, "unreadable-file")
    assert (without["severity"], without["code"]) == ("error", "environment")
    assert read(matchers["tslint: check"], lines) == []


@MATCHERS
def test_they_leave_other_lines_alone(name: str, matchers: dict[str, dict[str, Any]]) -> None:
    lines = [
        "Found 2 errors, 0 warnings (1 refuted, 3 info hidden). [*] 1 fixable with --fix.",
        "model.py:3:1: E501 Line too long (130 > 120)",
        "model.py:3: error: Missing return statement  [return]",
        "model.py:3:5: error: Missing return statement  [return]",
        "tslint: error: net.py cannot be read",
        "tslint: note: model.py:3:5: was not run",
        "routes    trace  ✗ dict-output     wrapped trace  ✓ converts",
        "",
    ]
    assert read(matchers[name], lines) == []


@MATCHERS
def test_they_read_windows_paths_and_leave_out_the_mark_of_a_fix(
    name: str, matchers: dict[str, dict[str, Any]]
) -> None:
    line = r"C:\models\net.py:7:16: error[math-on-size] [*] `math.sqrt` of a size: x.py:3:4: error[a] 14.97"
    (found,) = read(matchers[name], [line])
    assert found == {
        "file": r"C:\models\net.py",
        "line": "7",
        "column": "16",
        "severity": "error",
        "code": "math-on-size",
        "message": "`math.sqrt` of a size: x.py:3:4: error[a] 14.97",
    }


def test_a_round_of_watch_begins_and_ends_where_the_task_waits_for_it(
    tmp_path: Path, matchers: dict[str, dict[str, Any]]
) -> None:
    (tmp_path / "net.py").write_text(NET, encoding="utf-8")
    with watching(tmp_path, "--static", ".") as process:
        stream = process.process.stdout
        assert stream is not None
        lines: list[str] = []
        while not lines or "watching for changes" not in lines[-1]:
            lines.append(next(stream).rstrip("\n"))
    background = matchers["tslint: watch"]["background"]
    begins, ends = (
        [at for at, match in enumerate(matches(background[key], lines)) if match]
        for key in ("beginsPattern", "endsPattern")
    )
    assert (begins, ends) == ([0], [len(lines) - 1])
    problems = read(matchers["tslint: watch"], lines)
    assert len(problems) == len(lines) - 2 > 0
    assert not re.search("watching", str(problems))
