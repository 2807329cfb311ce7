"""``tslint init`` on the command line: it shows, asks, writes, and finds nothing to do the second time."""

from __future__ import annotations

import errno
import json
import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import Outcome, environment, tslint

from tslint import setup
from tslint.setup import merging

FILES = {
    "vscode": [".vscode/tasks.json"],
    "github": [".github/tslint-matcher.json", ".github/workflows/tslint.yml"],
    "pre-commit": [".pre-commit-config.yaml"],
}
KINDS = pytest.mark.parametrize("kind", FILES)


def init(kind: str, *options: str, cwd: Path) -> Outcome:
    return tslint("init", kind, *options, cwd=cwd, stdin="")


def files(folder: Path) -> dict[str, bytes]:
    """Every file below FOLDER: one that is left over from writing another would be among them."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@KINDS
def test_a_second_time_changes_nothing(kind: str, tmp_path: Path) -> None:
    first = init(kind, "--yes", cwd=tmp_path)
    assert first.status == 0, first
    assert [line for line in first.out.splitlines() if line.startswith("wrote ")] == [f"wrote {n}" for n in FILES[kind]]
    written = files(tmp_path)
    assert sorted(written) == FILES[kind]
    second = init(kind, "--yes", cwd=tmp_path)
    assert (second.status, second.err) == (0, "")
    named = " and ".join(f"`{name}`" for name in FILES[kind])
    assert second.out == f"nothing to do: {named} {'has' if len(FILES[kind]) == 1 else 'have'} it all\n"
    assert files(tmp_path) == written


@KINDS
@pytest.mark.parametrize("option", ["--diff", "--dry-run"])
def test_a_diff_is_only_shown(kind: str, option: str, tmp_path: Path) -> None:
    outcome = init(kind, option, cwd=tmp_path)
    assert (outcome.status, outcome.err) == (1, "")
    shown = [line.removeprefix("+++ ") for line in outcome.out.splitlines() if line.startswith("+++ ")]
    assert shown == FILES[kind]
    assert files(tmp_path) == {}
    init(kind, "--yes", cwd=tmp_path)
    assert init(kind, option, cwd=tmp_path).status == 0


@KINDS
def test_what_is_shown_is_what_is_written(kind: str, tmp_path: Path) -> None:
    """The diff is one that Git applies."""
    shown, written = tmp_path / "shown", tmp_path / "written"
    existing = {".vscode/tasks.json": '{\n  "tasks": [] // none', ".pre-commit-config.yaml": "repos:\n- repo: a"}
    for folder in (shown, written):
        folder.mkdir()
        for name, text in existing.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text + "\n}" * name.endswith("json"), encoding="utf-8")
    diff = init(kind, "--diff", cwd=shown).out
    subprocess.run(["git", "apply", "-p0", "-"], input=diff, cwd=shown, check=True, text=True)
    init(kind, "--yes", cwd=written)
    assert files(shown) == files(written) != {}


@KINDS
def test_nothing_is_written_where_nobody_can_be_asked(kind: str, tmp_path: Path) -> None:
    outcome = init(kind, cwd=tmp_path)
    assert outcome.status == 1
    assert outcome.out.startswith("--- /dev/null\n+++ ")
    assert outcome.err.splitlines() == [
        "tslint: say --yes to write this where nobody can be asked",
        "tslint: nothing was written",
    ]
    assert files(tmp_path) == {}


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("YES\n", 0), ("n\n", 1), ("\n", 1), ("\x04", 1)])
def test_it_asks_at_a_terminal(answer: str, status: int, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "tslint", "init", "pre-commit"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdin=theirs, stdout=theirs, stderr=theirs
    ) as asked:
        os.close(theirs)
        seen = b""
        while b"[y/N] " not in seen:
            seen += os.read(ours, 1000)
        os.write(ours, answer.encode())
        try:
            while more := os.read(ours, 1000):
                seen += more
        except OSError as error:  # what Linux says at the end of a terminal
            assert error.errno == errno.EIO
    os.close(ours)
    assert asked.returncode == status, seen
    assert seen.index(b"+repos:") < seen.index(b"Write this? [y/N] ")
    assert sorted(files(tmp_path)) == ([".pre-commit-config.yaml"] if status == 0 else [])


def test_what_is_there_is_added_to(tmp_path: Path) -> None:
    path = tmp_path / ".pre-commit-config.yaml"
    path.write_text("repos:  # all\n- repo: local\n  hooks: []\n", encoding="utf-8")
    path.chmod(0o640)
    outcome = init("pre-commit", "--yes", cwd=tmp_path)
    assert outcome.status == 0, outcome
    assert outcome.out == (
        "--- .pre-commit-config.yaml\n+++ .pre-commit-config.yaml\n@@ -1,3 +1,7 @@\n repos:  # all\n"
        " - repo: local\n   hooks: []\n"
        "+- repo: https://github.com/tslint/tslint\n+  rev: v0.1.0\n+  hooks:\n+    - id: tslint\n"
        "added to .pre-commit-config.yaml\n`pre-commit install` lets Git run it\n"
    )
    assert path.read_text(encoding="utf-8").startswith("repos:  # all\n- repo: local\n  hooks: []\n- repo: https:")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


REFUSED = {
    "pre-commit": (
        ".pre-commit-config.yaml",
        "repos: [{repo: local, hooks: []}]\n",
        "its `repos` is not a list of one item a line",
        "pre-commit.yaml",
    ),
    "vscode": (".vscode/tasks.json", '{"tasks": 3}', "its `tasks` is not a list", "tasks.json"),
    "github": (".github/workflows/tslint.yml", "on: push\n", "it has no `jobs`", "workflow.yml"),
}


@KINDS
def test_a_file_that_cannot_be_added_to_is_left_and_what_it_lacks_is_said(kind: str, tmp_path: Path) -> None:
    name, text, reason, template = REFUSED[kind]
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    before = files(tmp_path)
    outcome = init(kind, "--yes", cwd=tmp_path)
    assert (outcome.status, outcome.out) == (2, "")
    sentence, _, rest = outcome.err.partition("\n\n")
    assert sentence == f"tslint: error: `{name}` is left as it is, since {reason}; add by hand what it lacks of this:"
    assert rest == merging.template(template)
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: path.write_bytes(b"repos:\xff\n"), "is left as it is, since it is not UTF-8; add by hand"),
        (lambda path: path.mkdir(), "is not a file"),
        (lambda path: (path.write_text("repos: []\n"), path.chmod(0o444)), "is read-only, so it was not written"),
    ],
    ids=["not text", "a directory", "read-only"],
)  # fmt: skip
def test_what_cannot_be_read_or_written_is_one_sentence(make: object, said: str, tmp_path: Path) -> None:
    path = tmp_path / ".pre-commit-config.yaml"
    make(path)  # type: ignore[operator]
    before = files(tmp_path)
    outcome = init("pre-commit", "--yes", cwd=tmp_path)
    assert outcome.status == 2, outcome
    assert outcome.err.startswith(f"tslint: error: `.pre-commit-config.yaml` {said}")
    assert files(tmp_path) == before


def test_a_file_in_the_place_of_a_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".vscode").write_text("", encoding="utf-8")
    outcome = init("vscode", "--yes", cwd=tmp_path)
    assert outcome.status == 2
    assert outcome.err.startswith("tslint: error: `.vscode/tasks.json` cannot be ")
    assert outcome.err.count("\n") == 1


def test_a_file_that_changed_since_it_was_shown_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / ".pre-commit-config.yaml"
    path.write_text("repos: []\n", encoding="utf-8")
    (change,) = setup.planned("pre-commit", tmp_path)
    path.write_text("repos: []  # mine\n", encoding="utf-8")
    with pytest.raises(
        setup.Refused, match=r"^`\.pre-commit-config\.yaml` has changed meanwhile, so it was not written$"
    ):
        setup.write(change)
    assert path.read_text(encoding="utf-8") == "repos: []  # mine\n"


def test_a_symbolic_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "shared.yaml").write_text("repos: []\n", encoding="utf-8")
    (tmp_path / ".pre-commit-config.yaml").symlink_to("shared.yaml")
    assert init("pre-commit", "--yes", cwd=tmp_path).status == 0
    assert (tmp_path / ".pre-commit-config.yaml").is_symlink()
    assert "id: tslint" in (tmp_path / "shared.yaml").read_text(encoding="utf-8")


def test_hooks_and_workflows_stand_in_the_root_of_the_repository_and_tasks_where_one_works(tmp_path: Path) -> None:
    below = tmp_path / "nets" / "small"
    below.mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    for kind in FILES:
        assert init(kind, "--yes", cwd=below).status == 0
    tasks = ["nets/small/.vscode/tasks.json"]
    assert sorted(files(tmp_path)) == sorted([*FILES["github"], *FILES["pre-commit"], *tasks])
    assert "+++ ../../.pre-commit-config.yaml" in _again(tmp_path, below)


def _again(root: Path, below: Path) -> str:
    (root / ".pre-commit-config.yaml").unlink()
    return init("pre-commit", "--diff", cwd=below).out


def test_a_workflow_may_be_called_yaml(tmp_path: Path) -> None:
    path = tmp_path / ".github" / "workflows" / "tslint.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("on: push\njobs:\n  a:\n    steps: []\n", encoding="utf-8")
    assert init("github", "--yes", cwd=tmp_path).status == 0
    assert sorted(files(tmp_path)) == [".github/tslint-matcher.json", ".github/workflows/tslint.yaml"]


def test_wrong_usage_is_one_sentence(tmp_path: Path) -> None:
    for arguments, said in [
        (["vscod"], "there is nothing to set up for `vscod`; did you mean `vscode`?"),
        (["emacs"], "there is nothing to set up for `emacs`; there is for `vscode`, `github`, `pre-commit`"),
        (["vscode", "--yes", "--diff"], "--yes and --diff contradict each other"),
    ]:
        outcome = tslint("init", *arguments, cwd=tmp_path)
        assert (outcome.status, outcome.out, outcome.err) == (2, "", f"tslint: error: {said}\n")
    assert tslint("init", cwd=tmp_path).status == 2
    assert files(tmp_path) == {}


def test_the_options_of_the_tasks_are_tslints_own(tmp_path: Path) -> None:
    """Both commands run as they are written, but for the file that VS Code fills in, and the watching."""
    init("vscode", "--yes", cwd=tmp_path)
    (tmp_path / "a b.py").write_text("x = 1\n", encoding="utf-8")
    for task in json.loads((tmp_path / ".vscode" / "tasks.json").read_text(encoding="utf-8"))["tasks"]:
        words = [word if isinstance(word, str) else word["value"] for word in task["args"] if word != "--watch"]
        outcome = tslint(*[word.replace("${file}", str(tmp_path / "a b.py")) for word in words], cwd=tmp_path)
        assert outcome.status == 0, outcome
