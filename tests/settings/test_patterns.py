"""Patterns of paths: what Ruff's match, held against Ruff; what a ``.gitignore`` may hold, held against pathspec."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pathspec import GitIgnoreSpec

from tslint.settings.patterns import Glob, PatternError, PerFile, check_excluding, expression

FILES = (
    "a.py",
    "b.py",
    "test_a.py",
    "x[1].py",
    "tests/a.py",
    "tests/deep/er/a.py",
    "src/tests/b.py",
    "src/pkg/__init__.py",
    "src/pkg/c.py",
    "src/pkg-2/c.py",
)
PATTERNS = (
    "a.py",
    "tests/*",
    "tests/*.py",
    "tests/**",
    "tests/**/*.py",
    "**/tests/*",
    "**/tests/**",
    "*/tests/*",
    "src/**.py",
    "src/**/c.py",
    "src/*/c.py",
    "./tests/*",
    "../project/a.py",
    "tests",
    "tests/",
    "*",
    "?.py",
    "[ab].py",
    "[!a].py",
    "[a-b].py",
    "[^b].py",
    "x[[]1].py",
    "x\\[1\\].py",
    "{a,b}.py",
    "src/{pkg,pkg-2}/c.py",
    "src/{pkg,{x,pkg-2}}/*.py",
    "a,b.py",
    "**",
    "**/a.py",
    "!a.py",
    "!tests/*",
    "!src/**.py",
    "test_*",
    "__init__.py",
)
FAULTY = {
    "a[.py": "does not close its `[`",
    "a[]": "does not close its `[`",
    "[b-a].py": "has a range from `b` back to `a`",
    "{a.py": "does not close its `{`",
    "a}.py": "closes a `{` that it does not open",
    "a\\": "ends in a single backslash",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ruff") / "project"
    for name in FILES:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("import os\n")
    return folder


def ruff(project: Path, pattern: str) -> subprocess.CompletedProcess[str]:
    (project / "ruff.toml").write_text(
        f"lint.select = ['F401']\n[lint.per-file-ignores]\n{json.dumps(pattern)} = ['F401']\n"
    )
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format", "json", "."]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_pattern_matches_what_it_matches_in_ruff(project: Path, pattern: str) -> None:
    reported = {
        Path(item["filename"]).relative_to(project).as_posix() for item in json.loads(ruff(project, pattern).stdout)
    }
    one = PerFile(Glob(pattern, project), ("trace",))
    assert {name for name in FILES if not one.holds(project / name, project)} == reported


@pytest.mark.parametrize("pattern", FAULTY)
def test_a_pattern_that_ruff_refuses_is_refused(project: Path, pattern: str) -> None:
    with pytest.raises(PatternError, match=f"^{re.escape(FAULTY[pattern])}$"):
        expression(pattern)
    assert ruff(project, pattern).returncode == 2


def test_a_folder_with_signs_in_its_name_is_itself() -> None:
    folder = Path("/home/[me]/a{b}/c*")
    one = PerFile(Glob("tests/*", folder), ())
    assert one.holds(folder / "tests/a.py", folder)
    assert not one.holds(Path("/home/m/ab/cc/tests/a.py"), folder)
    assert PerFile("tests/*", ()).holds(folder / "tests/a.py", folder), "from the root, where nothing else is known"


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("!", "names nothing"),
        ("/", "names nothing"),
        ("", "names nothing"),
        ("#a", "is a comment"),
        ("a\\", "ends in a single backslash"),
        ("a[", "does not close its `["),
        ("[z-a]", "has a range from `z` back to `a`"),
    ],
)
def test_what_git_takes_no_notice_of_is_refused(pattern: str, what: str) -> None:
    with pytest.raises(PatternError, match=re.escape(what)):
        check_excluding(pattern)
    try:
        found = GitIgnoreSpec.from_lines([pattern]).patterns
    except (ValueError, re.error):
        return
    assert not any(each.include for each in found) or pattern == "/"


@pytest.mark.parametrize(
    "pattern", ["a", "/a/", "*.py", "!a", "**/a", "a/**", "[ab]", "[!a]", "[a-z]", "\\#a", "\\!a", "a b"]
)
def test_what_pathspec_reads_is_accepted(pattern: str) -> None:
    check_excluding(pattern)
    assert [each.include for each in GitIgnoreSpec.from_lines([pattern]).patterns] == [not pattern.startswith("!")]
