"""The verbs as a library: what `tslint check` does, without a terminal."""

from __future__ import annotations

import dataclasses
import functools
import importlib.util
import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tslint.checking import Checking
from tslint.settings import ModelTable, Settings

if TYPE_CHECKING:
    from tslint.facts import Facts
    from tslint.report.content import Report
    from tslint.runs import OnEvidence


def check_paths(
    targets: Sequence[str],
    settings: Settings,
    on_evidence: OnEvidence | None = None,
    texts: Mapping[str, bytes] | None = None,
) -> Report:
    """Checks files, directories and ``package.module:attribute`` targets; without any, the configured models, else ``.``.

    ON_EVIDENCE is called with each piece of evidence as the child reports it. TEXTS are (absolute path → bytes) of files
    that are checked and run as if they held them, which goes with neither fix nor diff. Never raises for what is wrong with the
    targets or the models: that stands in the report.
    """
    wanted = named(targets, settings)
    run_all = settings.run or (not targets and bool(settings.models))
    if settings.fix or settings.diff:
        from tslint import fixing

        report = fixing.check_and_fix(wanted, settings, on_evidence, run_all)
    else:
        one = Checking(settings, on_evidence, run_all, texts)
        report = one.report(wanted)
        if settings.add_ignore is not None:
            from tslint import silence

            report = silence.added(one, report)
    if report.notebooks:
        from tslint.report.located import located

        report = located(report)
    return report


def named(targets: Sequence[str], settings: Settings) -> list[str]:
    """What is checked where TARGETS are named: without any, the configured models, else the working directory."""
    return list(targets) or list(dict.fromkeys(_configured(table, settings) for table in settings.models)) or ["."]


def check_text(path: Path, data: bytes, settings: Settings, ask: Callable[[Facts], object] | None = None) -> Report:
    """Checks DATA as what the file PATH holds, which may be another or none: its source alone, nothing is run or written.

    ASK is called with its facts. Never raises for what is wrong with the text.
    """
    one = Checking(dataclasses.replace(settings, static=True), None)
    one.foresee(one.reading.given(path, data, ask))
    return one.finished()


def fixed_text(path: Path, data: bytes, settings: Settings) -> str | None:
    """What ``--static --fix`` makes of DATA, as what the file PATH holds; None where that is nothing else. Writes nothing."""
    from tslint import fixing

    one = Checking(dataclasses.replace(settings, static=True), None)
    one.foresee(one.reading.given(path, data))
    changed = fixing.changes(one, one.finished())
    return changed[0].text if changed else None


def check(
    model: Any,
    example_inputs: Any,
    *,
    other_inputs: Any = (),
    routes: Sequence[str] | None = None,
    convert: bool = True,
    verify: bool = True,
    timeout: float | None = None,
    memory: int | str | None = None,
    target: str | None = None,
    select: Sequence[str] | None = None,
    ignore: Sequence[str] | None = None,
) -> Report:
    """Checks a live model: traced, scripted, converted and compared in a child process, and its own source read beside.

    EXAMPLE_INPUTS are a tensor, a tuple of arguments, a mapping of named ones, or a pair of both; OTHER_INPUTS a list of
    further ones to compare on. ROUTES are of trace, script, mixed, export and all (None: as many as are needed), TIMEOUT is
    in seconds (600), MEMORY in bytes or such as ``"4GiB"`` (three quarters of the machine's), TARGET such as ``"iOS17"``;
    SELECT and IGNORE name rules or groups. What is not given here is taken from the project's configuration file.

    MODEL, its mode, its gradients and every random generator stay as they are. What is wrong with the model stands in the
    report. Raises TypeError for what is no model or no input of it, SettingsError for an option that cannot be used,
    ModuleNotFoundError without PyTorch, and IsolationError where this process cannot be forked and the model cannot be pickled.
    """
    if "torch" not in sys.modules and importlib.util.find_spec("torch") is None:
        raise ModuleNotFoundError("PyTorch is not installed here: `pip install 'tslint[coreml]'`", name="torch")
    from tslint.live import IsolationError, own_file
    from tslint.live import settings as settings_for
    from tslint.probe import live

    given = live.given(model, example_inputs, other_inputs, sys._getframe(1))
    classes = {path: list(names) for path, names in live.classes_of(model).items()}
    file = own_file(classes)
    options = {"route": routes, "timeout": timeout, "memory": memory, "select": select, "ignore": ignore}
    flags = {"no_convert": None if convert else True, "no_verify": None if verify else True}
    texts = live.cell_texts(model, file) if file is not None else {}
    one = Checking(settings_for(file, target, options | flags), None, texts=texts)
    run = functools.partial(one.live, type(model).__qualname__, file, classes.get(file or "", ()), target)
    if live.forkable():
        return run(lambda request, evidence: live.work(request, given, evidence), None)
    with tempfile.TemporaryDirectory(prefix="tslint-") as folder:
        try:
            pickled = live.pickle_to(str(Path(folder) / "model"), given)
        except live.Unpicklable as error:
            name = type(model).__qualname__
            raise IsolationError(
                f"`{name}` cannot be checked: this process cannot be forked, and the model not be pickled, since {error}"
            ) from error.__cause__
        return run(None, pickled)


def _configured(table: ModelTable, settings: Settings) -> str:
    """The target of a configured model, a file as a path that holds from the working directory."""
    path = settings.root / table.target
    return os.path.relpath(path) if path.exists() else table.target
