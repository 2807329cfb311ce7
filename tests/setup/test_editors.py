"""README's recipes for Vim, Emacs and PyCharm, copied from it and run: what tslint prints becomes their lists of problems."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from commandline import EXAMPLES, counted, tslint
from recipes import commands, field, recipe

NAMES = ("a b/segmentation.py", "segmentation.ipynb")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("project") / "größe"
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((EXAMPLES / Path(name).name).read_bytes())
    return folder


@pytest.fixture(scope="module")
def problems(project: Path) -> dict[str, list[dict[str, Any]]]:
    """What ``json`` says of each file."""
    arguments = ("check", "--static", "--output-format", "json")
    found = {name: counted(tslint(*arguments, name, cwd=project).report) for name in NAMES}
    assert min(map(len, found.values())) >= 3
    return found


@pytest.mark.parametrize("name", NAMES)
def test_vim_lists_every_problem(name: str, project: Path, problems: dict[str, Any], tmp_path: Path) -> None:
    """``:compiler`` and ``:make``, as README has it."""
    vim = shutil.which("vim")
    if vim is None:
        pytest.skip("Vim is not installed")
    if "+eval" not in subprocess.run([vim, "--version"], capture_output=True, text=True, check=True).stdout:
        pytest.skip("this Vim is built without +eval, which the test needs to read its list")
    (tmp_path / "vim" / "compiler").mkdir(parents=True)
    first = '" ~/.vim/compiler/tslint_torch.vim'
    (tmp_path / "vim" / "compiler" / "tslint_torch.vim").write_text(recipe("vim", first), encoding="utf-8")
    listed = tmp_path / "listed.json"
    script = tmp_path / "script.vim"
    entry = "{'file': fnamemodify(bufname(v:val.bufnr), ':.'), 'line': v:val.lnum, 'column': v:val.col,"
    entry += " 'type': v:val.type, 'text': v:val.text, 'valid': v:val.valid}"
    script.write_text(
        f"set encoding=utf-8\nset runtimepath+={str(tmp_path / 'vim').replace(' ', chr(92) + ' ')}\n"
        f"compiler tslint_torch\nsilent! make!\n"
        f"call writefile([json_encode(map(getqflist(), \"{entry}\"))], '{listed}')\nqall!\n",
        encoding="utf-8",
    )
    subprocess.run(
        [vim, "-N", "-u", "NONE", "-i", "NONE", "-n", "-es", name, "-S", str(script)],
        cwd=project, env=commands(tmp_path / "bin"), check=True, timeout=120, stdin=subprocess.DEVNULL, capture_output=True,
    )  # fmt: skip
    found = [entry for entry in json.loads(listed.read_text(encoding="utf-8")) if entry["valid"]]
    assert [(e["file"], e["line"], e["column"], e["type"]) for e in found] == [
        (name, d["line"], d["column"], d["severity"][0]) for d in problems[name]
    ]
    for entry, diagnostic in zip(found, problems[name], strict=True):
        assert re.fullmatch(r"\[[a-z-]+\] (\[\*\] )?.*", entry["text"])
        assert entry["text"].startswith(f"[{diagnostic['rule']}] ")
        assert entry["text"].endswith(diagnostic["message"])


READING = """
(with-temp-buffer
  (insert-file-contents (getenv "PRINTED"))
  (setq default-directory (file-name-as-directory (getenv "FOLDER")))
  (compilation-mode)
  (let ((inhibit-read-only t)) (compilation--ensure-parse (point-max)))
  (goto-char (point-min))
  (let ((found nil))
    (while (not (eobp))
      (let ((message (get-text-property (point) 'compilation-message)))
        (when message
          (let ((loc (compilation--message->loc message)))
            (push (list (caar (compilation--loc->file-struct loc))
                        (compilation--loc->line loc)
                        (compilation--loc->col loc)
                        (compilation--message->type message))
                  found))))
      (forward-line 1))
    (princ (json-encode (vconcat (nreverse found))))))
"""


JUMPING = """
(find-file (getenv "PRINTED"))
(setq default-directory (file-name-as-directory (getenv "FOLDER")))
(compilation-mode)
(let ((found nil) (next-error-last-buffer (current-buffer)))
  (condition-case nil
      (while t
        (next-error)
        (with-current-buffer (window-buffer)
          (push (list (file-relative-name buffer-file-name (getenv "FOLDER"))
                      (line-number-at-pos)
                      (1+ (- (point) (line-beginning-position))))
                found)))
    (user-error nil))
  (princ (json-encode (vconcat (nreverse found)))))
"""


def emacs(code: str, name: str, project: Path, tmp_path: Path) -> Any:
    """What CODE prints as JSON, run behind README's lines, with what tslint prints of NAME."""
    program = shutil.which("emacs")
    if program is None:
        pytest.skip("Emacs is not installed")
    printed = tmp_path / "printed.txt"
    arguments = ("check", "--static", "--output-format", "concise")
    header = "-*- mode: compilation -*-\n\n"  # of a compilation's buffer
    printed.write_text(header + tslint(*arguments, name, cwd=project).out, encoding="utf-8")
    script = tmp_path / "script.el"
    script.write_text("(require 'json)\n" + recipe("elisp", "(require 'compile)") + code, encoding="utf-8")
    env = {**commands(tmp_path / "bin"), "PRINTED": str(printed), "FOLDER": str(project)}
    command = [program, "-Q", "--batch", "-l", str(script)]
    run = subprocess.run(command, env=env, capture_output=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("name", NAMES)
def test_emacs_lists_every_problem(name: str, project: Path, problems: dict[str, Any], tmp_path: Path) -> None:
    types = {"error": 2, "warning": 1, "info": 0}
    wanted = [[name, d["line"], d["column"], types[d["severity"]]] for d in problems[name]]
    assert emacs(READING, name, project, tmp_path) == wanted


def test_emacs_goes_to_the_character(project: Path, problems: dict[str, Any], tmp_path: Path) -> None:
    name = NAMES[0]
    assert emacs(JUMPING, name, project, tmp_path) == [[name, d["line"], d["column"]] for d in problems[name]]


PYCHARM = {"$FILE_PATH$": r"((?:[A-Za-z]:)?[0-9 a-z_A-Z\-\\./]+)", "$LINE$": "([0-9]+)", "$COLUMN$": "([0-9]+)"}
"""What its ``RegexpFilter`` puts in the place of each:
https://github.com/JetBrains/intellij-community/blob/master/platform/lang-api/src/com/intellij/execution/filters/RegexpFilter.java
It links what it finds as a path by itself, not from a working directory."""


@pytest.mark.parametrize("name", NAMES)
def test_pycharm_links_every_problem(name: str, problems: dict[str, Any], tmp_path: Path) -> None:
    expression = field("Output filters")
    for macro, pattern in PYCHARM.items():
        assert expression.count(macro) == 1
        expression = expression.replace(macro, pattern)
    path = tmp_path / "project" / name
    path.parent.mkdir(parents=True)
    path.write_bytes((EXAMPLES / Path(name).name).read_bytes())
    env = commands(tmp_path / "bin")
    values = {"$PyInterpreterDirectory$": str(tmp_path / "bin"), "$FilePath$": f'"{path}"'}
    command = [field("Program"), *shlex.split(_filled(field("Arguments"), values))]
    run = subprocess.run(
        [_filled(command[0], values), *command[1:]], cwd=_filled(field("Working directory"), values), env=env,
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert run.returncode == 1, run
    found = [match.groups() for line in run.stdout.splitlines() if (match := re.search(expression, line))]
    assert found == [(str(path), str(d["line"]), str(d["column"])) for d in problems[name]]


def _filled(text: str, values: dict[str, str]) -> str:
    for macro, value in values.items():
        text = text.replace(macro, value)
    return text
