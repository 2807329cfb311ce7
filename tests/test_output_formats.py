"""Which format a report is printed in, and where: the option, the environment, the configuration, the file, standard error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tslint import cli
from tslint.report import STATISTICS, WITHOUT_ERRORS
from tslint.settings import OUTPUT_FORMATS, SettingsError, load

NET = """\
import math

import torch
from torch import nn


class Net(nn.Module):
    def forward(self, x):
        return x / math.sqrt(x.size(2))


traced = torch.jit.trace(Net(), torch.rand(1, 3, 8, 8))
"""
VARIABLE = "TSLINT_OUTPUT_FORMAT"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.delenv("CI_PROJECT_DIR", raising=False)
    (tmp_path / "tslint.toml").touch()
    (tmp_path / "net.py").write_text(NET)


def check(*arguments: str) -> int:
    return cli.main(["check", "--static", "net.py", "--no-cache", *arguments])


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("tslint.toml").write_text('output-format = "json"')
    assert load().output_format == "json"
    monkeypatch.setenv(VARIABLE, "github")
    assert load().output_format == "github"
    assert load((), None, {"output_format": "sarif"}).output_format == "sarif"
    monkeypatch.setenv(VARIABLE, "")
    assert load().output_format == "json"


def test_a_wrong_format_in_the_environment_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, "gihtub")
    with pytest.raises(SettingsError, match=rf"^`{VARIABLE}` must be full, concise, .*; did you mean `github`\?$"):
        load()
    assert check() == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1) and err.startswith(f"tslint: error: `{VARIABLE}` must be")


def test_the_environment_reaches_the_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(VARIABLE, "github")
    assert check() == 1
    assert capsys.readouterr().out.startswith("::error title=tslint (math-on-size),file=")


@pytest.mark.parametrize("format", OUTPUT_FORMATS)
def test_a_file_gets_what_standard_output_would(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert check("--output-format", format) == 1
    out, _ = capsys.readouterr()
    assert check("--output-format", format, "--output-file", "report") == 1
    assert capsys.readouterr() == ("", "")
    assert Path("report").read_text(encoding="utf-8") == out and "math-on-size" in out


@pytest.mark.parametrize("format", OUTPUT_FORMATS)
def test_errors_are_never_lost(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--static", "net.py", "none.py", "--no-cache", "--output-format", format]) == 2
    out, err = capsys.readouterr()
    assert "math-on-size" in out
    silent = format in WITHOUT_ERRORS
    assert ("none.py" in out, "tslint: error: none.py" in err) == (not silent, silent)


@pytest.mark.parametrize("format", OUTPUT_FORMATS)
def test_statistics_are_printed_in_three_formats(format: str, capsys: pytest.CaptureFixture[str]) -> None:
    status = check("--statistics", "--output-format", format)
    out, err = capsys.readouterr()
    if format in STATISTICS:
        assert (status, err) == (1, "") and "math-on-size" in out
    else:
        sentence = f"--statistics is printed as full, concise or json, not as `{format}`"
        assert (status, out, err) == (2, "", f"tslint: error: {sentence}\n")


def test_statistics_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.py").write_text(NET.replace("Net(),", "Net().eval(),"))
    assert (
        cli.main(["check", "--static", "net.py", "none.py", "--no-cache", "--statistics", "--output-format=json"]) == 2
    )
    out, err = capsys.readouterr()
    assert json.loads(out) == [
        {
            "rule": "math-on-size",
            "group": "trace",
            "url": "https://github.com/tslint/tslint/blob/main/rules/trace/math-on-size.md",
            "count": 1,
            "fixable": True,
            "fixable_count": 1,
        }
    ]
    assert err.startswith("tslint: error: none.py")


def test_gitlab_is_told_where_its_repository_begins(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("CI_PROJECT_DIR", str(tmp_path.parent))
    assert check("--output-format", "gitlab") == 1
    assert json.loads(capsys.readouterr().out)[0]["location"]["path"] == f"{tmp_path.name}/net.py"


def test_the_lists_of_rules_have_three_formats(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["rules", "--output-format", "sarif"]) == 2
    assert "must be full, concise or json, not `sarif`" in capsys.readouterr().err
