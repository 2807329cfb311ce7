"""Shell completion: the scripts, and what a real bash offers once it has sourced one."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import ROOT, environment, tslint

from tslint import catalogue
from tslint.cli import completion
from tslint.report.listing import FORMATS
from tslint.settings import FAIL_ON, OPTIONS, OUTPUT_FORMATS, key_of
from tslint.setup import KINDS

ASK = """
source {script}
tslint_words() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _tslint_completion tslint; }}
tslint_words {words}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program ``tslint`` on the path, and nothing installed in a shell."""
    folder = tmp_path_factory.mktemp("home")
    program = folder / "bin" / "tslint"
    program.parent.mkdir()
    code = "from tslint.cli import run; run()"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{code}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    (folder / "bash.sh").write_text(tslint("--show-completion", "bash", cwd=ROOT).out, encoding="utf-8")
    return folder


def with_program(home: Path) -> dict[str, str]:
    return {**environment(), "HOME": str(home), "PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"}


def offered(home: Path, *words: str, script: str = "bash.sh") -> list[str]:
    """What bash offers for the last of WORDS."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash here")
    text = ASK.format(script=shlex.quote(str(home / script)), words=" ".join(map(shlex.quote, ("tslint", *words))))
    run = subprocess.run(
        [bash, "--norc", "--noprofile", "-c", text],
        cwd=home,
        env=with_program(home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    return run.stdout.split()


def test_bash_completes_commands(home: Path) -> None:
    listed = tslint("--help", cwd=ROOT).out.partition("Commands:\n")[2].splitlines()
    commands = [line.split()[0] for line in listed if line.strip()]
    assert {"check", "explain", "rules"} <= set(commands)
    assert offered(home, "") == commands
    assert offered(home, "ex") == ["explain"]


def test_bash_completes_every_option(home: Path) -> None:
    options = {f"--{key_of(name)}" for name, known in OPTIONS.items() if known.cli}
    assert options <= set(offered(home, "check", "--"))
    assert offered(home, "check", "--output-fo") == ["--output-format"]


def test_bash_completes_values(home: Path) -> None:
    assert offered(home, "check", "--output-format", "") == list(OUTPUT_FORMATS)
    assert offered(home, "check", "--output-format", "json") == ["json", "json-lines"]
    assert offered(home, "check", "--fail-on", "") == list(FAIL_ON)
    assert offered(home, "rules", "--output-format", "") == list(FORMATS)
    assert offered(home, "doctor", "--output-format", "") == ["full", "json"]
    assert offered(home, "init", "") == list(KINDS)


def test_bash_completes_rules_and_groups(home: Path) -> None:
    assert offered(home, "explain", "") == list(catalogue.names())
    assert offered(home, "explain", "dict-") == ["dict-output"]
    assert offered(home, "check", "--select", "")[: len(catalogue.GROUPS)] == list(catalogue.GROUPS)
    assert offered(home, "check", "--ignore", "mode,trace,dict-") == ["mode,trace,dict-output"]


def test_a_target_is_left_to_the_shell(home: Path) -> None:
    assert offered(home, "check", "") == []
    assert "complete -o default -F" in (home / "bash.sh").read_text(encoding="utf-8")


def test_values_between_commas_are_offered_once() -> None:
    assert completion.listed(("a", "ab", "b"))("a,") == ["a,ab", "a,b"]
    assert completion.listed(("a", "ab", "b"))("b,a") == ["b,a", "b,ab"]
    assert completion.listed(("a", "ab", "b"))("c") == []


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_there_is_a_script_for_each_shell(shell: str) -> None:
    outcome = tslint("--show-completion", shell, cwd=ROOT)
    assert (outcome.status, outcome.err) == (0, "")
    kind = "powershell" if shell == "pwsh" else shell
    assert f"complete_{kind}" in outcome.out
    assert "tslint" in outcome.out


@pytest.mark.parametrize(
    ("shell", "asks"),
    [
        ("zsh", {"_TYPER_COMPLETE_ARGS": "tslint explain dict-"}),
        ("fish", {"_TYPER_COMPLETE_ARGS": "tslint explain dict-", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}),
    ],
)
def test_zsh_and_fish_are_answered(shell: str, asks: dict[str, str], home: Path) -> None:
    env = {**with_program(home), "_TSLINT_COMPLETE": f"complete_{shell}", **asks}
    run = subprocess.run(["tslint"], cwd=home, env=env, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    assert "dict-output" in run.stdout
    assert "data-" not in run.stdout


def test_it_is_installed_for_bash(home: Path, tmp_path: Path) -> None:
    (tmp_path / ".bashrc").write_text("alias ll='ls -l'\n", encoding="utf-8")
    for _ in range(2):
        outcome = tslint("--install-completion", "bash", cwd=tmp_path, env={**environment(), "HOME": str(tmp_path)})
        assert outcome.status == 0, outcome
    rc = (tmp_path / ".bashrc").read_text(encoding="utf-8")
    assert rc.startswith("alias ll='ls -l'\n")
    script = tmp_path / ".bash_completions" / "tslint.sh"
    assert rc.count(str(script)) == 1
    assert outcome.out == f"bash completes tslint from its next start on: {script}\n"
    assert offered(home, "pl", script=str(script)) == ["plan"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--show-completion", "csh"],
            "`--show-completion` takes bash, zsh, fish, powershell or pwsh, not `csh`",
        ),
        (["--install-completion=bash", "check"], "`--install-completion bash` stands alone, without check"),
    ],
    ids=["shell", "more"],
)
def test_what_it_does_not_know_is_one_sentence(arguments: list[str], sentence: str) -> None:
    outcome = tslint(*arguments, cwd=ROOT)
    assert (outcome.status, outcome.out, outcome.err) == (2, "", f"tslint: error: {sentence}\n")
