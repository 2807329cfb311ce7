"""A loop over a tensor, or over the range of a size: tracing records the rounds that the example input took."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.checks._guards import called_at_one_size
from tslint.checks._observed import generalisation, labels
from tslint.checks.data_dependent_branch import is_condition
from tslint.diagnostic import Claim, Finding, Severity
from tslint.evidence import LoopUnrolled
from tslint.facts.context import Context
from tslint.facts.facts import Facts
from tslint.facts.kinds import BakedSize, Data, Kind, Module, Size, Tensor, options
from tslint.facts.tree import walk

HELP = "write it as one operation on tensors, or script the loop around a traced body"
ONCE = "the function is called for a single size alone, which the rounds may be"


@on(cst.For, cst.CompFor)
def predict(loop: cst.For | cst.CompFor, facts: Facts) -> Iterator[Finding]:
    if not facts.is_traced_code(loop.iter) or not _varies(facts.rounds(loop.iter)):
        return
    if not _runs_a_layer_each(loop, facts) and not _is_unpacked(loop, facts):
        certain = (
            facts.certain_rounds(loop.iter) and facts.reaches_output(loop.iter) and not _may_be_list(loop.iter, facts)
        )
        once = not certain and called_at_one_size(loop, facts)
        yield Finding(
            loop.iter,
            {"iterable": facts.text(loop.iter)},
            claim=Claim.TRACE_DIFFERS if certain else Claim.TRACE_SPECIALISES,
            severity=Severity.ERROR if certain else Severity.INFO if once else Severity.WARNING,
            help=ONCE if once else HELP,
        )


@on(LoopUnrolled)
def observe(evidence: LoopUnrolled, context: Context) -> Iterator[Finding]:
    if is_condition(evidence, context):
        return
    claim, severity = generalisation(evidence)
    facts = context.facts(evidence.place)
    iterables = [loop.iter for loop in context.nodes_at(evidence.place, cst.CompFor)]
    iterables += [loop.iter for loop in context.nodes_at(evidence.place, cst.For)]
    text = facts.text(iterables[0]) if facts is not None and iterables else "a tensor"
    yield Finding(
        evidence.place,
        {"iterable": text},
        claim=claim,
        severity=severity,
        labels=labels(evidence.stack, evidence.place),
        caption=f"{evidence.count} rounds with the example input; should be {evidence.other} with {evidence.tried}",
        help=HELP,
    )


def _may_be_list(looped: cst.BaseExpression, facts: Facts) -> bool:
    """Whether a parameter without annotation, or a slice of it, is looped over: as well a list of tensors as a tensor."""
    if isinstance(looped, cst.Call) and facts.qualified(looped.func) == "builtins.enumerate" and looped.args:
        looped = looped.args[0].value
    while isinstance(looped, cst.Subscript) and len(looped.slice) == 1 and isinstance(looped.slice[0].slice, cst.Slice):
        looped = looped.value
    function = facts.enclosing_function(looped)
    if not isinstance(looped, cst.Name) or function is None:
        return False
    names = {looped.value, *_inputs_behind(looped, facts)}
    return any(p.name.value in names and p.annotation is None for p, _ in facts.parameters(function))


def _inputs_behind(name: cst.Name, facts: Facts) -> Iterator[str]:
    """The parameters that a variable is another name of."""
    for option in options(facts.kind(name)):
        base = option.shape.base if isinstance(option, Tensor) and not option.shape.known else None
        if base is not None and base.context is not None:
            yield base.name


def _runs_a_layer_each(loop: cst.For | cst.CompFor, facts: Facts) -> bool:
    """Whether each round runs its own ``self.layers[i]``: as many as ever.

    So it is with ``for i, x in enumerate(xs)``, a list, and with the range of a size of something that another module returned.
    """
    around = loop if isinstance(loop, cst.For) else facts.parent(loop)
    if around is None or not isinstance(loop.iter, cst.Call) or not loop.iter.args:
        return False
    called = facts.qualified(loop.iter.func)
    if called == "builtins.range":
        index: cst.BaseExpression = loop.target
        if not facts.rounds_of_unknown(loop.iter):
            return False
    elif called == "builtins.enumerate" and isinstance(loop.target, cst.Tuple):
        index = loop.target.elements[0].value
        if facts.may_be_tensor(loop.iter.args[0].value) and not _may_be_list(loop.iter, facts):
            return False
    else:
        return False
    return isinstance(index, cst.Name) and any(
        isinstance(node, cst.Subscript)
        and isinstance(part := node.slice[0].slice, cst.Index)
        and isinstance(part.value, cst.Name)
        and part.value.value == index.value
        and all(isinstance(option, Module) for option in options(facts.kind(node.value)))
        for node in walk(around)
    )


def _is_unpacked(loop: cst.For | cst.CompFor, facts: Facts) -> bool:
    """``a, b = (f(x) for x in xs)``: eager takes no other number of rounds either."""
    made = facts.parent(loop)
    if not isinstance(made, (cst.GeneratorExp, cst.ListComp)) or made.for_in is not loop:
        return False
    if loop.ifs or loop.inner_for_in is not None:
        return False
    assign = facts.parent(made)
    return isinstance(assign, cst.Assign) and any(
        isinstance(target.target, (cst.Tuple, cst.List))
        and not any(isinstance(element, cst.StarredElement) for element in target.target.elements)
        for target in assign.targets
    )


def _varies(rounds: Kind) -> bool:
    return any(isinstance(option, (Size, BakedSize, Data)) for option in options(rounds))
