"""Settings that name rules, patterns and versions, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from tslint import __version__
from tslint.settings import SettingsError, load
from tslint.settings.patterns import PerFile
from tslint.settings.version import VersionError, accepts


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_tables_of_a_project() -> None:
    Path("pyproject.toml").write_text(
        """
        [tool.tslint]
        extend-select = ["missing-eval"]
        required-version = ">=0.1"
        respect-gitignore = false

        [tool.tslint.per-file-ignores]
        "tests/*" = ["script", "math-on-size"]
        "!src/**.py" = ["mode"]

        [tool.tslint.severity]
        trace = "warning"
        math-on-size = "off"
        syntax-error = "error"
        """
    )
    found = load()
    assert found.per_file_ignores == (
        PerFile("tests/*", ("script", "math-on-size")),
        PerFile("!src/**.py", ("mode",)),
    )
    assert found.severity == (("trace", "warning"), ("math-on-size", "off"), ("syntax-error", "error"))
    assert (found.extend_select, found.required_version, found.respect_gitignore) == (("missing-eval",), ">=0.1", False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "select = ['math-on-sizes']",
            "`select` in tslint.toml: no rule or group is called `math-on-sizes`; did you mean `math-on-size`?",
        ),
        (
            "extend-select = ['coremll']",
            "`extend-select` in tslint.toml: no rule or group is called `coremll`; did you mean `coreml`?",
        ),
        (
            "select = ['trace, script']",
            "`select` in tslint.toml: no rule or group is called `trace, script`; did you mean `script`?",
        ),
        ("extend_select = []", "unknown key `extend_select` in tslint.toml; did you mean `extend-select`?"),
        ("extend-ignore = []", "unknown key `extend-ignore` in tslint.toml: `ignore` adds to what is inherited, too"),
        ("ignore = 3", "`ignore` in tslint.toml must be a list of strings, not 3"),
        ("severities = {}", "unknown key `severities` in tslint.toml; did you mean `severity`?"),
        ("severity = 'error'", "`severity` in tslint.toml must be a table of rules, each with a severity, not `error`"),
        (
            "severity.math-on-sizes = 'info'",
            "`severity.math-on-sizes` in tslint.toml: no rule or group is called `math-on-sizes`; did you mean `math-on-size`?",
        ),
        (
            "severity.trace = 'warn'",
            "`severity.trace` in tslint.toml must be error, warning, info or off, not `warn`; did you mean `warning`?",
        ),
        ("severity.trace = 1", "`severity.trace` in tslint.toml must be a string, not 1"),
        (
            "severity.syntax-error = 'off'",
            "`severity.syntax-error` in tslint.toml cannot be `off`: where it is reported, tslint could not do all of its job",
        ),
        (
            "per-file-ignores = ['a.py']",
            "`per-file-ignores` in tslint.toml must be a table of patterns, each with a list of rules, not a list",
        ),
        (
            "per-file-ignores.'tests/*' = 'script'",
            '`per-file-ignores."tests/*"` in tslint.toml must be a list of strings, not `script`',
        ),
        (
            "per-file-ignores.'tests/*' = ['scrpt']",
            '`per-file-ignores."tests/*"` in tslint.toml: no rule or group is called `scrpt`; did you mean `script`?',
        ),
        (
            "per-file-ignores.'a[.py' = ['script']",
            "`per-file-ignores` in tslint.toml has the pattern `a[.py`, which does not close its `[`",
        ),
        ("exclude = ['ok/', 'a[']", "`exclude` in tslint.toml has the pattern `a[`, which does not close its `[`"),
        ("extend-exclude = ['!']", "`extend-exclude` in tslint.toml has the pattern `!`, which names nothing"),
        ("force-exclude = 'yes'", "`force-exclude` in tslint.toml must be true or false, not `yes`"),
        ("show-files = true", "`show-files` in tslint.toml can only be given on the command line, as --show-files"),
        (
            "required-version = 'new'",
            "`required-version` in tslint.toml must be a version, or limits such as `>=0.1,<2`, not `new`",
        ),
        (
            "required-version = ''",
            "`required-version` in tslint.toml must be a version, or limits such as `>=0.1,<2`, not ``",
        ),
        ("required-version = 1", "`required-version` in tslint.toml must be a string, not 1"),
        (
            "unknown-then = 1\nrequired-version = '<0.1'",
            f"`required-version` in tslint.toml is `<0.1`, and this is tslint {__version__}",
        ),
    ],
)
def test_one_sentence_for_what_cannot_be_used(text: str, message: str) -> None:
    Path("tslint.toml").write_text(text)
    with pytest.raises(SettingsError) as error:
        load()
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"per_file_ignores": ["a.py"]}, "`--per-file-ignores` must be like `tests/*:script`, not `a.py`"),
        (
            {"extend_per_file_ignores": ["a.py:tracee"]},
            "`--extend-per-file-ignores`: no rule or group is called `tracee`; did you mean `trace`?",
        ),
        ({"exclude": ["a,!"]}, "`--exclude` has the pattern `!`, which names nothing"),
    ],
)
def test_the_same_on_the_command_line(given: dict[str, list[str]], message: str) -> None:
    with pytest.raises(SettingsError) as error:
        load((), None, given)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("required", "version", "fits"),
    [
        (">=0.1,<2", "0.1.0", True),
        (">=0.1,<2", "2.0", False),
        (">=0.1,<2", "1.10", True),
        ("0.1.0", "0.1", True),
        ("0.1.0", "0.1.1", False),
        ("==0.1.*", "0.1.7", True),
        ("~=0.3.1", "0.4", False),
        (">=0.2", "0.2.dev1", False),
        (">=0.1", "0.2.dev1", True),
        ("!=0.1.1", "0.1.1", False),
    ],
)
def test_versions_as_pep_440_has_them(required: str, version: str, fits: bool) -> None:
    assert accepts(required, version) is fits


@pytest.mark.parametrize("required", ["", " ", "x", ">=", ">=0.1;<2", "^0.1"])
def test_what_is_no_version(required: str) -> None:
    with pytest.raises(VersionError):
        accepts(required)
