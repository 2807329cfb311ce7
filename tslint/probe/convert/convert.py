"""One program handed to `ct.convert`: either it converts, or everything that stops it is listed in one go.

A conversion without failures is one conversion, of the arguments of the user's own call (or of types made from the example
inputs). What is *checked* is computed in float32 where a verdict is wanted: the verdict is float32's, the format's own float16
would need a second conversion, and whatever the frontend refuses it refuses in either precision. Without verification the
precision is left alone, so that the call is the user's to the letter.
"""

from __future__ import annotations

import collections
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tslint.evidence import (
    Composite,
    ConversionRefused,
    EnvironmentWrong,
    Evidence,
    Note,
    OpsCounted,
    OpSite,
    OpUnsupported,
)
from tslint.probe.agree import first_line
from tslint.probe.convert import coreml, environment
from tslint.probe.convert.origins import Origins
from tslint.probe.convert.placeholder import observe
from tslint.probe.convert.recover import Failure, Recovery
from tslint.probe.convert.remedy import NONE, Remedy
from tslint.probe.convert.repro import reproduced
from tslint.probe.convert.targets import least_target
from tslint.probe.script.torchscript import nodes
from tslint.probe.subject import Emit, Subject
from tslint.request import Request

STRUCTURE = frozenset(
    {
        "prim::Constant",
        "prim::GetAttr",
        "prim::ListConstruct",
        "prim::ListUnpack",
        "prim::NumToTensor",
        "prim::TupleConstruct",
        "prim::TupleIndex",
        "prim::TupleUnpack",
    }
)
"""Nodes that hold a graph together; they are not counted as ops."""


@dataclass
class Conversion:
    """``status`` is works or refused; ``model`` is what `ct.convert` returned, with ``composites`` in the place of some ops."""

    status: str
    model: Any = None
    message: str = ""
    composites: tuple[Composite, ...] = ()
    decomposed: tuple[str, ...] = ()
    """Overloads, such as ``aten.diff.default``, that `run_decompositions` has taken apart."""


def convert(
    subject: Subject, request: Request, program: Any, route: str, emit: Emit, remedy: Remedy = NONE
) -> Conversion:
    """Converts PROGRAM (a ScriptModule) and reports every reason against it. Raises what is neither coremltools' nor its.

    REMEDY is for what coremltools would convert wrongly.
    """
    ct = coreml.load()
    given = coreml.given(program, subject.example)
    recovery = Recovery(lambda graph, keep: observe(program, graph, given, keep), cures=remedy.composites)
    model, error = None, None
    with coreml.calm(), coreml.kept(program), recovery.watching():
        try:
            arguments = coreml.arguments(ct, subject, request, program, float32=request.verify)
            model = ct.convert(program, **remedy.applied(ct, arguments))
        except Exception as raised:
            error = raised
    if recovery.graph is not None:
        emit(OpsCounted(subject.entry, route, _count(recovery.graph)))
    if error is None and not recovery.failures:
        return Conversion("works", model, composites=recovery.composites())
    origins = Origins(subject, program, recovery.pristine, recovery.graph)
    return concluded(subject, route, recovery, model, error, origins, emit, request)


def concluded(
    subject: Subject,
    route: str,
    recovery: Recovery,
    model: Any,
    error: Exception | None,
    origins: Any,
    emit: Emit,
    request: Request,
    decomposed: tuple[str, ...] = (),
) -> Conversion:
    """Reports what RECOVERY met and ERROR says; ORIGINS has a ``site(failure)``.

    Where a composite took the place of all that failed, MODEL is converted all the same. DECOMPOSED are the overloads that have
    to be taken apart for that, where it is known that they can be.
    """
    failures = [failure for failure in recovery.failures if not failure.consequence] or recovery.failures[:1]
    late = recovery.late(error) if error is not None else []
    failures += late
    reasons: list[Evidence] = [*_environment(failures, error)]
    wrong_versions = bool(reasons)
    if not wrong_versions:
        reasons += unsupported(subject, route, failures, recovery.composites(), origins, request, decomposed)
    composed = not wrong_versions and all(failure.composed is not None for failure in recovery.failures)
    if error is not None and not wrong_versions and not late:
        if all(failure.composed is not None for failure in failures):  # nothing that is listed explains it
            place = subject.conversion.place if subject.conversion is not None else None
            refused = ConversionRefused(subject.entry, route, type(error).__name__, first_line(error), place)
            reasons.insert(0, refused)
        else:
            text = (
                f"what coremltools does not convert may not all be listed: it ended early, with `{first_line(error)}`"
            )
            emit(Note(subject.entry, text))
    for reason in reasons:
        emit(reason)
    if error is None and composed:
        return Conversion("works", model, composites=recovery.composites())
    return Conversion("refused", message=summary(reasons))


def _count(graph: Any) -> dict[str, int]:
    counted = collections.Counter(node.kind() for node in nodes(graph))
    return {op: number for op, number in sorted(counted.items()) if op not in STRUCTURE}


def _environment(failures: list[Failure], error: Exception | None) -> Iterator[EnvironmentWrong]:
    """A failure that comes from versions which do not work together says nothing about the model."""
    errors = [failure.error for failure in failures] + ([error] if error is not None else [])
    for raised in errors:
        pair = environment.explains(str(raised))
        if pair is not None:
            yield environment.evidence(pair, first_line(raised))
            return


def unsupported(
    subject: Subject,
    route: str,
    failures: list[Failure],
    composites: tuple[Composite, ...],
    origins: Any,
    request: Request,
    decomposed: tuple[str, ...],
) -> Iterator[OpUnsupported]:
    """One OpUnsupported an op and reason, with every place that uses it, and its one of COMPOSITES where all of them have one.

    REQUEST says for which deployment target, and whether a script is wanted that shows it alone.
    """
    by_op = {composite.op: composite for composite in composites}
    groups: dict[tuple[str, bool, str], list[Failure]] = {}
    for failure in failures:
        groups.setdefault((failure.op, failure.missing, _gist(failure.message)), []).append(failure)
    for (op, missing, _), members in groups.items():
        sites: collections.Counter[OpSite] = collections.Counter(origins.site(failure) for failure in members)
        placed = tuple(OpSite(site.place, site.library, site.module_path, number) for site, number in sites.items())
        made = {failure.composed.op for failure in members if failure.composed is not None}
        whole = len(made) == 1 and all(failure.composed is not None for failure in members)
        composite = by_op[made.pop()] if whole else None
        use, message, asked = members[0].use, members[0].message, request.deployment_target
        target = least_target(use, asked) if use is not None and not missing else ""
        script = reproduced(use, message, asked) if use is not None and request.repro else ""
        yield OpUnsupported(
            subject.entry, route, op, missing, message, len(members), placed, composite, target, script, decomposed
        )


def _gist(message: str) -> str:
    """A message without the names and numbers that differ from node to node."""
    return re.sub(r'named [\w.]+|"[^"]*"|\b(op_|var_)?\d+(\.\d+)?\b', "·", message)


def summary(reasons: list[Evidence]) -> str:
    """A few words for the line of steps and the route table: what no composite takes the place of, where there is such."""
    left = [reason for reason in reasons if not (isinstance(reason, OpUnsupported) and reason.composite is not None)]
    ops = [reason.op for reason in left or reasons if isinstance(reason, OpUnsupported)]
    if ops:
        return f"unsupported: {', '.join(dict.fromkeys(ops))}"
    first = left[0] if left else None
    if isinstance(first, EnvironmentWrong):
        return first.problem
    return first.message if isinstance(first, ConversionRefused) else ""
