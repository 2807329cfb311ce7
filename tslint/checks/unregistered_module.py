"""Modules in a plain list, tuple or dict: their model does not know of them, nor does the tracer."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._attributes import added_by, elements, is_handed_on, is_held_here_alone, used
from tslint.checks._places import branches
from tslint.checks._registering import contained
from tslint.diagnostic import Claim, Finding, Severity
from tslint.facts.classes import Attribute, ModuleClass
from tslint.facts.facts import Facts
from tslint.facts.kinds import Dict, Module, options
from tslint.facts.parametric import drops, has_parameters


@on(Facts)
def check(facts: Facts, _: Facts) -> Iterator[Finding]:
    for cls in facts.module_classes:
        for attribute in cls.attributes.values():
            yield from _of_attribute(cls, attribute, facts)


def _of_attribute(cls: ModuleClass, attribute: Attribute, facts: Facts) -> Iterator[Finding]:
    modules = [kind for element in elements(attribute.kind) for kind in options(element) if isinstance(kind, Module)]
    lost = [m for m in modules if m.call is not None and is_held_here_alone(m.call, attribute, facts)]
    with_parameters = any(has_parameters(module) for module in lost)
    blamed = [module.call for module in lost if (has_parameters(module) if with_parameters else drops(module))]
    if not blamed:
        return
    places = used(cls, attribute, facts)
    if not places or is_handed_on(cls, attribute, facts):
        return
    at = next((node for call in blamed if call and (node := added_by(call, attribute, facts))), attribute.node)
    container = "nn.ModuleDict" if isinstance(attribute.kind, Dict) else "nn.ModuleList"
    yield Finding(
        at,
        {
            "attribute": f"self.{attribute.name}",
            "effect": "torch.jit.trace refuses their parameters" if with_parameters else "eval() does not reach them",
        },
        claim=Claim.TRACE_FAILS if with_parameters else Claim.WRONG_MODE,
        severity=Severity.WARNING if branches(at, facts) else Severity.ERROR,
        labels=(facts.label(places[0], "they are used here"),),
        fix=contained(cls, attribute, facts),
        help=f"make it an `{container}`, which registers what it holds",
    )
