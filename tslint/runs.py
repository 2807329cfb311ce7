"""The run half of a check: what a target is run as, in which child, and what its evidence makes of what was predicted.

Starts children through ``child`` alone. Imported only where something is to be run: a static check never needs it.
"""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tslint import child, engine, interpreter, merge
from tslint.diagnostic import Diagnostic
from tslint.evidence import CodeRan, ConversionDiffered, Evidence, NoEntry, OpUnsupported, Saved, StepEnded, as_named
from tslint.facts import Facts
from tslint.facts.context import Context
from tslint.facts.entries import outline
from tslint.frozen import frozen
from tslint.report.assemble import assemble_runs, notes_of
from tslint.report.run import Run
from tslint.request import ModelSpec, NotebookModule, Outline, Pickled, Request, Written
from tslint.saving import Saving
from tslint.settings import ModelTable, Settings

if TYPE_CHECKING:
    from tslint.forked import Work

HOW = {
    "trace": "by the trace",
    "script": "by scripting",
    "mixed": "by tracing but for what only scripting keeps",
    "export": "by torch.export",
}
"""What each route is called behind the name of the package that it was saved as."""

CONVENTIONS = {"example_inputs", "get_inputs", "get_init_inputs", "build_model"}

OnEvidence = Callable[[Evidence], None]


@frozen
class Trial:
    """Files that are run as if they held other ``texts``, and the folder where eager's ``answers`` are kept or held against.

    ``texts`` are (absolute path, text).
    """

    answers: str = ""
    texts: tuple[tuple[str, str], ...] = ()


@dataclass
class Ran:
    """One target's run; ``file`` is the absolute path of a target that is one.

    ``notes`` say what was skipped and why, ``errors`` what tslint was asked for and could not do.
    """

    target: str
    file: str | None = None
    evidence: list[Evidence] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def touched(self) -> set[str]:
        """The files, by absolute path, that it has something to say about: whose code ran, or is blamed."""
        ran = {path for item in self.evidence if isinstance(item, CodeRan) for path in item.functions}
        places = [getattr(item, "place", None) for item in self.evidence]
        return ran | {place.path for place in places if place is not None}

    def observed(self, predicted: list[Diagnostic], load: Callable[[str], Facts | None]) -> list[Diagnostic]:
        """PREDICTED joined with what the run observed; LOAD gives the facts of a file by its absolute path."""
        if not self.evidence:
            return predicted
        found, crashes = engine.observe(self.evidence, Context(load))
        found = [self._in_file(diagnostic) for diagnostic in found]
        return [*merge.merge(predicted, found, self.evidence), *crashes]

    def _in_file(self, diagnostic: Diagnostic) -> Diagnostic:
        """What ended the run on no line that is known: in the file that was run, which is one of several."""
        placeless = diagnostic.path is None and diagnostic.rule == "model-failed"
        return dataclasses.replace(diagnostic, path=self.file) if placeless else diagnostic

    def assembled(self, diagnostics: Iterable[Diagnostic]) -> tuple[Run, ...]:
        """One Run for each entry; DIAGNOSTICS name the rules that stopped a route."""
        return assemble_runs(self.target, self.evidence, list(diagnostics))


def run(
    target: str,
    path: Path | None,
    facts: Facts | None,
    settings: Settings,
    on_evidence: OnEvidence | None,
    planning: bool = False,
    trial: Trial | None = None,
    named: bool = True,
) -> Ran:
    """Runs TARGET: the file PATH, of which FACTS are known, or ``package.module:attribute`` where PATH is None.

    PLANNING asks for the way that works as code. Where PATH was not NAMED, but found in a directory, that nothing in it can be
    run is no error.
    """
    ran = Ran(target, str(path.absolute()) if path else None)
    specs = _specs(target, settings)
    known: Outline | None = None
    if path is not None:
        if facts is None:
            return ran
        known = outline(facts)
        if not specs and not _runnable(known):
            missing = f"{target}: no entry found, so nothing was run; name one with `--model Net --input 1,3,224,224`"
            ran.notes += [missing] if named else []
            return ran
    asked = settings.run or bool(settings.route) or bool(settings.save) or bool(settings.repro)
    explicit = bool(specs) or (asked and named) or path is None or planning
    request = dataclasses.replace(_request(ran.file or target, specs, known, settings), plan=planning)
    if facts is not None and ran.file is not None and facts.source.cells is not None:
        notebook = NotebookModule(ran.file, facts.source.text, facts.source.cells)
        request = dataclasses.replace(request, notebook=notebook)
    if trial is not None:
        request = dataclasses.replace(request, texts=trial.texts, answers=trial.answers)
    _start(request, settings, on_evidence, ran, explicit)
    return ran


def run_written(written: Written, settings: Settings, on_evidence: OnEvidence | None) -> Ran:
    """Runs a script that was written, and nothing else."""
    ran = Ran(written.path)
    _start(Request(written.path, written=written), settings, on_evidence, ran, True)
    return ran


def run_live(
    target: str, settings: Settings, work: Work | None, pickled: Pickled | None, deployment_target: str | None
) -> Ran:
    """Runs a live model, called TARGET: WORK in a fork of this process, or what was PICKLED in a fresh one."""
    ran = Ran(target)
    asked = _request(target, (), None, settings)
    request = dataclasses.replace(
        asked, pickled=pickled, deployment_target=deployment_target or asked.deployment_target
    )
    _start(request, dataclasses.replace(settings, python=sys.executable), None, ran, True, work)
    return ran


def run_archive(
    target: str, path: Path, settings: Settings, on_evidence: OnEvidence | None, planning: bool = False
) -> Ran:
    """Runs the TorchScript archive PATH, which was named as TARGET."""
    ran = Ran(target, str(path.absolute()))
    if settings.model:
        ran.errors.append(
            f"{target} is a TorchScript archive, which is a model itself: --model goes with a file of source"
        )
        return ran
    request = _request(str(path.absolute()), _specs(target, settings), None, settings)
    _start(dataclasses.replace(request, plan=planning), settings, on_evidence, ran, True)
    return ran


def _request(target: str, specs: tuple[ModelSpec, ...], known: Outline | None, settings: Settings) -> Request:
    return Request(
        target=target,
        specs=specs,
        outline=known,
        run_side_effects=settings.run,
        routes=settings.route,
        convert=not settings.no_convert,
        verify=not settings.no_verify,
        deployment_target=settings.target,
        repro=bool(settings.repro),
        coreml=next((table.coreml for table in settings.models_of(target) if table.coreml is not None), None),
    )


def _start(
    request: Request,
    settings: Settings,
    on_evidence: OnEvidence | None,
    ran: Ran,
    explicit: bool,
    work: Work | None = None,
) -> None:
    """Runs REQUEST in a child. EXPLICIT: what stops it is an error, since somebody asked for the run.

    An interpreter that was named and is none is an error in any case.
    """
    try:
        interpreter.interpreter(settings.python)
        explicit = explicit or (settings.python is not None and interpreter.broken(settings.python))
    except interpreter.InterpreterError as error:
        ran.errors.append(str(error))
        return
    missing = interpreter.missing(settings.python)
    if missing:
        (ran.errors if explicit else ran.notes).append(missing)
        return
    saving = Saving(settings.save) if settings.save and not request.plan and request.written is None else None
    if saving is not None:
        if saving.problem():
            ran.errors.append(saving.problem())
            return
        request = dataclasses.replace(request, save=str(saving.temporary))
    result = child.run(
        request,
        python=settings.python,
        timeout=settings.timeout,
        memory=settings.memory,
        on_evidence=on_evidence,
        show_output=settings.show_output,
        work=work,
    )
    refusals = [item.reason for item in result.evidence if isinstance(item, NoEntry)]
    if explicit:
        ran.errors += refusals
    ran.notes += [note for note in notes_of(result.evidence) if not explicit or note not in refusals]
    ran.notes += result.notes
    ran.errors += result.errors
    ran.evidence += result.evidence if ran.file is None or request.plan else as_named(result.evidence, ran.file)
    if saving is not None:
        _save(saving, ran)
    if request.repro and settings.repro:
        _write_scripts(Path(settings.repro), ran)


def _write_scripts(folder: Path, ran: Ran) -> None:
    """Writes the scripts that show what does not convert, or wrongly; what has none is said."""
    shown = [item for item in ran.evidence if isinstance(item, (OpUnsupported, ConversionDiffered)) and item.op]
    written: list[str] = []
    for item in shown:
        name = item.op.replace("::", "_") + ".py"
        if not item.repro or name in written:
            continue
        try:
            folder.mkdir(parents=True, exist_ok=True)
            temporary = folder / f".{name}.{os.getpid()}"
            temporary.write_text(item.repro, encoding="utf-8")
            temporary.replace(folder / name)
        except OSError as error:
            ran.errors.append(f"{folder / name} could not be written: {error.strerror}")
            return
        written.append(name)
        refused = isinstance(item, OpUnsupported)
        how = "run by itself, it fails as the model does" if refused else "its op is as wrong alone as in the model"
        ran.notes.append(f"{folder / name}: written; {how}")
    without = dict.fromkeys(item.op for item in shown if not item.repro)
    if without:
        ran.notes.append(f"no script shows {', '.join(without)} alone")
    if not shown:
        ran.notes.append(
            f"nothing was written to {folder}: every op that was tried converts, and none to something else"
        )


def _save(saving: Saving, ran: Ran) -> None:
    """Puts into its place what the child saved, and says what became of it."""
    saved = [item for item in ran.evidence if isinstance(item, Saved)]
    name = os.path.relpath(saving.path)
    try:
        saving.finish(bool(saved))
    except OSError as error:
        ran.errors.append(f"{name} could not be written: {error.strerror}")
        return
    if saved:
        words = {True: "as saved, it agrees with the model", None: "not evaluated as saved"}.get(saved[0].verified, "")
        ran.notes.append(f"{name}: written, {HOW[saved[0].route]}; {words}")
    else:
        ended = [item for item in ran.evidence if isinstance(item, StepEnded) and item.step == "save" and item.message]
        why = ended[-1].message.splitlines()[0] if ended else "no way to Core ML that works was found"
        ran.errors.append(f"{name} was not written: {why}")


def _specs(target: str, settings: Settings) -> tuple[ModelSpec, ...]:
    if settings.model or settings.input:
        return (ModelSpec(settings.model, settings.input),)
    tables = settings.models_of(target)
    return tuple(ModelSpec(table.model, table.inputs, _origin(table, settings)) for table in tables)


def _origin(table: ModelTable, settings: Settings) -> str:
    where = settings.config_path.name if settings.config_path else "the configuration"
    return f"[[tool.tslint.models]] in {where}"


def _runnable(known: Outline) -> bool:
    """Whether a file holds anything that an entry could be made of."""
    return bool(known.calls or known.roots or CONVENTIONS & set(known.functions))
