"""The configuration nearest to each file, as Ruff finds it: nothing of those above it, but what it extends."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tslint.settings import Settings, SettingsError, files, load
from tslint.settings.hierarchy import Hierarchy


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write("tslint.toml", 'ignore = ["math-on-size"]\ntimeout = 5\noutput-format = "concise"\nmax-file-size = "1MB"')
    write("a/tslint.toml", 'select = ["trace"]\ntimeout = 7\noutput-format = "json"')
    write("a/deep/pyproject.toml", "[project]\nname = 'deep'")
    write("b/pyproject.toml", '[tool.tslint]\nextend = "../tslint.toml"\nroute = ["script"]')


def write(path: str, text: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


def near(path: str, *targets: str, **given: object) -> Settings:
    return Hierarchy(load(targets, None, given)).of(Path(path).absolute())


def test_what_concerns_a_file_comes_from_the_nearest_and_nothing_from_above() -> None:
    for path in ("a/net.py", "a/deep/er/net.py"):
        found = near(path)
        assert (found.select, found.ignore, found.max_file_size) == (("trace",), (), 2 * 2**20)
        assert (found.root, found.config_path) == (Path.cwd() / "a", Path.cwd() / "a/tslint.toml")
    assert (near("b/net.py").ignore, near("b/net.py").route) == (("math-on-size",), ("script",))
    assert near("c/net.py").ignore == near("net.py").ignore == ("math-on-size",)


def test_what_concerns_the_run_comes_from_its_own() -> None:
    found = near("a/net.py")
    assert (found.timeout, found.output_format) == (5.0, "concise")
    assert found.origins["timeout"] == ("tslint.toml",) and found.origins["select"] == ("a/tslint.toml",)
    assert "ignore" not in found.origins
    assert near("a/net.py", "a").timeout == 7.0


def test_the_command_line_wins_over_all() -> None:
    found = near("a/net.py", select=["mode"], timeout="9")
    assert (found.select, found.timeout) == (("mode",), 9.0)
    assert not found.reports("dict-output", "trace", None) and found.reports("missing-eval", "mode", None)
    assert near("a/net.py", ignore=["dict-output"]).reports("math-on-size", "trace", None)


def test_a_configuration_that_is_named_holds_for_all() -> None:
    whole = load((), "b/pyproject.toml", {"config": "b/pyproject.toml"})
    assert Hierarchy(whole).of(Path("a/net.py").absolute()) is whole
    made = Settings(select=("mode",))
    assert Hierarchy(made).of(Path("a/net.py").absolute()) is made


def test_what_has_no_place_takes_the_settings_of_the_run() -> None:
    whole = load()
    assert [Hierarchy(whole).of(path) for path in (None, "<cell 3>", "a/net.py")] == [whole] * 3
    assert Hierarchy(whole).of("/nowhere/at/all/net.py") is whole


def test_each_directory_is_looked_into_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Counter[Path] = Counter()
    own = files.own

    def counted(folder: Path) -> Path | None:
        asked[folder] += 1
        return own(folder)

    whole = load(["net.py"])
    monkeypatch.setattr(files, "own", counted)
    hierarchy = Hierarchy(whole)
    assert hierarchy.of(Path("net.py").absolute()) is whole and not asked, "the first look was enough"
    for name in ("a/x.py", "a/y.py", "a/deep/x.py", "a/deep/er/x.py", "c/d/x.py", "c/y.py"):
        hierarchy.of(Path(name).absolute())
    assert asked == {Path.cwd() / name: 1 for name in ("a", "a/deep", "a/deep/er", "c/d", "c")}


def test_a_project_file_without_the_word_need_not_be_valid() -> None:
    write("a/deep/pyproject.toml", "this is [not TOML")
    assert near("a/deep/net.py").select == ("trace",)
    write("a/deep/pyproject.toml", "this is [not TOML of tslint")
    with pytest.raises(SettingsError, match=r"^a/deep/pyproject\.toml is not valid TOML: "):
        near("a/deep/net.py")


def test_models_are_those_of_the_nearest_else_of_the_run() -> None:
    write(
        "tslint.toml",
        '[[models]]\ntarget = "a/net.py"\nmodel = "Far()"\n[[models]]\ntarget = "b/net.py"\nmodel = "Far()"',
    )
    write("b/pyproject.toml", '[[tool.tslint.models]]\ntarget = "net.py"\nmodel = "Near()"')
    for name in ("a/net.py", "b/net.py"):
        write(name, "")
    hierarchy = Hierarchy(load())
    found = {
        name: hierarchy.with_models_of(name, hierarchy.of(Path(name).absolute())).models_of(name)
        for name in ("a/net.py", "b/net.py")
    }
    assert {name: [table.model for table in tables] for name, tables in found.items()} == {
        "a/net.py": ["Far()"],
        "b/net.py": ["Near()"],
    }


def test_a_link_is_where_it_stands() -> None:
    write("b/real.py", "")
    Path("a/link.py").symlink_to(Path("../b/real.py"))
    assert load(["a/link.py"]).select == ("trace",)
    assert near("a/link.py").select == ("trace",)
