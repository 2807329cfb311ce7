"""The command line: what reaches the settings, what is printed where, the exit status. The checking itself is a stand-in."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

import tslint
from tslint import cli
from tslint.cli import typed
from tslint.diagnostic import Basis, Claim, Diagnostic, Severity, Span
from tslint.evidence import Evidence
from tslint.planning import Planned
from tslint.report.content import Report, summarise
from tslint.settings import OPTIONS, Settings, negative_of
from tslint.settings.patterns import PerFile

ROOT = Path(tslint.__file__).parent.parent

PROBLEM = Diagnostic(
    "math-on-size",
    "trace",
    Claim.TRACE_DIFFERS,
    Severity.WARNING,
    Basis.PREDICTED,
    "`math.sqrt` of a size is recorded as a constant",
    "net.py",
    Span(3, 5, 3, 9),
)


class StandIn:
    """``tslint.api`` for these tests: remembers what it was asked, and answers with ``report``."""

    def __init__(self) -> None:
        self.report: Report = self.of(PROBLEM)
        self.asked: list[tuple[list[str], Settings]] = []
        self.error: BaseException | None = None
        self.evidence: Sequence[Evidence] = ()

    @staticmethod
    def of(*diagnostics: Diagnostic, **more: object) -> Report:
        return Report(diagnostics, summary=summarise(diagnostics, 1), **more)  # type: ignore[arg-type]

    def check_paths(
        self, targets: list[str], settings: Settings, on_evidence: Callable[[Evidence], None] | None = None
    ) -> Report:
        self.asked.append((targets, settings))
        for item in self.evidence:
            if on_evidence is not None:
                on_evidence(item)
        if self.error is not None:
            raise self.error
        return self.report


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StandIn:
    stand_in = StandIn()
    module = types.ModuleType("tslint.api")
    module.check_paths = stand_in.check_paths  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tslint.api", module)
    monkeypatch.setattr(tslint, "api", module, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tslint.toml").touch()
    return stand_in


def test_every_option_of_the_table_reaches_the_settings(api: StandIn) -> None:
    command = [
        "check", "a.py", "b.py", "--run", "--route", "trace,script", "--route", "mixed", "--model", "Net(3)",
        "--input", "1,3,8,8", "--input", "int64[2..11]", "--target", "iOS17", "--no-convert", "--no-verify",
        "--select", "trace,mode", "--ignore", "script", "--fix", "--unsafe-fixes", "--output-format", "concise",
        "--statistics", "--show-info",
        "--show-refuted", "--show-output", "--fail-on", "error", "--exit-zero", "--python", "/usr/bin/python3", "--quiet",
        "--timeout", "7.5", "--memory", "2GiB", "--jobs", "3", "--no-cache", "--max-file-size", "5MB", "--config", "tslint.toml",
        "--extend-select", "coreml", "--exclude", "old/,gen_*.py", "--extend-exclude", "new/", "--force-exclude",
        "--no-respect-gitignore",
        "--per-file-ignores", "tests/*:trace,tests/*:mode", "--extend-per-file-ignores", "!a.py:script",
        "--baseline", "known.json",
    ]  # fmt: skip
    assert cli.main(command) == 0
    ((targets, settings),) = api.asked
    assert targets == ["a.py", "b.py"]
    assert settings == Settings(
        run=True,
        route=("trace", "script", "mixed"),
        model="Net(3)",
        input=("1,3,8,8", "int64[2..11]"),
        target="iOS17",
        no_convert=True,
        no_verify=True,
        select=("trace", "mode"),
        ignore=("script",),
        fix=True,
        unsafe_fixes=True,
        output_format="concise",
        statistics=True,
        show_info=True,
        show_refuted=True,
        show_output=True,
        fail_on="error",
        exit_zero=True,
        python="/usr/bin/python3",
        quiet=True,
        timeout=7.5,
        memory=2 * 2**30,
        jobs=3,
        no_cache=True,
        max_file_size=5_000_000,
        config="tslint.toml",
        extend_select=("coreml",),
        exclude=("old/", "gen_*.py"),
        extend_exclude=("new/",),
        force_exclude=True,
        respect_gitignore=False,
        per_file_ignores=(PerFile("tests/*", ("trace", "mode")),),
        extend_per_file_ignores=(PerFile("!a.py", ("script",)),),
        baseline="known.json",
        root=Path.cwd(),
        config_path=Path.cwd() / "tslint.toml",
    )
    left_out = {"static", "diff", "output_file", "save", "repro"}  # which want a conversion
    left_out |= {"show_settings", "show_files"}  # which check nothing
    left_out |= {"add_ignore", "no_baseline", "write_baseline", "stdin_filename", "watch"}  # which do something else
    left_out |= {name for name, option in OPTIONS.items() if not option.cli}
    assert {name for name in OPTIONS if getattr(settings, name) == getattr(Settings(), name)} == left_out


@pytest.mark.parametrize(
    "line",
    [
        "check",
        "check a.py b.py",
        "check --static a.py --route trace --route script,mixed b.py",
        "check a.py --input 1,3,8,8 --input=int64[2..11] --model=Net(a=3) --timeout 3 --timeout 4",
        "check --select= a.py --quiet --quiet",
        "check --no-static --convert --static --no-respect-gitignore --no-convert --verify a.py --no-quiet --force-exclude",
        "check --exclude a,b --exclude=c --per-file-ignores a.py:trace a.py",
        "check - --stdin-filename a.py",
        "check --add-ignore a.py",
        "check --add-ignore=since=2024 a.py",
        "check timm:resnet18(num_classes=3) --output-format json --memory 2GiB --fail-on=error",
    ],
)
def test_a_plain_line_is_read_as_typer_reads_it(api: StandIn, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    read: list[tuple[list[str], dict[str, object]]] = []

    def check(targets: list[str], given: dict[str, object]) -> int:
        read.append((targets, {name: value for name, value in given.items() if value is not None}))
        return 0

    monkeypatch.setattr(cli, "check", check)
    plain = cli.read_check(line.split())
    assert plain is not None
    assert typed.with_typer(line.split()) == 0
    assert read == [plain]


@pytest.mark.parametrize(
    "line",
    [
        "rules",
        "check --help",
        "check -x",
        "check -- a.py",
        "check --statc",
        "check --static=yes",
        "check --model",
        "check --model --static",
        "check --severity x",
        "check --no-fix",
        "check --no-static=yes",
    ],
)
def test_whatever_is_not_plain_is_left_to_typer(line: str) -> None:
    assert cli.read_check(line.split()) is None


def test_help_names_every_option_and_the_danger(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "--help"]) == 0
    text = capsys.readouterr().out
    for name, option in OPTIONS.items():
        assert (f"--{name.replace('_', '-')} " in text) == option.cli
        negative = negative_of(name, option)
        assert negative is None or f" / --{negative}" in text.split("Options:")[1]
    assert "WITH YOUR RIGHTS" in text


def test_targets_are_handed_on_as_given(api: StandIn) -> None:
    cli.main(["check"])
    cli.main(["check", "x.py", "timm.models:resnet18(num_classes=3)"])
    assert [targets for targets, _ in api.asked] == [[], ["x.py", "timm.models:resnet18(num_classes=3)"]]


def test_the_report_goes_to_standard_output_and_nothing_else(api: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["check", "net.py", "--output-format", "concise"]) == 1
    assert capsys.readouterr() == (
        "net.py:3:5: warning[math-on-size] `math.sqrt` of a size is recorded as a constant\n",
        "",
    )
    assert cli.main(["check", "net.py", "--output-format", "json"]) == 1
    out, err = capsys.readouterr()
    assert (json.loads(out)["summary"]["warning"], err) == (1, "")


@pytest.mark.parametrize(
    ("arguments", "status"),
    [([], 1), (["--fail-on", "error"], 0), (["--exit-zero"], 0), (["--fail-on", "info"], 1)],
)
def test_exit_status(api: StandIn, arguments: list[str], status: int) -> None:
    assert cli.main(["check", *arguments]) == status


def test_errors_of_the_report_win(api: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    api.report = api.of(PROBLEM, errors=("net.py cannot be read",))
    assert cli.main(["check", "--exit-zero"]) == 2
    assert "error: net.py cannot be read" in capsys.readouterr().out


def test_what_fail_on_counts_is_shown(api: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    import dataclasses

    api.report = api.of(dataclasses.replace(PROBLEM, severity=Severity.INFO))
    assert cli.main(["check", "--fail-on", "info", "--output-format", "concise"]) == 1
    assert "info[math-on-size]" in capsys.readouterr().out


def test_a_diff_takes_the_place_of_the_report(api: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    api.report = api.of(PROBLEM, diff="--- net.py\n+++ net.py\n")
    assert cli.main(["check", "--diff"]) == 1
    assert capsys.readouterr() == ("--- net.py\n+++ net.py\n", "")
    api.report = api.of(PROBLEM, diff="", errors=("other.py cannot be read",))
    assert cli.main(["check", "--diff"]) == 2
    assert capsys.readouterr() == ("", "tslint: error: other.py cannot be read\n")


def test_output_file(api: StandIn, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main(["check", "--output-format", "json", "--output-file", "report.json"]) == 1
    assert capsys.readouterr() == ("", "")
    assert json.loads(Path("report.json").read_text())["version"] == 1
    assert Path("report.json").stat().st_mode == Path("tslint.toml").stat().st_mode
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    assert cli.main(["check", "--output-format", "concise", "--output-file", "pipe"]) == 1
    assert os.read(reader, 1000).startswith(b"net.py:3:5: ") and Path("pipe").is_fifo()
    os.close(reader)
    capsys.readouterr()
    assert cli.main(["check", "--output-file", "none/report.txt"]) == 2
    message = "tslint: error: `--output-file none/report.txt` cannot be written: there is no directory none\n"
    assert capsys.readouterr() == ("", message)
    assert cli.main(["check", "--output-format", "concise", "--output-file", "-"]) == 1
    assert capsys.readouterr().out.startswith("net.py:3:5: ") and not Path("-").exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["chek"], "no such command 'chek'. Did you mean 'check'?"),
        (["check", "--statc"], "no such option: --statc"),
        (["check", "--timeout"], "option '--timeout' requires an argument"),
        (["check", "--timeout", "x"], "`--timeout` must be a number of seconds above 0, not `x`"),
        (["check", "--memory", "much"], "`--memory` must be a size such as `4GiB`, not `much`"),
        (["check", "--static", "--run"], "--static and --run contradict each other"),
        (["check", "--static", "--input", "1,3"], "--static and --input contradict each other: a model is only built"),
        (["check", "--static", "--model", "Net"], "--static and --model contradict each other: a model is only built"),
        (["explain", "mode"], "no rule is called `mode`, which is a group of rules: "),
        (["check", "--jobs", "0"], "`--jobs` must be a number of at least 1, not `0`"),
        (["check", "--select", "trase"], "`--select`: no rule or group is called `trase`; did you mean `trace`?"),
        (["check", "--config", "none.toml"], "none.toml cannot be read: No such file or directory"),
        (["explain", "math-on-sizes"], "no rule is called `math-on-sizes`; did you mean `math-on-size`?"),
        (["explain"], "missing argument 'rule'"),
        (["rules", "--output-format", "xml"], "`--output-format` must be full, concise or json, not `xml`"),
    ],
)
def test_wrong_usage_is_one_sentence(
    api: StandIn, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert cli.main(arguments) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.lower().startswith(f"tslint: error: {sentence}".lower())
    assert api.asked == []


def test_wrong_settings_in_a_file_are_one_sentence(api: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    Path("tslint.toml").write_text("tiemout = 3")
    assert cli.main(["check"]) == 2
    assert capsys.readouterr().err == "tslint: error: unknown key `tiemout` in tslint.toml; did you mean `timeout`?\n"


def test_of_two_that_contradict_each_other_the_command_line_wins(
    api: StandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("tslint.toml").write_text("run = true")
    cli.main(["check", "net.py", "--static"])
    Path("tslint.toml").write_text("static = true")
    cli.main(["check", "net.py", "--run"])
    cli.main(["check", "net.py", "--no-static"])
    assert [(settings.static, settings.run) for _, settings in api.asked] == [
        (True, False),
        (False, True),
        (False, False),
    ]
    capsys.readouterr()
    Path("tslint.toml").write_text("static = true\nrun = true")
    assert cli.main(["check", "net.py"]) == 2
    assert "contradict each other" in capsys.readouterr().err


def test_a_fault_of_its_own_is_2_and_an_interruption_130(api: StandIn, capsys: pytest.CaptureFixture[str]) -> None:
    api.error = RuntimeError("oh")
    assert cli.main(["check"]) == 2
    assert "RuntimeError: oh" in capsys.readouterr().err
    api.error = KeyboardInterrupt()
    assert cli.main(["check"]) == 130
    assert capsys.readouterr().out == ""


def run(*arguments: str, **more: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tslint", *arguments]
    values: dict[str, object] = {"cwd": ROOT, "capture_output": True, "text": True, **more}
    return subprocess.run(command, **values)  # type: ignore[call-overload, no-any-return]


def test_version_as_a_module() -> None:
    assert run("--version").stdout == f"tslint {tslint.__version__}\n"


def test_the_version_is_said_without_typer_and_alike_with_it() -> None:
    program = "import sys; from tslint.cli import main; main(['--version']); print('typer' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT)
    assert ran.stdout == f"tslint {tslint.__version__}\nFalse\n"
    assert run("--version", "check").stdout == f"tslint {tslint.__version__}\n"


def test_without_a_command_the_help_is_printed() -> None:
    ran = run()
    assert (ran.returncode, ran.stderr) == (0, "")
    assert all(command in ran.stdout for command in ("check", "explain", "rules"))


def test_rules_in_each_format() -> None:
    listed = json.loads(run("rules", "--output-format", "json").stdout)
    names = [rule["name"] for rule in listed]
    assert {"math-on-size", "dict-output", "syntax-error"} <= set(names)
    assert set(listed[0]) == {"name", "group", "summary", "message", "claims", "fix", "since", "url"}
    lines = run("rules", "--output-format", "concise").stdout.splitlines()
    assert [line.split(":")[0] for line in lines] == [f"{rule['group']}/{rule['name']}" for rule in listed]
    assert all(f"  {name} " in run("rules").stdout for name in names[:1])


def test_explain_in_a_pipe_is_the_page_as_text() -> None:
    text = run("explain", "math-on-size").stdout
    assert text.startswith("# math-on-size\n")
    assert "\x1b" not in text and "```toml" not in text
    assert "Reported:\n\n```python\n" in text and "- fix: safe" in text


def test_a_page_leaves_names_at_its_beginning_as_they_are_spelled() -> None:
    lines = run("explain", "unsupported-op").stdout.splitlines()
    assert lines[2] == "coremltools has no converter for an op of the graph"


def test_a_reader_that_leaves_is_no_error() -> None:
    command = f"set -o pipefail; {sys.executable} -m tslint rules --output-format json | head -n 1"
    ran = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("[\n", "")
    for arguments in ("rules", "explain math-on-size"):
        closed = f"{{ sleep 0.2; {sys.executable} -m tslint {arguments}; echo $? >&2; }} | true"
        ran = subprocess.run(["bash", "-c", closed], cwd=ROOT, capture_output=True, text=True)
        assert ran.stderr == "0\n"


def test_an_encoding_that_lacks_the_signs(tmp_path: Path) -> None:
    code = "from tslint.cli.output import write; write('│ ╰─ caption ✓ 漢 \\ud800\\n', None)"
    for encoding, expected in (
        ("ascii", b"| `- caption + \\u6f22 \\ud800\n"),
        ("utf-8", "│ ╰─ caption ✓ 漢 \\ud800\n".encode()),
    ):
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, env=environment)
        assert (ran.stdout, ran.stderr) == (expected, b"")


def on_terminal(code: str, **environment: str) -> str:
    """What CODE writes when its standard streams are a terminal of 80 columns."""
    parent, terminal = pty.openpty()
    import fcntl
    import struct
    import termios

    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    values = {**os.environ, "TERM": "xterm", **environment}
    values.pop("NO_COLOR", None) if "NO_COLOR" not in environment else None
    values.pop("COLUMNS", None)
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=ROOT, stdin=terminal, stdout=terminal, stderr=terminal, env=values
    )
    os.close(terminal)
    chunks = []
    try:
        while chunk := os.read(parent, 65536):
            chunks.append(chunk)
    except OSError:  # Linux says EIO where the other end has closed
        pass
    process.wait()
    os.close(parent)
    return b"".join(chunks).decode()


def test_colours_on_a_terminal_alone() -> None:
    code = "from tslint import cli; cli.main(['explain', 'math-on-size'])"
    assert "\x1b[" in on_terminal(code)
    for environment in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        text = on_terminal(code, **environment)
        assert "math-on-size" in text and "\x1b" not in text


PROGRESS = """
import sys, time, types
import tslint
from tslint import cli
from tslint.evidence import EntryChosen, StepBegan, StepEnded
from tslint.report.content import Report

def check_paths(targets, settings, on_evidence=None):
    if on_evidence is not None:
        on_evidence(EntryChosen(0, "a test", "Net[bold]", (), ""))
        on_evidence(StepBegan(0, "eager"))
        on_evidence(StepEnded(0, "eager", "ok", 0.1))
        on_evidence(StepBegan(0, "trace"))
        time.sleep(0.4)
    return Report()

module = sys.modules["tslint.api"] = types.ModuleType("tslint.api")
module.check_paths = check_paths
sys.exit(cli.main(["check", "net.py", *sys.argv[1:]]))
"""


def test_progress_on_a_terminal_and_nothing_of_it_in_a_pipe() -> None:
    shown = on_terminal(PROGRESS)
    assert "Net[bold]" in shown and "✓ eager" in shown.replace("\x1b[32m", "").replace("\x1b[0m", "")
    assert "trace 0 s" in shown
    assert shown.rstrip().replace("\x1b[0m", "").endswith("Found no problems.")
    for quiet in ("--quiet", "--static", "--show-output"):
        silent = on_terminal(PROGRESS.replace("*sys.argv[1:]", f"'{quiet}'"))
        assert "eager" not in silent
    ran = subprocess.run([sys.executable, "-c", PROGRESS], cwd=ROOT, capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("Found no problems.\n", "")


def test_what_a_pipe_loads() -> None:
    """Typer, Rich, LibCST and torch cost time that a concise report does not need."""
    code = (
        "import sys, types; from tslint import cli; from tslint.report.content import Report\n"
        "module = sys.modules['tslint.api'] = types.ModuleType('tslint.api')\n"
        "module.check_paths = lambda targets, settings: Report()\n"
        "cli.main(['check', '--static', '--output-format', 'concise'])\n"
        "print([name for name in ('typer', 'pydantic', 'rich', 'libcst', 'torch', 'coremltools') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "waits"),
    [
        (["net.py"], True),
        (["net.py", "--static"], False),
        (["net.py", "net.py"], False),
        (["plain.py"], False),
        (["."], False),
        (["nothing.py"], False),
        (["package.module:net"], False),
        (["pipe"], False),
    ],
)
def test_a_child_waits_while_one_file_is_read_that_may_have_something_to_run(
    api: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: list[str], waits: bool
) -> None:
    from tslint import child

    started: list[object] = []

    @contextlib.contextmanager
    def waiting(python: str | None, *, show_output: bool) -> Iterator[None]:
        started.append((python, show_output, len(api.asked)))
        yield

    monkeypatch.setattr(child, "waiting", waiting)
    (tmp_path / "net.py").write_text("import torch\n")
    (tmp_path / "plain.py").write_text("import math\n")
    os.mkfifo(tmp_path / "pipe")
    cli.main(["check", *arguments])
    assert started == ([(None, False, 0)] if waits else [])


# -- plan ------------------------------------------------------------------------------------------------------------


class PlanStandIn:
    """``tslint.planning`` for these tests: remembers what it was asked, and answers with ``planned``."""

    def __init__(self) -> None:
        self.planned = Planned("x = 1\n", "it was run", ("a note",))
        self.asked: list[tuple[str, Path | None, Settings]] = []

    def plan(self, target: str, output: Path | None, settings: Settings, _: object = None) -> Planned:
        self.asked.append((target, output, settings))
        return self.planned


@pytest.fixture
def planning(api: StandIn, monkeypatch: pytest.MonkeyPatch) -> PlanStandIn:
    stand_in = PlanStandIn()
    module = types.ModuleType("tslint.planning")
    module.plan = stand_in.plan  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tslint.planning", module)
    monkeypatch.setattr(tslint, "planning", module, raising=False)
    return stand_in


def test_a_plan_is_printed_and_what_is_said_of_it_is_not_in_it(
    planning: PlanStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["plan", "net.py", "--model", "Net()", "--input", "1,4", "--input", "int64[2]", "--run", "--timeout", "9"]
    assert cli.main(command) == 0
    ((target, output, settings),) = planning.asked
    assert (target, output) == ("net.py", None)
    assert (settings.model, settings.input, settings.run, settings.timeout) == ("Net()", ("1,4", "int64[2]"), True, 9.0)
    captured = capsys.readouterr()
    assert captured.out == "x = 1\n"
    assert captured.err == "tslint: note: a note\ntslint: it was run\n"


def test_a_plan_is_written(planning: PlanStandIn, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert cli.main(["plan", "net.py", "-o", "convert.py", "--quiet"]) == 0
    assert planning.asked[0][1] == Path("convert.py")
    assert (tmp_path / "convert.py").read_text() == "x = 1\n"
    assert capsys.readouterr() == ("", "")
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".py"] == ["convert.py"]


@pytest.mark.parametrize(
    "planned, status",
    [(Planned(problems=("no way",)), 1), (Planned(errors=("no target",)), 2)],
)
def test_without_a_plan_nothing_is_written(
    planned: Planned, status: int, planning: PlanStandIn, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    planning.planned = planned
    assert cli.main(["plan", "net.py", "-o", "convert.py"]) == status
    (sentence,) = (*planned.problems, *planned.errors)
    assert capsys.readouterr() == ("", f"tslint: error: {sentence}\n")
    assert not (tmp_path / "convert.py").exists()


@pytest.mark.parametrize(
    "arguments", [[], ["a.py", "b.py"], ["a.py", "--route", "trace"], ["a.py", "--timeout", "soon"]]
)
def test_a_plan_that_is_asked_for_wrongly(
    arguments: list[str], planning: PlanStandIn, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["plan", *arguments]) == 2
    captured = capsys.readouterr()
    assert (captured.out, planning.asked) == ("", [])
    assert captured.err.startswith("tslint: error: ") and captured.err.count("\n") == 1
