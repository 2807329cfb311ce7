"""The plugin for pytest, as pytest finds it: by its entry point, in a process and a project of its own."""

from __future__ import annotations

import subprocess
import sys

import pytest
from commandline import ROOT, environment

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

pytest_plugins = ["pytester"]

NETS = """\
import math

from torch import nn


class Net(nn.Module):
    def forward(self, x):
        return {"a": x / math.sqrt(x.size(0))}
"""
FINE = """\
from torch import nn


class Fine(nn.Module):
    def forward(self, x):
        return x * 2
"""
MODELS = """\
no-convert = true

[[models]]
target = "nets.py"
model = "Net()"
inputs = ["2,3"]

[[models]]
target = "fine.py"
model = "Fine()"
inputs = ["2,3"]
name = "small"

[[models]]
target = "fine:Fine()"
inputs = ["2,3"]
"""
COMMAND = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider")


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """An empty project in an environment where tslint is installed with the entry points that ``pyproject.toml`` names."""
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    site = pytester.mkdir("site")
    installed = site / "tslint_entry-0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: tslint_entry\nVersion: 0\n", encoding="utf-8")
    points = [f"{name} = {place}" for name, place in metadata["entry-points"]["pytest11"].items()]
    (installed / "entry_points.txt").write_text("\n".join(["[pytest11]", *points, ""]), encoding="utf-8")
    for name, value in environment(site).items():
        monkeypatch.setenv(name, value)
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT"):
        monkeypatch.delenv(name, raising=False)
    return pytester


@pytest.fixture
def models(project: pytest.Pytester) -> pytest.Pytester:
    """A project of three configured models, one of them faulty, and one test."""
    project.makepyfile(nets=NETS, fine=FINE, test_other="def test_other():\n    pass\n")
    (project.path / "tslint.toml").write_text(MODELS, encoding="utf-8")
    return project


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.run(*COMMAND, *arguments)


def collected(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if "::" in line]


ALL = ["test_other.py::test_other", "tslint::nets.py", "tslint::small", "tslint::fine:Fine()"]


# -- the models that are configured --------------------------------------------------------------------------------------


def test_every_configured_model_is_a_test(models: pytest.Pytester) -> None:
    result = run(models, "--collect-only", "-q", "--tslint")
    assert collected(result) == ALL
    assert result.outlines[-1].startswith("4 tests collected in ")
    one = run(models, "--collect-only", "-q", "--tslint", "-m", "tslint", "tslint::small")
    assert one.outlines[-1].startswith("1 test collected in ")


def test_without_the_option_nothing_is_added(models: pytest.Pytester) -> None:
    assert collected(run(models, "--collect-only", "-q")) == ALL[:1]


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        (["-k", "small"], ["tslint::small"]),
        (["-m", "tslint", "--strict-markers"], ALL[1:]),
        (["-m", "not tslint"], ALL[:1]),
        (["--deselect", "tslint::small"], [name for name in ALL if name != "tslint::small"]),
        (["tslint::fine:Fine()"], ["tslint::fine:Fine()"]),
        (["test_other.py::test_other", "tslint::small"], ["test_other.py::test_other", "tslint::small"]),
        (["test_other.py::test_other"], ["test_other.py::test_other"]),
        (["test_other.py"], ALL),
    ],
    ids=lambda value: " ".join(value[:2]),
)
def test_models_are_chosen_as_tests_are(models: pytest.Pytester, arguments: list[str], left: list[str]) -> None:
    assert collected(run(models, "--collect-only", "-q", "--tslint", *arguments)) == left


@pytest.mark.torch
def test_a_failure_is_the_report(models: pytest.Pytester) -> None:
    result = run(models, "--tslint", "-v")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=3, failed=1)
    text = result.stdout.str()
    for name, verdict in (("nets.py", "FAILED"), ("small", "PASSED"), ("fine:Fine()", "PASSED")):
        assert f"tslint::{name} {verdict}" in text
    (models.path / "own.toml").write_text("no-convert = true\n", encoding="utf-8")
    command = [sys.executable, "-m", "tslint", "check", "nets.py", "--model", "Net()", "--input", "2,3"]
    printed = subprocess.run(
        [*command, "--config", "own.toml"], cwd=models.path, capture_output=True, text=True, check=False
    ).stdout
    report = "error[" + printed.partition("error[")[2].rstrip("\n")
    assert "error[dict-output]" in report
    assert "error[math-on-size]" in report
    assert report in text
    assert "Traceback" not in text
    assert "pytest_plugin.py" not in text
    assert "FAILED tslint::nets.py - 2 problems: dict-output, math-on-size" in text


@pytest.mark.torch
def test_xdist_runs_them(models: pytest.Pytester) -> None:
    result = run(models, "--tslint", "-n", "2")
    result.assert_outcomes(passed=3, failed=1)
    assert "error[dict-output]" in result.stdout.str()


@pytest.mark.torch
def test_xdist_runs_the_chosen_ones_alone(models: pytest.Pytester) -> None:
    result = run(models, "--tslint", "-n", "1", "tslint::small")
    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=1)


@pytest.mark.torch
def test_the_configuration_is_that_of_the_project_from_any_folder_of_it(models: pytest.Pytester) -> None:
    (models.mkdir("deeper") / "test_deep.py").write_text("def test_deep():\n    pass\n", encoding="utf-8")
    (models.path / "pytest.ini").write_text("[pytest]\naddopts = --tslint\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(models.path / "deeper")
        result = run(models, "-k", "small or deep")
    result.assert_outcomes(passed=2, deselected=2)


@pytest.mark.torch
def test_exit_zero_of_the_configuration_holds(models: pytest.Pytester) -> None:
    (models.path / "tslint.toml").write_text("exit-zero = true\n" + MODELS, encoding="utf-8")
    run(models, "--tslint", "tslint::nets.py").assert_outcomes(passed=1)


def test_models_of_one_target_are_told_apart(models: pytest.Pytester) -> None:
    table = '[[models]]\ntarget = "nets.py"\n'
    text = f'{table}model = "Net()"\n{table}model = "Net()"\n{table}inputs = ["1,3", "2"]\n{table}name = "other"\n'
    (models.path / "tslint.toml").write_text(text, encoding="utf-8")
    found = collected(run(models, "--collect-only", "-q", "--tslint"))
    assert found[1:] == [
        "tslint::nets.py[Net()]",
        "tslint::nets.py[Net()]-2",
        "tslint::nets.py[1,3-2]",
        "tslint::other",
    ]


@pytest.mark.torch
def test_models_of_one_file_answer_for_themselves(models: pytest.Pytester) -> None:
    (models.path / "both.py").write_text(NETS + FINE.partition("nn\n")[2], encoding="utf-8")
    table = '[[models]]\ntarget = "both.py"\ninputs = ["2,3"]\n'
    text = f'no-convert = true\n{table}model = "Net()"\nname = "net"\n{table}model = "Fine()"\nname = "fine"\n'
    (models.path / "tslint.toml").write_text(text, encoding="utf-8")
    result = run(models, "--tslint", "-m", "tslint", "-q")
    result.assert_outcomes(passed=1, failed=1, deselected=1)
    assert [line.partition(" - ")[0] for line in result.outlines if line.startswith("FAILED")] == ["FAILED tslint::net"]


@pytest.mark.parametrize(
    ("configuration", "arguments", "sentence"),
    [
        (MODELS, ["tslint::smal"], "--tslint: no configured model is called `smal`; did you mean `small`?"),
        (
            "no-convert = true\n",
            [],
            "--tslint: no model is configured: there is no [[tool.tslint.models]] in tslint.toml",
        ),
        ("modles = []\n", [], "--tslint: unknown key `modles` in tslint.toml; did you mean `models`?"),
        (
            '[[models]]\ntarget = "nots.py"\n',
            [],
            "--tslint: `nots.py`, a model's target in tslint.toml, does not exist",
        ),
        (
            '[[models]]\ntarget = "nets.py"\nname = "a"\n' * 2,
            [],
            "--tslint: 2 models in tslint.toml are called `a`",
        ),
    ],
    ids=["name", "none", "key", "target", "twice"],
)
@pytest.mark.parametrize("more", [[], ["-n", "1"]], ids=["", "xdist"])
def test_a_wrong_configuration_is_one_sentence(
    models: pytest.Pytester, configuration: str, arguments: list[str], sentence: str, more: list[str]
) -> None:
    (models.path / "tslint.toml").write_text(configuration, encoding="utf-8")
    result = run(models, "--tslint", *arguments, *more)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert [line for line in result.errlines if line] == [f"ERROR: {sentence}"]


# -- the fixture -----------------------------------------------------------------------------------------------------------


@pytest.mark.torch
def test_the_fixture_fails_with_the_problems_one_a_line(models: pytest.Pytester) -> None:
    models.makepyfile(
        test_nets="""
        import torch, fine, nets

        def test_fine(tslint_check):
            report = tslint_check(fine.Fine().eval(), torch.rand(2, 3), convert=False)
            assert report.runs and not report.diagnostics

        def test_ignored(tslint_check):
            tslint_check(nets.Net().eval(), torch.rand(2, 3), convert=False, ignore=["dict-output", "math-on-size"])

        def test_net(tslint_check):
            tslint_check(nets.Net().eval(), torch.rand(2, 3), convert=False)

        def test_wrong(tslint_check):
            tslint_check(nets.Net().eval(), torch.rand(2, 3), routes=["tracing"])

        def test_wrong_line(tslint_check):
            tslint_check(nets.Net().eval(), torch.rand(2, 3), fail_on="warn")
        """
    )
    result = run(models, "test_nets.py")
    result.assert_outcomes(passed=2, failed=3)
    text = result.stdout.str()
    assert [line for line in result.outlines if line.startswith("E  ")] == [
        "E       tslint.CheckFailed: nets.py:8:16: error[dict-output] `forward` returns a dict, which torch.jit.trace refuses",
        "E       nets.py:8:26: error[math-on-size] `math.sqrt` of a size is recorded as a constant",
        "E       tslint.settings.values.SettingsError: `routes` must be trace, script, mixed, export or all, not `tracing`; "
        "did you mean `trace`?",
        "E       tslint.settings.values.SettingsError: `fail_on` must be error, warning or info, not `warn`",
    ]
    assert "pytest_plugin.py" not in text
    assert "site-packages" not in text


# -- what it costs ---------------------------------------------------------------------------------------------------------


def test_where_it_is_not_used_nothing_else_of_tslint_is_imported(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_costs="""
        import sys

        def test_costs(request):
            assert request.config.pluginmanager.hasplugin("tslint")
            watched = ("tslint", "libcst", "rich", "typer", "torch", "numpy", "coremltools")
            found = sorted(name for name in sys.modules if name.split(".")[0] in watched)
            assert found == ["tslint", "tslint.pytest_plugin"]
        """
    )
    run(project).assert_outcomes(passed=1)


def test_the_fixture_is_listed_with_what_it_does(project: pytest.Pytester) -> None:
    result = run(project, "--fixtures")
    assert "tslint_check [session scope] -- " in result.stdout.str()
    assert "Checks a model as `tslint.check` does" in result.stdout.str()
