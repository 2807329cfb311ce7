"""YAML keeps all that stands in it; what is added is read back by PyYAML."""

from __future__ import annotations

import random
from typing import Any

import pytest
import yaml

from tslint.setup import merging
from tslint.setup.refusal import Refusal

HOOK = yaml.safe_load(merging.template("pre-commit.yaml"))["repos"]
JOB = yaml.safe_load(merging.template("workflow.yml"))["jobs"]

CONFIGS = {
    "as pre-commit writes it": """\
# See https://pre-commit.com for more information
# See https://pre-commit.com/hooks.html for more hooks
repos:
-   repo: https://github.com/pre-commit/pre-commit-hooks
    rev: v3.2.0
    hooks:
    -   id: trailing-whitespace
    -   id: end-of-file-fixer
""",
    "indented": (
        "repos:\n  - repo: https://example.org/a\n    rev: v1  # pinned\n    hooks:\n      - id: a\n"
        "        args: [--x]\n"
    ),
    "a key behind": (
        "repos:\n  - repo: a\n    rev: b\n    hooks: [{id: c}]\n\n# what runs where\nci:\n  autofix: false\n"
    ),
    "a key behind what is not indented": "repos:\n- repo: a\n  rev: b\n  hooks: []\n# about ci\nci: {}\n",
    "keys before": (
        "---\ndefault_stages: [pre-commit]\nfail_fast: true\nexclude: |\n  (?x)^(\n      a|\n      b\n"
        "  )$\nrepos: # all\n    - repo: a\n"
    ),
    "comments at the end": (
        "repos:\n  - repo: a\n    hooks:\n      - id: b\n      # - id: c\n  # - repo: d\n\n# the end\n"
    ),
    "no end of the last line": "repos:\n- repo: a",
    "no repos": "fail_fast: true\n",
    "no repos, no end of the last line": "fail_fast: true",
    "empty repos": "repos: []\nci:\n  skip: []\n",
    "nothing below repos": "repos:\n\nci: {}\n",
    "comments alone": "# to come\n",
    "comments alone, no end of the last line": "# to come",
    "quoted": "'repos':\n- repo: a\n\"ci\": {}\n",
    "Windows": "repos:\r\n- repo: a\r\n  hooks: []\r\nci: {}\r\n",
    "a mark of its encoding": "\ufeffrepos:\n- repo: a\n",
    "another tool of that name": (
        "repos:\n- repo: https://github.com/someone/pre-commit-tslint\n  rev: v1\n  hooks:\n  - id: tslint\n"
    ),
    "another hook of ours": (
        "repos:\n- repo: https://github.com/tslint/tslint\n  rev: v1\n  hooks:\n  - id: tslint-run\n"
    ),
    "the hook in a comment": (
        "repos:\n- repo: https://github.com/tslint/tslint\n  rev: v1\n  hooks:\n  - id: tslint-run\n  # - id: tslint\n"
    ),
    "a text at the end": (
        "repos:\n- repo: local\n  hooks:\n  - id: x\n    description: |+\n      first\n      # no comment\n\n\nci: {}\n"
    ),
}


@pytest.mark.parametrize("text", CONFIGS.values(), ids=CONFIGS)
def test_the_hook_is_added_and_nothing_else_changes(text: str) -> None:
    before, new = yaml.safe_load(text) or {}, merging.pre_commit(text)
    assert yaml.safe_load(new) == {**before, "repos": [*(before.get("repos") or []), *HOOK]}
    lines = new.splitlines()
    for line in text.splitlines():
        assert line.replace(" []" if line == "repos: []" else "\0", "") in lines
    if "\r\n" in text:
        assert new.count("\n") == new.count("\r\n")


@pytest.mark.parametrize("text", CONFIGS.values(), ids=CONFIGS)
def test_adding_it_again_changes_nothing(text: str) -> None:
    once = merging.pre_commit(text)
    assert once != text
    assert merging.pre_commit(once) == once


def test_it_is_laid_out_as_what_is_there() -> None:
    text = CONFIGS["a key behind what is not indented"]
    own = "- repo: https://github.com/tslint/tslint\n  rev: v0.1.0\n  hooks:\n    - id: tslint\n"
    assert merging.pre_commit(text) == text.replace("# about", own + "# about")


@pytest.mark.parametrize(
    "text",
    [
        "repos: [{repo: 'https://github.com/tslint/tslint', rev: v1, hooks: [{id: tslint}]}]\n",
        "repos:\n- repo: 'https://github.com/tslint/tslint.git'\n  rev: main\n  hooks:\n  - id: \"tslint\"  # ours\n",
        "repos:\n- repo: local\n  hooks:\n  - {id: tslint, entry: tslint check --static, language: system}\n",
        "repos:\n- repo: git@github.com:tslint/tslint\n  hooks:\n  - args: []\n    id: tslint\n",
    ],
)
def test_a_hook_that_is_there_is_enough(text: str) -> None:
    assert merging.pre_commit(text) == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("  - repo: a\n", "its outermost level is not a mapping of one key a line"),
        (" fail_fast: true\n", "its outermost level is not a mapping of one key a line"),
        ("- repo: a\n", "its outermost level is not a mapping of one key a line"),
        ("repos: [{repo: a}]\n", "its `repos` is not a list of one item a line"),
        ("repos: &all\n- repo: a\n", "its `repos` is not a list of one item a line"),
        ("repos:\n  [{repo: a}]\n", "its `repos` is not a list of one item a line"),
        ("repos:\n  a: b\n", "its `repos` is not a list of one item a line"),
        ("repos: []\nrepos:\n- repo: a\n", "it has `repos` more than once"),
        ("{repos: []}\n", "its outermost level is not a mapping of one key a line"),
        ("repos:\n\t- repo: a\n", "it is indented with tabs"),
        ("repos:\n- repo: a\n---\nrepos:\n- repo: b\n", "it holds more than one document"),
        ("%YAML 1.2\n---\nrepos:\n- repo: a\n", "its outermost level is not a mapping of one key a line"),
    ],
)
def test_another_layout_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Refusal) as refusal:
        merging.pre_commit(text)
    assert str(refusal.value) == reason


LINES = [
    "  # c", "# c", "", "    - x", "  - x", "- x", "a: b", "  a: b", "    a: |", "      text", "  >-", "  'q", "   q'",
    "---", "...", "? a", "&x", "  *x", "a: &y b", "\tz", "  - |+", "  - - a", "  -", "  a:", "jobs:", "repos:", "x: {",
    "}", "  ? k",
    "repos: ~",
]  # fmt: skip


def mutated(text: str, chance: random.Random) -> str:
    """TEXT with a few lines more, less, or indented otherwise."""
    lines = text.split("\n")
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(lines))
        change = chance.choice(["insert", "insert", "delete", "indent", "dedent"])
        if change == "insert":
            lines.insert(at, chance.choice(LINES))
        elif change == "delete":
            lines[at : at + 1] = [] if len(lines) > 1 else [""]
        else:
            lines[at] = " " * 2 + lines[at] if change == "indent" else lines[at][1:]
    return "\n".join(lines)


def bare(value: Any) -> Any:
    """VALUE without ends of lines behind texts: the last text of a file has none where the file ends without one."""
    if isinstance(value, list):
        return [bare(each) for each in value]
    if isinstance(value, dict):
        return {key: bare(each) for key, each in value.items()}
    return value.rstrip("\n") if isinstance(value, str) else value


def test_whatever_the_layout_it_is_added_or_refused() -> None:
    """Files at random, of those that are YAML: the hook is added and nothing else changes, or the file is refused."""
    chance = random.Random(0)
    added = refused = 0
    for _ in range(1000):
        text = mutated(chance.choice(list(CONFIGS.values())), chance)
        try:
            before = yaml.safe_load(text) or {}
        except yaml.YAMLError:
            continue
        try:
            new = merging.pre_commit(text)
        except Refusal:
            refused += 1
            continue
        wanted = before if new == text else {**before, "repos": [*(before.get("repos") or []), *HOOK]}
        assert bare(yaml.safe_load(new)) == bare(wanted), text
        added += new != text
    assert added > 200
    assert refused > 30


WORKFLOWS = {
    "another job": (
        "on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    steps:\n      - run: |\n"
        "          make\n          # all of it\n"
    ),
    "deeper": (
        "on: push\njobs:\n    test:\n        runs-on: ubuntu-latest\n        steps: []\n    # lint:\n"
        "    #     nothing\nenv:\n    A: b\n"
    ),
    "no job": "on: push\njobs: {}\nenv: {A: b}\n",
}


def jobs(text: str) -> Any:
    return yaml.safe_load(text)["jobs"]


@pytest.mark.parametrize("text", WORKFLOWS.values(), ids=WORKFLOWS)
def test_a_job_is_added_to_a_workflow(text: str) -> None:
    new = merging.workflow(text)
    assert yaml.safe_load(new) == {**yaml.safe_load(text), "jobs": {**jobs(text), **JOB}}
    assert list(jobs(new)) == [*jobs(text), "tslint"]
    assert merging.workflow(new) == new


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "on: push\njobs:\n  tslint:\n    steps:\n      - run: npx tslint 'src/**/*.ts'\n",
            "another job of it is called `tslint`",
        ),
        ("on: push\n", "it has no `jobs`"),
        ("on: push\njobs: {a: {}}\n", "its `jobs` is not a mapping of one item a line"),
        ("on: push\njobs:\n  <<: *all\n", "its `jobs` is not a mapping of one item a line"),
    ],
)
def test_another_workflow_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Refusal) as refusal:
        merging.workflow(text)
    assert str(refusal.value) == reason


def test_a_workflow_that_runs_tslint_is_enough() -> None:
    text = "on: push\njobs: {a: {runs-on: x, steps: [{run: tslint check .}]}}\n"
    assert merging.workflow(text) == text
    assert merging.workflow(merging.template("workflow.yml")) == merging.template("workflow.yml")


def test_the_templates_are_what_they_are_for() -> None:
    """A rev and a requirement of this version."""
    (repo,) = HOOK
    assert repo == {"repo": "https://github.com/tslint/tslint", "rev": "v0.1.0", "hooks": [{"id": "tslint"}]}
    assert {"run": 'pip install "tslint==0.1.0"'} in JOB["tslint"]["steps"]
