"""The verb ``plan`` as a library: the script of a model's way to Core ML, written and run before anybody sees it."""

from __future__ import annotations

import dataclasses
import json
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from tslint import runs, static
from tslint.evidence import Evidence, ModelFailed, PlanMade, ProbeDied, ScriptRan, Versions
from tslint.facts.entries import outline
from tslint.facts.facts import Facts
from tslint.frozen import frozen
from tslint.report.content import one_line
from tslint.report.routes import number
from tslint.request import Outline, Written
from tslint.runs import OnEvidence
from tslint.scripts.own import CannotWrite, Elsewhere, Own, own_code
from tslint.scripts.write import MARK, write
from tslint.settings import Settings
from tslint.source import Source, SourceError, discover, is_module_target, is_torchscript

NAME = "convert.py"

TWO_TRACES = "TracingCheckError"
"""What `torch.jit.trace` raises where its second trace of a call is another than its first."""


@frozen
class Planned:
    """What became of a plan: the ``script``, or none. ``said`` is a sentence about it, ``notes`` what else is to be known.

    ``problems`` are why there is no script; ``errors`` what tslint could not do of its job. The exit status follows.
    """

    script: str | None = None
    said: str = ""
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def exit_status(self) -> int:
        return 2 if self.errors else 1 if self.script is None else 0


class _Failed(Exception):
    """No script comes of it; ``status`` as the program ends with it. The message is one sentence."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


def plan(target: str, output: Path | None, settings: Settings, on_evidence: OnEvidence | None = None) -> Planned:
    """The script for TARGET, a file, ``package.module:attribute`` or a TorchScript archive, as the file OUTPUT.

    Writes nothing. Never raises for what is wrong with the target or the model: that stands in the answer.
    """
    one = _Plan(target, output, settings, on_evidence)
    try:
        script, said = one.script()
    except _Failed as failed:
        sentence = (str(failed),)
        errors = (*one.errors, *(sentence if failed.status == 2 else ()))
        return Planned(None, "", tuple(one.notes), sentence if failed.status == 1 else (), errors)
    return Planned(script, said, tuple(one.notes))


class _Plan:
    def __init__(self, target: str, output: Path | None, settings: Settings, on_evidence: OnEvidence | None) -> None:
        self.target = target
        self.output = output
        self.settings = settings
        self.on_evidence = on_evidence
        self.notes: list[str] = []
        self.errors: list[str] = []
        self.source: Source | None = None
        self.outline: Outline | None = None

    def script(self) -> tuple[str, str]:
        """The script, and a sentence about what became of it when it was run. Raises _Failed."""
        path = self._path()
        self._writable(path)
        ran = self._ran(path)
        self.notes += ran.notes
        self.errors += ran.errors
        if self.errors:
            raise _Failed(self.errors.pop(), 2)
        return self._written(self._made(ran.evidence))

    # -- what is asked ------------------------------------------------------------------------------------------------

    def _path(self) -> Path | None:
        """The file that TARGET is; None where it names a module's attribute."""
        path = Path(self.target)
        if not self.target.strip():
            raise _Failed("the target is empty: it is to be a file or `package.module:attribute`", 2)
        if is_module_target(self.target):
            return None
        if path.is_dir():
            raise _Failed(f"{self.target} is a directory: a plan is made for one file or `package.module:attribute`", 2)
        try:
            files, errors = discover(path)
        except SourceError as error:
            raise _Failed(str(error), 2) from None
        if path.suffix == ".ipynb":
            raise _Failed(
                f"{self.target} is a notebook, which no script can import the model from: `jupyter nbconvert --to script` "
                "makes a file of it that can be planned",
                2,
            )
        if errors or not files:
            raise _Failed(str(errors[0]) if errors else f"{self.target} is nothing that can be planned", 2)
        return files[0]

    def _writable(self, path: Path | None) -> None:
        """Refuses OUTPUT where it is somebody else's file."""
        output = self.output
        if output is None:
            return
        if output.is_dir():
            raise _Failed(f"`-o {output}` is a directory: name a file", 2)
        if not output.absolute().parent.is_dir():
            raise _Failed(f"`-o {output}` cannot be written: there is no directory {output.parent}", 2)
        if path is not None and output.exists() and output.samefile(path):
            raise _Failed(f"`-o {output}` is the model's own file: name another one", 2)
        if output.is_file() and MARK.encode() not in output.read_bytes()[:4096]:
            raise _Failed(
                f"`-o {output}` exists and was not written by `tslint plan`: name another file, or remove it", 2
            )

    def _ran(self, path: Path | None) -> runs.Ran:
        if path is None:
            return runs.run(self.target, None, None, self.settings, self.on_evidence, planning=True)
        try:
            if path.suffix != ".py" and is_torchscript(path):
                return runs.run_archive(self.target, path, self.settings, self.on_evidence, planning=True)
        except SourceError as error:
            raise _Failed(str(error), 2) from None
        facts = self._facts(path)
        self.source, self.outline = facts.source, outline(facts)
        ran = runs.run(self.target, path, facts, self.settings, self.on_evidence, planning=True)
        if not ran.evidence and not ran.errors and ran.notes:
            raise _Failed(ran.notes[-1], 2)
        return ran

    def _facts(self, path: Path) -> Facts:
        try:
            return static.facts_of(Source.read(path, self.settings.max_file_size), str(self.settings.facts_root))
        except SourceError as error:
            raise _Failed(str(error), 2) from None

    # -- what was found -----------------------------------------------------------------------------------------------

    def _made(self, evidence: Sequence[Evidence]) -> PlanMade:
        """The one plan among EVIDENCE. Raises _Failed with what stands in its way."""
        found = [item for item in evidence if isinstance(item, PlanMade)]
        versions = next((item.packages for item in evidence if isinstance(item, Versions)), {})
        if found and versions.get("coremltools", "") is None:
            raise _Failed('coremltools is not installed: `pip install "tslint[coreml]"` adds it', 2)
        if not found:
            raise _Failed(self._why(evidence), 1)
        if len(found) > 1:
            names = ", ".join(f"`{name}`" for name in dict.fromkeys(item.class_name for item in found))
            raise _Failed(f"{self.target} has {len(found)} models to plan for: name one with `--model` ({names})", 2)
        if not found[0].route:
            name = found[0].class_name
            why = one_line(found[0].blocked)
            raise _Failed(
                f"no way to Core ML was found for `{name}`: {why}" if why else f"no way was found for `{name}`", 1
            )
        return found[0]

    def _why(self, evidence: Sequence[Evidence]) -> str:
        for item in evidence:
            if isinstance(item, ModelFailed):
                where = f" ({self._shown(item.place.path)}:{item.place.span.line})" if item.place is not None else ""
                return f"the model's own code failed: {item.exception}: {one_line(item.message)}{where}"
            if isinstance(item, ProbeDied):
                return f"the run ended in the step {item.step}: {item.how} {item.detail}".rstrip()
        return next(
            reversed(self.notes), f"{self.target} came to no model with inputs: name both with `--model` and `--input`"
        )

    def _shown(self, path: str) -> str:
        return os.path.relpath(path)

    # -- the script ---------------------------------------------------------------------------------------------------

    def _written(self, made: PlanMade) -> tuple[str, str]:
        """The first script that runs: with the sizes that it can serve, else for the example's own."""
        problems: list[str] = []
        try:
            made, own = self._own(made)
            made, root = self._rooted(made, own)
            path = self._for(root)
            fixed = made.types != made.fixed and (own is None or own.conversion is None)
            for flexible in (True, False) if fixed else (True,):
                written, ran = self._tried(made, own, path, root, flexible)
                if not ran.problem:
                    if problems:
                        self.notes.append(f"it takes the example's sizes alone, since with others {problems[0]}")
                    return written.text, _said(ran)
                problems.append(one_line(ran.problem))
        except CannotWrite as error:
            raise _Failed(f"no script can be written for `{made.class_name}`: {error}", 1) from None
        raise _Failed(f"the script that was written for `{made.class_name}` is not good: {problems[-1]}", 1)

    def _tried(
        self, made: PlanMade, own: Own | None, path: Path, root: str, flexible: bool
    ) -> tuple[Written, ScriptRan]:
        """A script, and what became of it; one that calls the model first where a second call goes another way."""
        written = write(made, own, self._command(), path, root, flexible)
        ran = self._rehearsed(written)
        if TWO_TRACES in ran.problem:
            written = write(made, own, self._command(), path, root, flexible, warm=True)
            ran = self._rehearsed(written)
        return written, ran

    def _command(self) -> str:
        """What was asked, as it can be asked again."""
        given = ["--model", self.settings.model] if self.settings.model else []
        given += [word for text in self.settings.input for word in ("--input", text)]
        return " ".join(map(_quoted, ["tslint", "plan", self.target, *given]))

    def _own(self, made: PlanMade) -> tuple[PlanMade, Own | None]:
        """What the file has for its own model; MADE with the conversion as it was recorded where its text stands elsewhere."""
        if made.build or made.place is None or self.source is None or self.outline is None:
            return made, None
        text, calls = self.source.text, self.outline.calls
        try:
            return made, own_code(text, calls, made.place, made.conversion)
        except Elsewhere:
            if made.unrecorded:
                raise
        types = made.recorded or made.fixed
        return dataclasses.replace(made, types=types, fixed=types, sizes=()), own_code(text, calls, made.place, None)

    def _rooted(self, made: PlanMade, own: Own | None) -> tuple[PlanMade, str]:
        """MADE with the module that its names come from, and the directory that has to be on the path."""
        if made.route == "archive":
            load = f'torch.jit.load({json.dumps(self.target)}, map_location="cpu")'
            return dataclasses.replace(made, build=load), ""
        if own is None or self.source is None:
            return made, made.root
        file = self.source.path.resolve()
        if not own.taken:
            tops = {line.split()[1].partition(".")[0] for line in own.imports}
            beside = any((file.parent / f"{top}.py").is_file() or (file.parent / top).is_dir() for top in tops)
            return made, str(file.parent) if beside else ""
        parts, folder = [file.stem], file.parent
        while (folder / "__init__.py").is_file() and folder.name.isidentifier():
            parts.insert(0, folder.name)
            folder = folder.parent
        return dataclasses.replace(made, source=".".join(parts)), str(folder)

    def _for(self, root: str) -> Path:
        """The file that the script is for: OUTPUT, else one beside what it imports."""
        if self.output is not None and (self.output.is_file() or not self.output.exists()):  # no device, no pipe
            return self.output.absolute()
        path = (Path(root) if root else Path.cwd()) / NAME
        own = self.source is not None and self.source.path.resolve() == path.resolve()
        return path.with_name("convert_model.py") if own else path

    def _rehearsed(self, written: Written) -> ScriptRan:
        ran = runs.run_written(written, self.settings, self.on_evidence)
        if ran.errors:
            raise _Failed(ran.errors[0], 2)
        for item in ran.evidence:
            if isinstance(item, ScriptRan):
                return item
            if isinstance(item, ProbeDied):
                return ScriptRan(written.path, f"it ended its process: {item.how} {item.detail}".rstrip())
        return ScriptRan(written.path, "it came to no end")


def _quoted(word: str) -> str:
    """WORD for a shell, in the quotes that need no others inside."""
    plain = shlex.quote(word)
    return f'"{word}"' if "'" in word and not set(word) & set('"$`\\!') else plain


def _said(ran: ScriptRan) -> str:
    if not ran.tried:
        return "the script was run; its Core ML program could not be evaluated here, what it was made from agrees with the model"
    inputs = f"{len(ran.tried)} input{'s' if len(ran.tried) > 1 else ''}"
    apart = f" (max difference {number(ran.difference)})" if ran.difference else ""
    return f"the script was run: its Core ML program agrees with the model on {inputs}{apart}"
