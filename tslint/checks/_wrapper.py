"""The wrapper around a model whose output the tracer refuses: what is said of it, and its code."""

from __future__ import annotations

from collections.abc import Sequence

from tslint import rewrite
from tslint.diagnostic import Place
from tslint.evidence import OutputRefused
from tslint.facts.context import Context

MOST = 6
"""Parts that a sentence names; the code has all of them."""


def advice(accesses: Sequence[str]) -> str:
    """What a wrapper returns of the model's output, as far as that is known: ``["out"]`` and the like."""
    if not accesses:
        return "trace a wrapper whose `forward` returns the values of the mapping as a tuple"
    if len(accesses) == 1:
        return f"trace a wrapper that returns `model(x){accesses[0]}`"
    named = ", ".join(f"y{access}" for access in accesses[:MOST])
    return f"trace a wrapper that returns `{named}{', …' if len(accesses) > MOST else ''}` of `y = model(x)`"


def accesses_of(evidence: OutputRefused) -> list[str]:
    """The code for the tensors of the output; nothing where one of them cannot be written."""
    found = [item.access for item in evidence.items if item.shape is not None]
    return found if all(found) else []


def sketch(evidence: OutputRefused, context: Context) -> str:
    """The wrapper's code, as it can be pasted below the model's class."""
    name = f"{evidence.module or 'Model'}Outputs"
    base = _base(evidence.place, context)
    return rewrite.wrapper_class(name, base, evidence.parameters, evidence.arguments, accesses_of(evidence))


def _base(place: Place | None, context: Context) -> str:
    """How the file at PLACE spells ``torch.nn.Module`` where it does."""
    facts = context.facts(place)
    for cls in facts.module_classes if facts is not None else []:
        for base in cls.node.bases:
            if facts is not None and facts.qualified(base.value) == "torch.nn.Module":
                return rewrite.source(base.value, facts)
    return "torch.nn.Module"
