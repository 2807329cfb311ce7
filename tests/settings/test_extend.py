"""What a configuration inherits from another: lists override, ``extend-…`` add, severities join by rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from tslint.settings import Settings, SettingsError, load


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)


def write(path: str, text: str) -> Path:
    place = Path(path)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    return place


def reported(settings: Settings, *rules: str, path: str | None = None) -> list[str]:
    return [rule for rule in rules if settings.reports(rule.split("/")[1], rule.split("/")[0], path)]


def test_values_are_inherited_and_overridden() -> None:
    write("../base.toml", 'timeout = 5\nfail-on = "error"\nexclude = ["a/"]\nroute = ["trace"]')
    write("tslint.toml", 'extend = "../base.toml"\ntimeout = 7\nexclude = ["b/"]')
    found = load()
    assert (found.timeout, found.fail_on, found.exclude, found.route) == (7.0, "error", ("b/",), ("trace",))
    assert (found.root, found.config_path) == (Path.cwd(), Path.cwd() / "tslint.toml")
    assert found.origins == {
        "extend": ("tslint.toml",),
        "timeout": ("tslint.toml",),
        "exclude": ("tslint.toml",),
        "fail_on": (str(Path("../base.toml").resolve()),),
        "route": (str(Path("../base.toml").resolve()),),
    }


def test_a_chain_a_home_and_a_project_file(monkeypatch: pytest.MonkeyPatch) -> None:
    home = Path("../home").resolve()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    write("../home/far.toml", 'timeout = 1\njobs = 1\nmemory = "1GB"')
    write("../near/pyproject.toml", '[tool.tslint]\nextend = "~/far.toml"\njobs = 2')
    write("tslint.toml", 'extend = "../near/pyproject.toml"\nmemory = "3GB"')
    found = load()
    assert (found.timeout, found.jobs, found.memory) == (1.0, 2, 3 * 10**9)
    assert found.extend == "../near/pyproject.toml"
    assert found.facts_root == Path.cwd(), "none of them lies above"


def test_imports_are_followed_below_the_project_that_is_extended() -> None:
    write("pyproject.toml", "[tool.tslint]\nquiet = true")
    write("packages/a/tslint.toml", 'extend = "../../pyproject.toml"')
    write("packages/a/net.py", "")
    found = load(["packages/a/net.py"])
    assert (found.root, found.facts_root) == (Path.cwd() / "packages/a", Path.cwd())


def test_what_extends_adds_and_a_selection_begins_anew() -> None:
    write("base.toml", 'select = ["trace"]\nignore = ["math-on-size"]\nextend-exclude = ["a/"]')
    write(
        "tslint.toml",
        'extend = "base.toml"\nextend-select = ["missing-eval"]\nignore = ["dict-output"]\nextend-exclude = ["b/"]',
    )
    rules = (
        "trace/math-on-size",
        "trace/dict-output",
        "trace/python-scalar",
        "mode/missing-eval",
        "mode/functional-dropout",
    )
    found = load()
    assert reported(found, *rules) == ["trace/python-scalar", "mode/missing-eval"]
    assert (found.ignore, found.extend_exclude) == (("math-on-size", "dict-output"), ("a/", "b/"))
    assert reported(load((), None, {"extend_select": ["math-on-size"]}), *rules)[0] == "trace/math-on-size"
    assert reported(load((), None, {"select": ["trace"]}), *rules) == list(rules[:3])
    write("tslint.toml", 'extend = "base.toml"\nselect = ["mode"]')
    assert reported(load(), *rules) == list(rules[3:])
    assert load().ignore == ()


def test_a_rule_by_its_name_weighs_more_than_its_group() -> None:
    write("tslint.toml", 'select = ["math-on-size"]\nignore = ["trace"]')
    assert reported(load(), "trace/math-on-size", "trace/dict-output") == ["trace/math-on-size"]


def test_severities_join_by_rule() -> None:
    write("base.toml", '[severity]\ntrace = "info"\nmath-on-size = "error"\nmode = "off"')
    write("tslint.toml", 'extend = "base.toml"\n[severity]\nmath-on-size = "warning"\nmissing-eval = "info"')
    found = load()
    assert [found.severity_of(*rule) for rule in (("math-on-size", "trace"), ("dict-output", "trace"))] == [
        "warning",
        "info",
    ]
    assert reported(found, "mode/missing-eval", "mode/functional-dropout") == ["mode/missing-eval"]
    assert found.severity_of("unsupported-call", "script") is None


def test_per_file_ignores_override_and_their_extension_adds() -> None:
    write("../base.toml", '[per-file-ignores]\n"a.py" = ["trace"]\n[extend-per-file-ignores]\n"sub/*" = ["mode"]')
    write("tslint.toml", 'extend = "../base.toml"\n[per-file-ignores]\n"b.py" = ["trace"]')
    here = Path.cwd()
    found = load()
    assert reported(found, "trace/dict-output", path=str(here / "a.py")) == ["trace/dict-output"]
    assert reported(found, "trace/dict-output", path=str(here / "b.py")) == []
    assert reported(found, "mode/missing-eval", path=str(here / "sub/a.py")) == ["mode/missing-eval"]
    assert reported(found, "mode/missing-eval", path=str(here.parent / "sub/a.py")) == [], "from the file that says it"
    given = load((), None, {"per_file_ignores": ["c.py:trace"]})
    assert reported(given, "trace/dict-output", path=str(here / "b.py")) == ["trace/dict-output"]
    assert reported(given, "trace/dict-output", path=str(here / "c.py")) == []
    given = load((), None, {"extend_per_file_ignores": ["c.py:trace"]})
    assert [reported(given, "trace/dict-output", path=str(here / name)) for name in ("b.py", "c.py")] == [[], []]


def test_paths_start_from_the_file_that_says_them() -> None:
    write("../shared/net.py", "")
    write(
        "../shared/base.toml",
        'python = ".venv/bin/python"\nexclude = ["old", "/gen/"]\n[[models]]\ntarget = "net.py"\n',
    )
    write("tslint.toml", 'extend = "../shared/base.toml"')
    found = load()
    shared = Path("../shared").resolve()
    assert found.python == str(shared / ".venv/bin/python")
    assert found.models_of(str(shared / "net.py")) and [table.target for table in found.models] == ["../shared/net.py"]
    assert [(str(each), each.folder) for each in found.excluded] == [("old", Path.cwd()), ("/gen/", shared)]


def test_nobody_inherits_a_required_version_but_it_holds() -> None:
    write("base.toml", 'required-version = ">=0.1"')
    write("tslint.toml", 'extend = "base.toml"')
    assert load().required_version is None
    write("base.toml", 'required-version = ">=9"\nkey-of-the-future = 1')
    with pytest.raises(SettingsError, match=r"^`required-version` in base\.toml is `>=9`, and this is tslint \d"):
        load()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"tslint.toml": "extend = 3"}, "`extend` in tslint.toml must be a string, not 3"),
        (
            {"tslint.toml": "extend = '../none.toml'"},
            "`extend` in tslint.toml names `../none.toml`, which does not exist",
        ),
        ({"tslint.toml": "extend = '.'"}, "`extend` in tslint.toml names `.`, which is a directory"),
        ({"tslint.toml": "extend = 'tslint.toml'"}, "`extend` in tslint.toml leads back to tslint.toml"),
        (
            {"tslint.toml": "extend = 'a.toml'", "a.toml": "extend = 'b.toml'", "b.toml": "extend = 'a.toml'"},
            "`extend` in b.toml leads back to a.toml",
        ),
        (
            {"tslint.toml": "extend = 'sub/pyproject.toml'", "sub/pyproject.toml": "[project]\nname = 'x'"},
            "`extend` in tslint.toml names `sub/pyproject.toml`, which has no [tool.tslint] table",
        ),
        (
            {"tslint.toml": "extend = 'a.toml'", "a.toml": "selct = []"},
            "unknown key `selct` in a.toml; did you mean `select`?",
        ),
    ],
)  # fmt: skip
def test_one_sentence_for_what_cannot_be_extended(files: dict[str, str], message: str) -> None:
    for name, text in files.items():
        write(name, text)
    with pytest.raises(SettingsError) as error:
        load()
    assert str(error.value) == message
