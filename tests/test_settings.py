"""Settings: one table for TOML and the command line, errors of one sentence that name the file and the nearest spelling."""

from __future__ import annotations

from pathlib import Path

import pytest

from tslint.settings import ModelTable, Settings, SettingsError, load, parse_size


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tslint.toml").touch()  # nothing above the test's own folder is found


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def pyproject(text: str) -> Path:
    Path("tslint.toml").unlink()
    return write(Path("pyproject.toml"), text)


def test_defaults() -> None:
    assert load() == Settings(root=Path.cwd(), config_path=Path.cwd() / "tslint.toml")
    assert (load().timeout, load().fail_on, load().output_format, load().memory) == (600.0, "warning", "full", None)


def test_every_key_of_a_project() -> None:
    pyproject(
        """
        [tool.tslint]
        select = ["trace", "missing-eval"]
        ignore = ["math-on-size"]
        exclude = ["build/"]
        route = ["trace", "mixed"]
        no-convert = true
        python = ".venv/bin/python"
        timeout = 30
        memory = "4GiB"
        fail-on = "error"
        output-format = "concise"

        [[tool.tslint.models]]
        target = "net.py"
        model = "Net(3)"
        inputs = ["1,3,8,8", "int64[2..11]"]
        """
    )
    assert load() == Settings(
        select=("trace", "missing-eval"),
        ignore=("math-on-size",),
        exclude=("build/",),
        route=("trace", "mixed"),
        no_convert=True,
        python=str(Path.cwd() / ".venv/bin/python"),
        timeout=30.0,
        memory=4 * 2**30,
        fail_on="error",
        output_format="concise",
        models=(ModelTable("net.py", "Net(3)", ("1,3,8,8", "int64[2..11]")),),
        root=Path.cwd(),
        config_path=Path.cwd() / "pyproject.toml",
    )


def test_a_python_without_a_folder_is_left_to_the_path() -> None:
    write(Path("tslint.toml"), 'python = "python3.12"')
    assert load().python == "python3.12"


def test_the_command_line_wins() -> None:
    write(Path("tslint.toml"), 'timeout = 5\nselect = ["mode"]\nquiet = true')
    found = load((), None, {"timeout": "7.5", "select": ["trace, script", "coreml"], "quiet": None, "memory": "2 GB"})
    assert (found.timeout, found.select, found.quiet) == (7.5, ("trace", "script", "coreml"), True)
    assert found.memory == 2 * 10**9


def test_an_input_keeps_its_commas() -> None:
    assert load((), None, {"input": ["1,3,8,8", "int64[2..11]"]}).input == ("1,3,8,8", "int64[2..11]")


def test_the_nearest_file_upwards_from_the_target_is_read() -> None:
    write(Path("tslint.toml"), "timeout = 1")
    write(Path("a/pyproject.toml"), "[tool.tslint]\ntimeout = 2")
    write(Path("a/b/pyproject.toml"), "[project]\nname = 'b'")
    write(Path("a/b/net.py"), "")
    write(Path("c/net.py"), "")
    assert load(["a/b/net.py"]).timeout == 2
    assert load(["a/b"]).timeout == 2
    assert load(["c/net.py"]).timeout == 1
    assert load(["a/b/net.py", "c/net.py"]).timeout == 1
    assert load(["timm.models:resnet18"]).timeout == 1
    assert load(["a/b/net.py"], config="tslint.toml").timeout == 1


def test_tslint_toml_wins_over_pyproject_beside_it() -> None:
    write(Path("tslint.toml"), "timeout = 1")
    write(Path("pyproject.toml"), "[tool.tslint]\ntimeout = 2")
    assert load().timeout == 1


def test_models_of_a_target() -> None:
    write(Path("p/tslint.toml"), '[[models]]\ntarget = "net.py"\n[[models]]\ntarget = "timm.models:resnet18"')
    net = write(Path("p/net.py"), "")
    found = load(["p/net.py"])
    assert [table.target for table in found.models_of(str(net.resolve()))] == ["net.py"]
    assert [table.target for table in found.models_of("p/net.py")] == ["net.py"]
    assert [table.target for table in found.models_of("timm.models:resnet18")] == ["timm.models:resnet18"]
    assert found.models_of("net.py") == [found.models[0]]
    assert found.models_of("other.py") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("selct = []", "unknown key `selct` in tslint.toml; did you mean `select`?"),
        ("fail_on = 'error'", "unknown key `fail_on` in tslint.toml; did you mean `fail-on`?"),
        ("model = 'Net'", "`model` in tslint.toml can only be given on the command line, as --model"),
        ("zzzzzz = 1", "unknown key `zzzzzz` in tslint.toml"),
        ("select = 'trace'", "`select` in tslint.toml must be a list of strings, not `trace`"),
        ("select = [1]", "`select` in tslint.toml must be a list of strings, not a list"),
        ("static = 1", "`static` in tslint.toml must be true or false, not 1"),
        ("timeout = '5'", "`timeout` in tslint.toml must be a number of seconds above 0, not `5`"),
        ("timeout = true", "`timeout` in tslint.toml must be a number of seconds above 0, not true"),
        ("timeout = 0", "`timeout` in tslint.toml must be a number of seconds above 0, not 0"),
        ("timeout = inf", "`timeout` in tslint.toml must be a number of seconds above 0, not inf"),
        ("memory = '4 gigs'", "`memory` in tslint.toml must be a size such as `4GiB`, not `4 gigs`"),
        ("memory = -1", "`memory` in tslint.toml must be a size such as `4GiB`, not -1"),
        ("python = 3", "`python` in tslint.toml must be a string, not 3"),
        (
            "fail-on = 'warn'",
            "`fail-on` in tslint.toml must be error, warning or info, not `warn`; did you mean `warning`?",
        ),
        (
            "route = ['tracing']",
            "`route` in tslint.toml must be trace, script, mixed, export or all, not `tracing`; did you mean `trace`?",
        ),
        ("models = 3", "`models` in tslint.toml must be an array of tables: [[tool.tslint.models]]"),
        (
            "[[models]]\ntarget = 'a.py'\ninput = ['1']",
            "unknown key `input` in a `models` table of tslint.toml; did you mean `inputs`?",
        ),
        (
            "[[models]]\ntarget = 'a.py'\ninputs = '1,3'",
            "`inputs` in a `models` table of tslint.toml must be a list of strings, not `1,3`",
        ),
        (
            "[[models]]\ntarget = 'a.py'\ninputs = ['1,3,x']",
            "`inputs` in a `models` table of tslint.toml must be like `1,3,224,224`, `int64[2..11]` or "
            "`image:float32[1,3,128..512,128..512]`, not `1,3,x`",
        ),
        (
            "[[models]]\nmodel = 'Net'",
            "a `models` table of tslint.toml has no `target`: a file, or `package.module:attribute`",
        ),
    ],
)
def test_one_sentence_for_what_cannot_be_used(text: str, message: str) -> None:
    write(Path("tslint.toml"), text)
    with pytest.raises(SettingsError) as error:
        load()
    assert str(error.value) == message


def test_broken_and_missing_files() -> None:
    write(Path("tslint.toml"), "select = [")
    with pytest.raises(SettingsError, match=r"^tslint\.toml is not valid TOML: "):
        load()
    with pytest.raises(SettingsError, match=r"^none\.toml cannot be read: No such file or directory$"):
        load(config="none.toml")
    write(Path("tslint.toml"), "")
    pyproject("[tool]\ntslint = 3")
    with pytest.raises(SettingsError, match=r"^`tool\.tslint` in pyproject\.toml must be a table$"):
        load()
    Path("latin.toml").write_bytes(b"x = '\xe9'")
    with pytest.raises(SettingsError, match=r"^latin\.toml is not UTF-8$"):
        load(config="latin.toml")


def test_wrong_values_on_the_command_line_name_the_option() -> None:
    with pytest.raises(SettingsError, match=r"^`--timeout` must be a number of seconds above 0, not `soon`$"):
        load((), None, {"timeout": "soon"})
    with pytest.raises(SettingsError, match=r"^`--output-format` must be full, .* or html, not `jsn`; did you"):
        load((), None, {"output_format": "jsn"})


def test_unknown_rules_on_the_command_line_are_named_with_the_nearest() -> None:
    with pytest.raises(SettingsError) as error:
        load((), None, {"ignore": ["trace,math-on-sizes"]})
    assert str(error.value) == "`--ignore`: no rule or group is called `math-on-sizes`; did you mean `math-on-size`?"


@pytest.mark.parametrize(
    ("text", "size"),
    [("4GiB", 4 * 2**30), ("4g", 4 * 2**30), ("1.5 GB", 15 * 10**8), ("512MiB", 2**29), ("1000", 1000), ("7kB", 7000)],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text",
    ["1", "1,3,224,224", " 1, 3,8..16 ", "1,", "int64[2..11]", "image:float32[1,3,128..512,128..512]", "x : bool[ ]"],
)
def test_inputs_as_they_are_written(text: str) -> None:
    assert load((), None, {"input": [text]}).input == (text.strip(),)


@pytest.mark.parametrize(
    "text", ["", "x", "1,x", "1.5", "1,,3", "float32", "float32[1", "1..", "..2", "-1,3", "3x:int64[1]"]
)
def test_inputs_that_cannot_be_read(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^`--input` must be like `1,3,224,224`, "):
        load((), None, {"input": [text]})
