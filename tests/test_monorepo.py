"""The configuration end to end: a repository with several, checked from its root and from below."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from commandline import ROOT, Outcome, tslint

from tslint.api import check_paths
from tslint.settings import Settings, load

MODEL = """\
import math

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        y = self.conv(x) / math.sqrt(x.size(2))
        return {"out": y}


model = Net()
traced = torch.jit.trace(model, torch.rand(1, 3, 16, 16))
"""
ALL = ["dict-output", "math-on-size", "missing-eval"]


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three configurations: that of the root, one that extends it, and one of its own."""
    monkeypatch.chdir(tmp_path)
    for name in ("net.py", "a/net.py", "a/tests/net.py", "b/net.py", "b/gen/net.py", "b/src/net.py"):
        write(tmp_path / name, MODEL)
    write(
        tmp_path / "pyproject.toml",
        """
        [tool.tslint]
        ignore = ["math-on-size"]
        output-format = "concise"
        no-cache = true
        """,
    )
    write(
        tmp_path / "a/tslint.toml",
        """
        extend = "../pyproject.toml"
        ignore = ["missing-eval"]
        output-format = "full"

        [per-file-ignores]
        "tests/*" = ["trace"]
        """,
    )
    write(
        tmp_path / "b/pyproject.toml",
        """
        [tool.tslint]
        select = ["trace", "mode"]
        exclude = ["gen/"]

        [tool.tslint.severity]
        mode = "off"
        math-on-size = "warning"

        [tool.tslint.per-file-ignores]
        "!src/**.py" = ["dict-output"]
        """,
    )
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def found(*targets: str, **given: object) -> dict[str, list[str]]:
    report = check_paths(targets, load(targets, None, {"static": True, **given}))
    assert report.errors == ()
    result: dict[str, list[str]] = {}
    for diagnostic in report.diagnostics:
        assert diagnostic.path is not None
        result.setdefault(Path(diagnostic.path).relative_to(Path.cwd()).as_posix(), []).append(diagnostic.rule)
    return {path: sorted(rules) for path, rules in result.items()}


def test_each_file_has_the_nearest(repo: Path) -> None:
    expected = {
        "net.py": ["dict-output", "missing-eval"],
        "a/net.py": ["dict-output"],
        "b/net.py": ["math-on-size"],
        "b/src/net.py": ["dict-output", "math-on-size"],
    }
    assert found() == expected
    assert found("net.py", "a", "b") == expected
    below = {path: rules for path, rules in expected.items() if path.startswith("b/")}
    assert found("b") == found("b/net.py", "b/src/net.py") == below, "from wherever it is asked"


def test_what_is_named_is_checked_with_its_own(repo: Path) -> None:
    assert found("b/gen/net.py") == {"b/gen/net.py": ["math-on-size"]}
    assert found("b/gen/net.py", "a/tests/net.py", force_exclude=True) == {}
    assert found("b/gen") == {"b/gen/net.py": ["math-on-size"]}


def test_the_command_line_wins(repo: Path) -> None:
    assert found(select=["mode"]) == {
        "net.py": ["missing-eval"],
        "a/net.py": ["missing-eval"],
        "a/tests/net.py": ["missing-eval"],
        "b/net.py": ["missing-eval"],
        "b/src/net.py": ["missing-eval"],
    }
    assert found("b", exclude=["src"], extend_per_file_ignores=["b/gen/*:trace"]) == {"b/net.py": ["math-on-size"]}
    assert found("b", extend_exclude=["src"]) == {"b/net.py": ["math-on-size"]}


def test_one_configuration_for_all(repo: Path) -> None:
    given = {"static": True, "config": "b/pyproject.toml", "no_cache": True}
    report = check_paths(["."], load(["."], "b/pyproject.toml", given))
    assert {d.rule for d in report.diagnostics} == {"math-on-size", "dict-output"}
    assert len({d.path for d in report.diagnostics}) == 5


def test_made_by_hand_the_settings_hold_for_all(repo: Path) -> None:
    report = check_paths(["."], Settings(static=True, no_cache=True))
    assert sorted({d.rule for d in report.diagnostics}) == ALL
    assert len(report.diagnostics) == 18


def test_severities_are_those_of_the_nearest(repo: Path) -> None:
    report = check_paths(["."], load(["."], None, {"static": True}))
    severities = {(Path(d.path or "").parent.name, d.rule): d.severity.value for d in report.diagnostics}
    assert severities[(repo.name, "dict-output")] == severities[("src", "dict-output")] == "error"
    assert severities[("b", "math-on-size")] == severities[("src", "math-on-size")] == "warning"
    assert (report.summary.error, report.summary.warning) == (4, 2)


def test_the_exit_status_follows_the_severities(repo: Path) -> None:
    outcome = check(repo, "b/net.py")
    assert outcome.status == 1 and "warning[math-on-size]" in outcome.out
    assert check(repo, "b/net.py", "--fail-on", "error").status == 0
    write(repo / "b/tslint.toml", 'select = ["math-on-size"]\n[severity]\ntrace = "info"')
    assert check(repo, "b/net.py").status == 0
    assert "info[math-on-size]" in check(repo, "b/net.py", "--show-info").out


def check(repo: Path, *arguments: str) -> Outcome:
    return tslint("check", "--static", "--no-cache", "--output-format", "concise", *arguments, cwd=repo)


def test_a_severity_never_hides_what_could_not_be_checked(repo: Path) -> None:
    write(repo / "b/tslint.toml", '[severity]\ntslint = "off"')
    write(repo / "b/broken.py", "import torch\ndef (")
    outcome = check(repo, "b")
    assert outcome.status == 2 and "error[syntax-error]" in outcome.out


def test_a_broken_configuration_is_an_error_and_the_others_are_checked(repo: Path) -> None:
    write(repo / "b/tslint.toml", "selct = []")
    write(repo / "b/gen/tslint.toml", "select = ['coreml']")
    for targets in ((".",), ("net.py", "a/net.py", "b/net.py")):
        outcome = check(repo, *targets)
        assert outcome.status == 2
        assert outcome.out.count("unknown key `selct` in b/tslint.toml; did you mean `select`?") == 1
        assert [line.split(":")[0] for line in outcome.out.splitlines() if "[dict-output]" in line] == [
            "a/net.py",
            "net.py",
        ]
        assert not any(line.startswith("b/") for line in outcome.out.splitlines())
    alone = check(repo, "b/net.py")
    assert (alone.status, alone.out) == (2, "")
    assert alone.err == "tslint: error: unknown key `selct` in b/tslint.toml; did you mean `select`?\n"


def test_the_cache_stands_beside_each_configuration(repo: Path) -> None:
    for folder, text in (("", 'output-format = "concise"'), ("a", ""), ("b", "")):
        write(repo / folder / "tslint.toml", text)
    tslint("check", "--static", ".", cwd=repo)
    assert all((repo / folder / ".tslint_cache").is_dir() for folder in ("", "a", "b"))
    assert not (repo / "b/src/.tslint_cache").exists()


def test_imports_are_followed_below_the_project(repo: Path) -> None:
    """The root's library is known to a configuration that extends the root's, and not to one that stands alone."""
    net = "import torch\n\n\nclass {}(torch.nn.Module):\n    def forward(self, x):\n        return {}\n"
    write(repo / "library.py", net.format("Part", '{"out": x}'))
    part = net.format("Net", "self.part(x)").replace("import torch\n", "import torch\nfrom library import Part\n")
    part = part.replace(
        "    def forward",
        "    def __init__(self):\n        super().__init__()\n        self.part = Part()\n\n    def forward",
    )
    write(repo / "a/user.py", part)
    write(repo / "b/src/user.py", part)
    assert found("a/user.py", "b/src/user.py") == {"a/user.py": ["dict-output"]}
    assert found("a", "b")["a/user.py"] == ["dict-output"]
    assert found("a/user.py") == {"a/user.py": ["dict-output"]}


SCALED = """\
import torch


class Net(torch.nn.Module):
    def __init__(self, scale):
        super().__init__()
        self.scale = scale

    def forward(self, x):
        return x * self.scale
"""


@pytest.mark.torch
def test_each_model_is_run_as_the_nearest_configuration_says(tmp_path: Path) -> None:
    """Its model where that has one, else the run's; and the run's own options are its own."""
    for name in ("a/net.py", "b/net.py"):
        write(tmp_path / name, SCALED)
    table = '[[models]]\ntarget = "{}"\nmodel = "Net({})"\ninputs = ["1,{}"]\n'
    write(
        tmp_path / "tslint.toml", f"no-cache = true\n{table.format('a/net.py', 2, 3)}{table.format('b/net.py', 2, 4)}"
    )
    write(tmp_path / "a/tslint.toml", 'no-convert = true\noutput-format = "concise"')
    write(tmp_path / "b/tslint.toml", f'no-convert = true\nroute = ["script"]\n{table.format("net.py", 7, 5)}')
    outcome = tslint("check", "--output-format", "json", cwd=tmp_path)
    assert outcome.status == 0, outcome
    ran = {run["target"]: run for run in outcome.report["runs"]}
    assert list(ran) == ["a/net.py", "b/net.py"]
    assert ["Net(2)" in ran["a/net.py"]["command"], "Net(7)" in ran["b/net.py"]["command"]] == [True, True]
    assert [ran[name]["inputs"][0]["shapes"] for name in ran] == ["float32[1,3]", "float32[1,5]"]
    assert all(
        "convert" not in {step["name"] for step in run["steps"] if step["status"] == "ok"} for run in ran.values()
    )


# -- what is shown -----------------------------------------------------------------------------------------------------


def test_the_files_that_would_be_checked(repo: Path) -> None:
    outcome = tslint("check", "--show-files", cwd=repo)
    names = ["a/net.py", "a/tests/net.py", "b/net.py", "b/src/net.py", "net.py"]
    assert (outcome.status, outcome.err) == (0, "")
    assert outcome.out.splitlines() == [str(repo / name) for name in names]
    outcome = tslint("check", "--show-files", "b/gen/net.py", "b", "b", "--exclude", "src/", cwd=repo)
    assert outcome.out.splitlines() == [str(repo / "b/gen/net.py"), str(repo / "b/net.py")]
    outcome = tslint("check", "--show-files", "--force-exclude", "b/gen/net.py", "net.py", cwd=repo)
    assert outcome.out.splitlines() == [str(repo / "net.py")]
    outcome = tslint("check", "--show-files", "none.py", "net.py", cwd=repo)
    assert (outcome.status, outcome.out) == (2, f"{repo / 'net.py'}\n")
    assert outcome.err == "tslint: error: none.py: no such file or directory\n"


def test_what_git_ignores_is_checked_where_that_is_asked_for(repo: Path) -> None:
    write(repo / ".gitignore", "b/\n")
    (repo / ".git").mkdir()
    assert len(tslint("check", "--show-files", cwd=repo).out.splitlines()) == 3
    assert len(tslint("check", "--show-files", "--no-respect-gitignore", cwd=repo).out.splitlines()) == 5
    text = (repo / "pyproject.toml").read_text()
    write(repo / "pyproject.toml", f"{text}\n        respect-gitignore = false\n")
    assert len(tslint("check", "--show-files", cwd=repo).out.splitlines()) == 5
    assert len(tslint("check", "--show-files", "--respect-gitignore", cwd=repo).out.splitlines()) == 3


def test_nothing_is_left_by_force(repo: Path) -> None:
    outcome = check(repo, "--force-exclude", "b/gen/net.py", "b/gen", "--output-format", "json")
    assert (outcome.status, outcome.report["notes"]) == (
        0,
        ["nothing is checked: what was named is excluded, and `force-exclude` is set"],
    )


def test_the_settings_of_each_file_with_their_origins(repo: Path) -> None:
    outcome = tslint("check", "--show-settings", "--static", "--timeout", "9", cwd=repo)
    assert (outcome.status, outcome.err) == (0, "")
    whole, *parts = outcome.out.split("\n\n")
    assert rows(whole)["static"] == ("true", "command line")
    assert rows(whole)["timeout"] == ("9.0", "command line")
    assert rows(whole)["output-format"] == ('"concise"', "pyproject.toml")
    assert rows(whole)["fail-on"] == ('"warning"', "default")
    assert [part.splitlines()[0] for part in (whole, *parts)] == [
        "# the whole run: pyproject.toml",
        "# 2 files, such as a/net.py: a/tslint.toml",
        "# 2 files, such as b/net.py: b/pyproject.toml",
        "# net.py: pyproject.toml",
    ]
    a, b, root = map(rows, parts)
    assert a["ignore"] == ('["math-on-size", "missing-eval"]', "pyproject.toml, a/tslint.toml")
    assert a["per-file-ignores"] == ('{"tests/*" = ["trace"]}', "a/tslint.toml")
    assert b["severity"] == ('{mode = "off", math-on-size = "warning"}', "b/pyproject.toml")
    assert b["per-file-ignores"] == ('{"!src/**.py" = ["dict-output"]}', "b/pyproject.toml")
    assert root["ignore"] == ('["math-on-size"]', "pyproject.toml")
    assert root["models"] == ("[]", "default")
    assert "# python is not set" in parts[0]


def rows(text: str) -> dict[str, tuple[str, str]]:
    """Key → (value, origin); fails where a section is no TOML of every option that it names."""
    import sys

    if sys.version_info >= (3, 11):
        import tomllib

        tomllib.loads(text)
    found = {}
    for line in text.splitlines()[1:]:
        said, _, origin = line.rpartition("  # ")
        key, _, value = said.partition(" = ")
        found[key.strip()] = (value.strip(), origin)
    return found


def test_every_option_is_shown_once(repo: Path) -> None:
    from tslint.settings import OPTIONS, key_of

    text = tslint("check", "--show-settings", "net.py", cwd=repo).out
    shown = [line.removeprefix("# ").split(" ")[0] for line in text.splitlines() if line and "  # " in line]
    assert sorted(shown) == sorted([*map(key_of, OPTIONS), "models"])


def test_the_hook_leaves_out_what_is_excluded(repo: Path) -> None:
    """pre-commit names every file that changed."""
    entry, _ = re.findall(r"^  entry: tslint (.+)$", (ROOT / ".pre-commit-hooks.yaml").read_text(), re.MULTILINE)
    outcome = tslint(*entry.split(), "b/gen/net.py", "b/net.py", cwd=repo)
    assert [line.split(":")[0] for line in outcome.out.splitlines() if "[" in line] == ["b/net.py"]
