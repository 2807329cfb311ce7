"""JSON with comments keeps all that stands in it; what is added is read back by JavaScript, which knows comments and commas."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from javascript import literal

from tslint.setup import merging
from tslint.setup.refusal import Refusal

TASKS = json.loads(merging.template("tasks.json"))["tasks"]
MATCHER = json.loads(merging.template("matcher.json"))["problemMatcher"]

LAYOUTS = {
    "as VS Code writes it": """\
{
\t// See https://go.microsoft.com/fwlink/?LinkId=733558
\t// for the documentation about the tasks.json format
\t"version": "2.0.0",
\t"tasks": [
\t\t{
\t\t\t"label": "build", // with a comment, and a "quote
\t\t\t"type": "shell",
\t\t\t"command": "echo // no comment, /* nor */ this"
\t\t}
\t]
}
""",
    "trailing commas": '{\n  "version": "2.0.0",\n  "tasks": [\n    {"label": "a",},\n  ],\n}\n',
    "a comment behind the last one": (
        '{\n    "version": "2.0.0",\n    "tasks": [\n        {"label": "a"} // last\n    ]\n}'
    ),
    "a comment behind its comma": '{\n"tasks": [\n  {"label": "a"}, // last\n  // and this\n]\n}',
    "a comment before its comma": '{"tasks": [{"label": "a"} /* , ] */ , /* more\n */ ]}',
    "on one line": '{"version": "2.0.0", "tasks": [{"label": "a"}]}',
    "no tasks": '{\n  "version": "2.0.0",\n  "tasks": []\n}\n',
    "no tasks but a comment": '{\n  "version": "2.0.0",\n  "tasks": [\n    // none yet ]\n  ]\n}\n',
    "no list of tasks": '{\n  "version": "2.0.0"\n}\n',
    "no list of tasks, a trailing comma": '{\n  "inputs": [], // none\n}\n',
    "an empty object": "{}",
    "an empty object of two lines": "// tasks\n{\n}\n",
    "no version": '{\n  "tasks": [\n    {"label": "a"}\n  ]\n}\n',
    "a mark of its encoding": '\ufeff{\n  "tasks": [{"label": "größe 漢字"}]\n}\n',
    "something behind the tasks": (
        '{\n  "tasks": [\n    {"label": "a"}\n  ],\n  "inputs": [{"id": "x", "type": "promptString"}],\n}\n'
    ),
    "escapes": '{"tasks": [{"label": "\\"],}//\\\\"}]}',
    "Windows": '{\r\n  // ends\r\n  "tasks": [\r\n    {"label": "a"}, // so\r\n  ]\r\n}\r\n',
}


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_the_tasks_are_added_and_nothing_else_changes(text: str) -> None:
    before, new = literal(text), merging.tasks(text)
    after = literal(new)
    assert after == {"version": "2.0.0", **before, "tasks": [*before.get("tasks", []), *TASKS]}
    left = list(new)
    for character in text:  # what was there is all there still, in its order
        del left[: left.index(character) + 1]
    for line in text.splitlines():
        if "//" in line and "label" not in line:
            assert line in new.splitlines()
    if "\r\n" in text:
        assert new.count("\n") == new.count("\r\n")


@pytest.mark.parametrize("text", LAYOUTS.values(), ids=LAYOUTS)
def test_adding_them_again_changes_nothing(text: str) -> None:
    once = merging.tasks(text)
    assert once != text
    assert merging.tasks(once) == once


def test_they_are_laid_out_as_what_is_there() -> None:
    """A comment on the line of the last task stays with it."""
    text = (
        '{\n    "version": "2.0.0",\n    "tasks": [\n        {\n            "label": "a"\n        } // mine\n    ]\n}\n'
    )
    new = merging.tasks(text)
    assert new.startswith(
        text[: text.index(" // mine")] + ', // mine\n        {\n            "label": "tslint: check",\n'
    )
    assert new.endswith("            }\n        }\n    ]\n}\n")
    tabs = merging.tasks('{\n\t"tasks": []\n}\n')
    assert tabs.startswith('{\n\t"tasks": [\n\t\t{\n\t\t\t"label": "tslint: check",\n')
    assert tabs.endswith('\t\t}\n\t],\n\t"version": "2.0.0"\n}\n')


@pytest.mark.parametrize("text", ["", "\n", " \r\n", "\ufeff"])
def test_an_empty_file_becomes_the_template(text: str) -> None:
    assert merging.tasks(text) == text + merging.template("tasks.json")


def test_only_the_task_that_is_missing_is_added() -> None:
    """One that somebody changed is theirs."""
    own = {"label": "tslint: check", "command": "mine"}
    new = json.loads(merging.tasks(json.dumps({"version": "2.0.0", "tasks": [own, {"label": "x"}]})))
    assert new["tasks"] == [own, {"label": "x"}, TASKS[1]]


def test_a_matcher_is_added_beside_others() -> None:
    other = {"problemMatcher": [{"owner": "eslint", "pattern": [{"regexp": "x", "message": 0}]}]}
    new = json.loads(merging.matcher(json.dumps(other)))
    assert new == {"problemMatcher": [*other["problemMatcher"], *MATCHER]}
    assert merging.matcher(json.dumps(new)) == json.dumps(new)


GAPS = ["", "", "", " ", "\n", "\n  ", '// a " ] \n', "/* ,] \n*/", "\t", "/*}*/"]


def laid_out(value: object, chance: random.Random) -> str:
    """VALUE with space and comments wherever they may stand, and a comma behind the last one of some lists."""

    def gap() -> str:
        return chance.choice(GAPS)

    if isinstance(value, dict):
        parts = [
            f"{gap()}{json.dumps(key)}{gap()}:{gap()}{laid_out(each, chance)}{gap()}" for key, each in value.items()
        ]
    elif isinstance(value, list):
        parts = [gap() + laid_out(each, chance) + gap() for each in value]
    else:
        return json.dumps(value)
    comma = "," if parts and chance.random() < 0.4 else ""
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + ",".join(parts) + comma + gap() + closing


def test_comments_may_stand_anywhere() -> None:
    """Files at random."""
    chance = random.Random(0)
    for _ in range(60):
        tasks = [
            {"label": chance.choice(["a", "b//", "/*c*/", "],"]), "x": [1, [], {}]} for _ in range(chance.randrange(3))
        ]
        members = [("version", "2.0.0"), ("tasks", tasks), ("inputs", [{"id": "x"}])]
        before: dict[str, Any] = dict(chance.sample(members, chance.randrange(4)))
        text = laid_out(before, chance)
        new = merging.tasks(text)
        assert literal(new) == {"version": "2.0.0", **before, "tasks": [*before.get("tasks", []), *TASKS]}, text
        assert merging.tasks(new) == new


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "it holds no object"),
        ("// a comment alone\n", "it is not JSON with comments (Expecting value: line 2 column 1 (char 19))"),
        ('{"tasks": [}', "it is not JSON with comments (Expecting value: line 1 column 12 (char 11))"),
        ('{"tasks": {}}', "its `tasks` is not a list"),
        ('{"tasks": [], "tasks": []}', "it has `tasks` more than once"),
        ('{"version": "0.1.0", "command": "tsc"}', "its `version` is not `2.0.0`"),
        ('{"tasks": [' + "[" * 100_000, "it is nested too deeply"),
        ('{"tasks": [,]}', "it is not JSON with comments (Expecting value: line 1 column 12 (char 11))"),
        ("{1: []}", "it is not JSON with comments (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))"),
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Refusal) as refusal:
        merging.tasks(text)
    assert str(refusal.value).replace("Illegal trailing comma before end of array", "Expecting value") == reason
