"""Which op coremltools translates wrongly, where a converted program disagrees with eager.

The program is converted once more without any of coremltools' optimisations, so that the value of every node is in it; both are
run on one input, and each node's value is held against the one that the graph itself computes. What is wrong though everything
that it takes is right, is to blame. So is an in-place write that coremltools never reached, since all outputs existed already.

Relies on ``convert_to="milinternal"`` and ``PassPipeline.EMPTY`` (tried with coremltools 9.0).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from tslint.evidence import Composite, OpSite
from tslint.probe.compose.compose import Composer, Function, composites
from tslint.probe.compose.use import Use, use_of
from tslint.probe.convert import coreml
from tslint.probe.convert.origins import Origins
from tslint.probe.convert.placeholder import Shape, observe
from tslint.probe.convert.recover import Failure, Recovery
from tslint.probe.convert.repro import shown
from tslint.probe.evaluate import Run
from tslint.probe.evaluate.graph import read_program
from tslint.probe.script.torchscript import nodes
from tslint.probe.subject import Inputs, Subject
from tslint.probe.verify.alone import apart, computes
from tslint.probe.verify.held import FLOAT32, Tolerance
from tslint.request import Request

STRICT = Tolerance(2e-5, 1e-6, 2e-6)
"""For what is wrong by little, and is magnified by what follows: above the rounding of float32."""

STALE = "it reads what was written to in place, and the write is not in the program"

LARGEST = 500_000_000
"""Elements of all values together up to which they are kept, to be compared."""


@dataclass(frozen=True)
class Wrong:
    """An op whose value is wrong: ``text`` says how far, with both values. Or, without one, a pass that has to be ``dropped``."""

    op: str
    site: OpSite | None
    text: str
    dropped: str = ""
    cure: Function | None = None
    """What computes the same of ops that are translated rightly, where there is such."""
    repro: str = ""
    """A script that shows the op alone, where one was asked for and it is wrong alone."""

    @property
    def composite(self) -> Composite | None:
        """The cure as code."""
        return composites([self.cure])[0] if self.cure is not None else None


Blame = Callable[[Inputs, list[torch.Tensor]], list[Wrong]]
"""Takes an input on which program and eager differ, and its tensors as the program takes them."""


@dataclass
class _Noting(Recovery):
    """A conversion that notes what every node of the graph became."""

    made: dict[str, Any] = field(default_factory=dict)
    reached: set[int] = field(default_factory=set)

    def _convert(self, original: Any) -> Any:
        convert = super()._convert(original)

        def noted(context: Any, node: Any) -> None:
            convert(context, node)
            index, raw = self._raw.get(id(node), (None, None))
            if raw is None or index is None:
                return
            self.reached.add(index)
            for name, observed in zip(node.outputs, self.outputs_of(raw), strict=False):
                if name in context:
                    self.made[observed] = context[name]

        return noted


def blamed(
    subject: Subject,
    request: Request,
    program: Any,
    cures: Sequence[Function],
    inputs: Inputs,
    tensors: list[torch.Tensor],
) -> list[Wrong]:
    """The ops of PROGRAM that are translated wrongly, as INPUTS show, whose TENSORS the converted program takes.

    It was converted with CURES. Empty where that cannot be found out; raises nothing.
    """
    example = coreml.given(program, subject.example)
    noting = _Noting(lambda graph, keep: observe(program, graph, example, keep), cures=cures)
    try:
        return list(_blamed(subject, request, program, noting, inputs, tensors))
    except Exception:
        return []


def _blamed(
    subject: Subject, request: Request, program: Any, noting: _Noting, inputs: Inputs, tensors: list[torch.Tensor]
) -> Iterator[Wrong]:
    given = coreml.given(program, inputs)
    converted = _converted(subject, request, program, noting)
    seen = observe(program, noting.graph, given)
    sizes = (value.sizes for value in seen.values.values() if isinstance(value, Shape))
    if sum(torch.Size(size).numel() for size in sizes) > LARGEST:
        return
    truth = observe(program, noting.graph, given, set(seen.values)).kept
    graph, numbers = read_program(converted)
    graph = replace(graph, inputs=tuple(replace(port, scale=None) for port in graph.inputs))
    run = Run(graph, keep=True)
    run(tensors)
    origins = Origins(subject, program, noting.pristine, noting.graph)
    every = list(enumerate(nodes(noting.graph)))
    outermost = {value.debugName() for node in noting.graph.nodes() for value in node.outputs()}
    values = {
        name: run.values.get(numbers[id(var)])
        for name, var in noting.made.items()
        if id(var) in numbers and name in outermost  # in a loop, each round has another one
    }
    found: list[tuple[int, Any, str]] = []
    for infinite in (True, False):
        found = found or list(_first_wrong(every, truth, values, infinite))
    stale = next((item for item in found if _stale(item[1], truth)), None)
    if stale is not None:
        index, node, text = stale
        site = origins.site(_failure(index, node))
        yield Wrong(node.kind(), site, f"{text}: {STALE}")
        return
    if not found:
        found = [
            (index, node, "the write is not in the program")
            for index, node in every
            if index not in noting.reached and node.kind().startswith("aten::") and node.kind().endswith("_")
        ]
    innocent = [item for item in found if _right_alone(item[1], truth, FLOAT32)]
    if innocent:  # what they were given was wrong, by too little to be seen
        before = [item for item in _first_wrong(every, truth, values, True, STRICT) if item[0] < innocent[-1][0]]
        known = {index for index, _, _ in found}
        before = [item for item in before if item[0] not in known and _right_alone(item[1], truth, STRICT) is False]
        for index, node, text in before:
            yield _wrong(request, node, origins.site(_failure(index, node)), text, truth, STRICT)
        found = [item for item in found if item not in innocent] if before else found
    for index, node, text in found:
        yield _wrong(request, node, origins.site(_failure(index, node)), text, truth, FLOAT32)


def _use(node: Any, truth: dict[str, Any]) -> Use | None:
    """NODE as a call of tensors alone; None for what is none."""
    use = use_of(node, truth, lambda index: True) if not node.kind().endswith("_") else None
    return use if use is not None and all(isinstance(value, torch.Tensor) for value in use.given) else None


def _stale(node: Any, truth: dict[str, Any]) -> bool:
    """Whether NODE answers otherwise than it would of what it is given when that is made: it has been written to since."""
    use = _use(node, truth)
    if use is None or torch.Tag.nondeterministic_seeded in use.op.tags or node.outputsSize() != 1:
        return False
    answer = use.call(*(value.clone() for value in use.given))
    return bool(apart(truth.get(node.output().debugName()), answer))


def _right_alone(node: Any, truth: dict[str, Any], tolerance: Tolerance) -> bool | None:
    """Whether NODE, converted by itself, is right within TOLERANCE: if so, what it was given was wrong, if only by little."""
    use = _use(node, truth)
    return computes(use.call, use, tolerance) if use is not None else None


def _wrong(request: Request, node: Any, site: OpSite, text: str, truth: dict[str, Any], tolerance: Tolerance) -> Wrong:
    """NODE with what computes the same within TOLERANCE, and with the script that shows it, where REQUEST asks for one."""
    found = Wrong(node.kind(), site, text)
    use = _use(node, truth)
    if use is None:
        return found
    cure = Composer().compose(use, lambda function: None if computes(function.compiled, use, tolerance) else "")
    repro = shown(use, text, lambda other: computes(other.call, other, tolerance)) if request.repro else ""
    return replace(found, cure=cure, repro=repro)


def _first_wrong(
    every: list[tuple[int, Any]],
    truth: dict[str, Any],
    values: dict[str, Any],
    infinite: bool,
    tolerance: Tolerance = FLOAT32,
) -> Iterator[tuple[int, Any, str]]:
    """(index, node, how far) of those whose value is wrong, and nothing that they take. INFINITE: see :func:`.apart`."""
    wrong: set[str] = set()
    for index, node in every:
        tainted = any(value.debugName() in wrong for value in node.inputs())
        for value in node.outputs():
            name = value.debugName()
            text = apart(truth.get(name), values.get(name), infinite, tolerance)
            if text or (text is None and tainted):
                wrong.add(name)
            if text and not tainted:
                yield index, node, text


def _failure(index: int, node: Any) -> Failure:
    return Failure(index, node, node.kind(), False, "", RuntimeError())


def _converted(subject: Subject, request: Request, program: Any, noting: _Noting) -> Any:
    ct = coreml.load()
    arguments = coreml.arguments(ct, subject, request, program, float32=False)
    wanted = {key: arguments[key] for key in ("inputs", "minimum_deployment_target", "states") if key in arguments}
    with coreml.calm(), noting.watching():
        return ct.convert(program, **wanted, convert_to="milinternal", pass_pipeline=ct.PassPipeline.EMPTY)
