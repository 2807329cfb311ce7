"""What a client sets, and which settings hold for a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tslint.server.options import Given, default_settings, read, root_of, settings_for
from tslint.settings import Settings, SettingsError


@pytest.mark.parametrize("wrapped", ["plain", "settings", "tslint"])
def test_keys_are_those_of_a_configuration_file(wrapped: str) -> None:
    keys = {"select": ["trace"], "no-convert": True, "timeout": 30, "python": "/usr/bin/python3", "memory": "1GiB"}
    given = read(keys if wrapped == "plain" else {wrapped: keys})
    assert given == Given(
        {"select": ("trace",), "no_convert": True, "timeout": 30.0, "python": "/usr/bin/python3", "memory": 2**30}
    )


def test_what_is_not_set_or_null_is_the_default() -> None:
    assert read(None) == read({}) == read({"select": None, "config": None}) == Given()
    assert Given().debounce == 0.2
    assert read({"debounce": 50, "config": "ci.toml"}) == Given(config="ci.toml", debounce=0.05)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"no_convert": True}, "unknown key `no_convert` in the client's settings; did you mean `no-convert`?"),
        ({"fix": True}, "unknown key `fix` in the client's settings"),
        ({"debounce": True}, "`debounce` in the client's settings must be a number of milliseconds, not `True`"),
        ({"debounce": -1}, "`debounce` in the client's settings must be a number of milliseconds, not `-1`"),
        ({"config": 1}, "`config` in the client's settings must be the path of a configuration file, not `1`"),
        ({"fail-on": "never"}, "`fail-on` in the client's settings must be error, warning or info, not `never`"),
        ("select", "the client's settings must be an object of keys like `select`"),
    ],
)
def test_what_cannot_be_used_is_said_in_a_sentence(data: object, sentence: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read(data)
    assert str(raised.value).startswith(sentence)


def test_the_client_comes_before_the_nearest_file(tmp_path: Path) -> None:
    (tmp_path / "tslint.toml").write_text('select = ["mode"]\ntimeout = 5\n')
    (tmp_path / "deep" / "er").mkdir(parents=True)
    found = settings_for(tmp_path / "deep" / "er" / "new.py", read({"select": ["trace"]}), tmp_path / "deep")
    assert (found.select, found.timeout, found.root) == (("trace",), 5.0, tmp_path)
    unmade = settings_for(tmp_path / "no" / "such" / "folder" / "net.py", Given(), tmp_path)
    assert unmade.select == ("mode",)


def test_a_file_that_cannot_be_used_is_refused_and_the_rest_holds(tmp_path: Path) -> None:
    (tmp_path / "tslint.toml").write_text('ignore = ["trase"]\n')
    given = read({"select": ["trace"]})
    with pytest.raises(SettingsError, match="no rule or group is called `trase`"):
        settings_for(tmp_path / "net.py", given, tmp_path)
    found = default_settings(given, tmp_path)
    assert (found.select, found.ignore, found.root) == (("trace",), (), tmp_path)


def test_an_environment_that_cannot_be_used_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSLINT_OUTPUT_FORMAT", "nonsense")
    with pytest.raises(SettingsError, match="nonsense"):
        settings_for(tmp_path / "net.py", Given(), tmp_path)
    assert default_settings(read({"select": ["trace"]}), tmp_path) == Settings(root=tmp_path)


def test_a_file_is_named_from_the_folder(tmp_path: Path) -> None:
    (tmp_path / "ci.toml").write_text('[tool.tslint]\nselect = ["mode"]\n')
    assert settings_for(tmp_path / "net.py", read({"config": "ci.toml"}), tmp_path).select == ("mode",)


def test_the_innermost_folder_is_a_files_own() -> None:
    folders = [Path("/work"), Path("/work/inner"), Path("/other")]
    assert root_of(Path("/work/inner/a/net.py"), folders) == Path("/work/inner")
    assert root_of(Path("/work/net.py"), folders) == Path("/work")
    assert root_of(Path("/elsewhere/net.py"), folders) == Path("/elsewhere")
