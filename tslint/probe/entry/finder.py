"""Step 1: which module is checked, on which inputs. The first of five ways that applies; how is always said."""

from __future__ import annotations

import dataclasses
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from tslint.diagnostic import Place
from tslint.evidence import EntryChosen, Note
from tslint.probe import cells
from tslint.probe.eager import live_in_training
from tslint.probe.entry import conventions, importing, specs
from tslint.probe.entry.given import Given, Unpickled, unpickled
from tslint.probe.entry.infer import infer
from tslint.probe.entry.recorded import RecordedModel, models
from tslint.probe.entry.recorders import record_file
from tslint.probe.entry.roots import build
from tslint.probe.entry.standins import FunctionModule
from tslint.probe.frames import Territory, class_place
from tslint.probe.subject import Emit, Inputs, Origin, Subject
from tslint.request import ModelSpec, Outline, Request


@dataclass
class Entry:
    """A subject with what the later steps must know of how it was found.

    ``report_training``: the author had the chance to call ``eval()``, so a module in training mode is a finding.
    ``converted``: conversion is to be attempted on it. Without ``inputs``, none are known: scripting needs none.
    """

    subject: Subject
    report_training: bool = False
    live: dict[str, str] = field(default_factory=dict)
    candidates: list[Inputs] = field(default_factory=list)
    converted: bool = True
    inputs: bool = True


_load: Any = torch.jit.load


class Nothing(Exception):
    """No entry was found; ``reason`` is one sentence for the user."""

    def __init__(self, reason: str, place: Place | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place


class UserError(Exception):
    """The user's own code raised ``cause`` while the entry was sought."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(str(cause))
        self.cause = cause


@dataclass
class Finder:
    """Finds the entries of one request. ``entries`` and ``error`` are its result: those found, and what ended the search."""

    request: Request
    emit: Emit
    territory: Territory
    given: Given | None = None
    entries: list[Entry] = field(default_factory=list)
    error: BaseException | None = None

    def find(self) -> None:
        """Fills ``entries``. Raises Nothing or UserError where there is none."""
        request = self.request
        if self.given is not None or request.pickled is not None:
            self._live()
            return
        if importing.is_named_target(request.target):
            self._named()
            return
        path = Path(request.target)
        if not path.is_file():
            raise Nothing(f"`{request.target}` is no file")
        if zipfile.is_zipfile(path):
            self._archive(path)
            return
        if request.specs:
            module = self._import(path)
            for spec in request.specs:
                self._spec(module, spec)
            return
        outline = request.outline
        if conventions.applies(path, outline):
            module = self._import(path)
            try:
                found = conventions.find(module, outline)
            except KeyboardInterrupt:
                raise
            except BaseException as error:
                raise UserError(error) from error
            if found is not None:
                self._convention(found)
                return
        if outline is not None and outline.calls:
            self._calls(path)
            return
        self._roots(path)

    # -- importing --------------------------------------------------------------------------------------------------

    def _import(self, path: Path) -> ModuleType:
        try:
            return importing.import_file(path, _running(self.request.outline))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise UserError(error) from error

    def _resolve(self, namespace: ModuleType, text: str) -> torch.nn.Module:
        try:
            module = specs.resolve(namespace, text)
        except (importing.NotLiteral, specs.BadInput) as error:
            raise Nothing(str(error)) from error
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise UserError(error) from error
        if not isinstance(module, torch.nn.Module):
            raise Nothing(f"`{text}` is a {type(module).__name__}, no `nn.Module`")
        return module

    # -- the ways ---------------------------------------------------------------------------------------------------

    def _named(self) -> None:
        name, text = importing.split_target(self.request.target)
        try:
            namespace = importing.import_named(name)
        except importing.NoModule as error:
            raise Nothing(str(error)) from error
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise UserError(error) from error
        for spec in self.request.specs or (ModelSpec(),):
            chosen = spec.model or text
            module = self._resolve(namespace, chosen)
            origin = Origin(specs.built(namespace, chosen), name)
            self._with_inputs(module, spec, f"`{chosen}` of `{name}`", named=text, origin=origin)

    def _live(self) -> None:
        try:
            given = self.given or unpickled(self.request.pickled)
        except Unpickled as error:
            raise Nothing(str(error)) from error
        # Whoever hands a module over could have called eval() first; where nothing in it behaves otherwise, it is all the same.
        live = live_in_training(given.module)
        subject = Subject(0, given.module, given.example, call_site=given.call)
        entry = Entry(subject, bool(live), live, candidates=given.others)
        self._add(entry, "the model given to `tslint.check`", "")

    def _archive(self, path: Path) -> None:
        try:
            module = _load(str(path), map_location="cpu")
        except Exception as error:
            raise Nothing(f"`{path.name}` is no TorchScript archive: {str(error).splitlines()[0]}") from error
        spec = (self.request.specs or (ModelSpec(),))[0]
        origin = Origin(f"torch.jit.load({str(path)!r}, map_location='cpu')")
        self._with_inputs(module, spec, f"the TorchScript archive `{path.name}`", origin=origin)

    def _spec(self, module: ModuleType, spec: ModelSpec) -> None:
        outline = self.request.outline
        text = spec.model
        if text is None:
            classes = (outline.roots or outline.classes) if outline is not None else ()
            if outline is not None and "build_model" in outline.functions:
                text = "build_model()"
            elif outline is not None and len(outline.roots) > 1:
                several = ", ".join(f"`{name}`" for name in outline.roots)
                raise Nothing(
                    f"`--input` was given, and the file defines several models: name one with `--model` ({several})"
                )
            elif classes:
                text = classes[-1]
            else:
                raise Nothing("`--input` was given, but the file defines no `nn.Module`: name one with `--model`")
        model = self._resolve(module, text)
        origin = Origin(specs.built(module, text), self._source())
        self._with_inputs(model, dataclasses.replace(spec, model=text), f"{spec.origin} `{text}`", origin=origin)

    def _with_inputs(
        self,
        module: torch.nn.Module,
        spec: ModelSpec,
        how: str,
        named: str | None = None,
        origin: Origin | None = None,
    ) -> None:
        ranges: dict[tuple[int, int], tuple[int, int]] = {}
        origin = origin or Origin()
        if spec.inputs:
            try:
                wanted = [specs.parse_input(text) for text in spec.inputs]
            except specs.BadInput as error:
                raise Nothing(str(error)) from error
            example, ranges = specs.inputs_of(wanted, module)
            in_order = sorted(wanted, key=lambda item: item.name in specs.forward_names(module))
            origin.names = tuple(item.name or "" for item in in_order)
        else:
            found = conventions.own_inputs(module, origin)
            if found is not None:
                example = found
                how += f", inputs from its `{origin.example.removeprefix('model.')}`"
            else:
                guess = infer(module)
                if guess.inputs is None:
                    raise Nothing(
                        f"no inputs that {how} accepts could be inferred ({guess.why}): give them with `--input`"
                    )
                example = guess.inputs
                how += ", inputs inferred from its first layers"
        command = self._command(None if named is not None else spec.model, module, spec.inputs, example)
        subject = Subject(len(self.entries), module, example, ranges=ranges, origin=origin)
        self._add(Entry(subject), how, command)

    def _convention(self, found: conventions.Found) -> None:
        origin = dataclasses.replace(found.origin, source=self._source())
        subject = Subject(len(self.entries), found.module, found.inputs, call_site=found.place, origin=origin)
        entry = Entry(subject, report_training=found.built_by_user, candidates=found.others)
        self._add(entry, found.how, self._command(None, found.module, (), found.inputs, inferred=False))

    def _calls(self, path: Path) -> None:
        outline = self.request.outline
        assert outline is not None
        if outline.side_effects and not self.request.run_side_effects:
            first = outline.side_effects[0]
            where = cells.where(path, [first.line])
            raise Nothing(
                f"running the file would run {where}, `{first.text}`: let it run with `--run`, or name the model "
                "with `--model` and `--input`",
                outline.calls[-1].place,
            )
        recordings = record_file(path, outline, self.territory)
        for note in recordings.notes:
            self.emit(Note(0, note))
        any_converts = any(call.conversion is not None for call in recordings.calls)
        for model in models(recordings.calls):
            self._recorded(model, any_converts)
        self.error = recordings.error
        if not self.entries:
            if recordings.error is not None:
                raise UserError(recordings.error)
            raise Nothing("the file ran, but none of its calls that trace, script or convert was reached")

    def _recorded(self, model: RecordedModel, any_converts: bool) -> None:
        main = model.main
        inputs, ranges, how = model.inputs()
        how = f"{model.words}{how}"
        if inputs is None:
            without = f"{model.words} names no inputs, and none could be inferred"
            if model.route != "script":
                self.emit(Note(len(self.entries), without))
                return
            rest = "only what needs none was tried; name them with `--model` and `--input`"
            self.emit(Note(len(self.entries), f"{without}: {rest}"))
            how = model.words
        example = inputs or Inputs("example", ())
        subject = Subject(
            len(self.entries),
            main.module,
            example,
            ranges=ranges,
            was_training=main.training,
            call_site=main.place,
            author_route=model.route,
            author_traced=model.traced,
            author_scripted=model.scripted,
            conversion=None if main.refused else main.conversion,
            export_options=main.options,
            self_check=main.self_check,
            state=main.state,
        )
        converted = main.conversion is not None or not any_converts
        entry = Entry(subject, True, main.live, model.others(example), converted, inputs is not None)
        self._add(entry, how, f"tslint check {_quoted(self.request.target)}")
        if isinstance(main.module, FunctionModule) and entry.converted and self.request.convert:
            name = type(main.module).__name__
            self.emit(
                Note(subject.entry, f"`ct.convert` takes no traced function: a module around `{name}` is converted")
            )

    def _roots(self, path: Path) -> None:
        outline = self.request.outline
        roots = outline.roots if outline is not None else ()
        if outline is None or not roots:
            raise Nothing("the file defines no `nn.Module` and calls nothing that builds one: name one with `--model`")
        module = self._import(path)
        built = build(module, roots, [each for each in outline.classes if each not in roots])
        for root in built.found:
            what = f"`{root.name}` around `{root.around}()`" if root.around else f"`{root.name}`"
            how = f"{what}, which no other class of the file builds, inputs inferred from its first layers"
            command = self._command(None if root.around else root.name, root.model, (), root.inputs)
            code = f"{root.name}({root.around}())" if root.around else specs.built(module, root.name)
            subject = Subject(len(self.entries), root.model, root.inputs, origin=Origin(code, self._source()))
            self._add(Entry(subject), how, command)
        if not self.entries:
            if built.error is not None:
                raise UserError(built.error)
            raise Nothing(
                f"{'; '.join(built.failures)}: {built.advice or 'name a model with `--model`'} and its inputs with `--input`"
            )
        self.error = built.error
        for failure in built.failures:
            self.emit(Note(0, f"not run: {failure}"))

    def _source(self) -> str:
        """The name that the file is imported under."""
        return importing.dotted_name(Path(self.request.target).resolve())[0]

    # -- shared -----------------------------------------------------------------------------------------------------

    def _command(
        self, model: str | None, module: torch.nn.Module, given: tuple[str, ...], inputs: Inputs, inferred: bool = True
    ) -> str:
        words = ["tslint", "check", _quoted(self.request.target)]
        if model is not None:
            words += ["--model", _quoted(model)]
        options = given or (
            tuple(specs.as_option(s) for s in specs.describe_inputs(module, inputs)) if inferred else ()
        )
        for option in options:
            words += ["--input", _quoted(option)]
        return " ".join(words)

    def _add(self, entry: Entry, how: str, command: str) -> None:
        subject = entry.subject
        subject.user_files = tuple(sorted({*self.territory.files, *subject.user_files}))
        self.entries.append(entry)
        self.emit(
            EntryChosen(
                subject.entry,
                how,
                type(subject.module).__name__,
                specs.describe_inputs(subject.module, subject.example),
                command,
                subject.call_site,
                None if isinstance(subject.module, torch.jit.ScriptModule) else class_place(type(subject.module)),
            )
        )


def _running(outline: Outline | None) -> tuple[int, ...]:
    """Lines that importing the file must not run: its own calls and side effects, and the statement that leads to them."""
    if outline is None:
        return ()
    calls = tuple(call.place.span.line for call in outline.calls)
    stop = (outline.stop_line,) if outline.stop_line is not None else ()
    return (*calls, *(effect.line for effect in outline.side_effects), *stop)


def _quoted(text: str) -> str:
    return f"'{text}'" if any(c in text for c in " ()[]*'\"") else text
