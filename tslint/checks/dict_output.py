"""A model that returns a mapping: torch.jit.trace refuses it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.checks._outputs import (
    Refused,
    is_taken_leniently,
    lenient_calls,
    refused_part,
    refused_returns,
    returned,
)
from tslint.checks._wrapper import accesses_of, advice, sketch
from tslint.diagnostic import Finding, Fix, Place
from tslint.evidence import OutputItem, OutputRefused
from tslint.facts.context import Context
from tslint.facts.facts import Facts
from tslint.facts.kinds import Dict, Kind

MOST_KEYS = 6
WRITES = ": `tslint check --fix --unsafe-fixes` writes it"


@on(Facts)
def predict(facts: Facts, _: Facts) -> Iterator[Finding]:
    for refused in refused_returns(facts):
        lenient = is_taken_leniently(refused.value) and lenient_calls(refused.cls, facts)
        if refused.mapping and not lenient:
            keys = _keys(refused.value)
            fix = _wrapper(refused, keys, facts)
            yield Finding(
                refused.at,
                {"function": "forward", "what": returned(refused)},
                severity=refused.severity,
                fix=fix,
                help=advice([rewrite.subscript(key) for key in keys]) + (WRITES if fix else ""),
                symbol=f"{refused.cls.name}.forward",
            )


@on(OutputRefused)
def observe(evidence: OutputRefused, context: Context) -> Iterator[Finding]:
    if is_mapping(evidence):
        yield Finding(
            evidence.place,
            {"function": "forward", "what": _what(evidence)},
            caption=caption(evidence.items),
            help=_help(evidence, context),
        )


def is_mapping(evidence: OutputRefused) -> bool:
    """Whether a mapping is what the tracer minds, be it inside a tuple."""
    return evidence.kind == "mapping" or "Encountering a dict" in evidence.message


def caption(items: Sequence[OutputItem]) -> str | None:
    """``keys `out` [1, 21, 224, 224] and `aux` [1, 21, 224, 224]``."""
    if not items:
        return None
    shown = [f"`{item.key}` {list(item.shape) if item.shape is not None else item.type}" for item in items[:MOST_KEYS]]
    if len(items) > MOST_KEYS:
        shown.append(f"{len(items) - MOST_KEYS} more")
    text = shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
    return f"{'key' if len(items) == 1 else 'keys'} {text}"


def _what(evidence: OutputRefused) -> str:
    if evidence.kind != "mapping" or evidence.type == "dict":
        return "a dict"
    return f"the mapping `{evidence.type}`"


def _help(evidence: OutputRefused, context: Context) -> str:
    """The advice, who writes it, and the wrapper's code."""
    accesses = accesses_of(evidence)
    if not accesses:
        return advice(accesses)
    fixable = _is_fixable(evidence.place, context)
    return f"{advice(accesses)}{WRITES if fixable else ''}\n{sketch(evidence, context)}"


def _is_fixable(place: Place | None, context: Context) -> bool:
    """Whether the source alone shows how to write the wrapper of the return at PLACE."""
    facts = context.facts(place)
    if facts is None or place is None:
        return False
    here = [refused for refused in refused_returns(facts) if facts.span(refused.at).line == place.span.line]
    return any(_wrapper(refused, _keys(refused.value), facts) is not None for refused in here if refused.mapping)


def _keys(kind: Kind) -> list[str]:
    """The keys of a mapping that is known to hold tensors alone, and all of them."""
    if isinstance(kind, Dict) and kind.complete and all(refused_part(value) is None for _, value in kind.items):
        return list(kind.keys)
    return []


def _wrapper(refused: Refused, keys: list[str], facts: Facts) -> Fix | None:
    """A wrapper class, put around the model where the file traces it; only where there is no doubt which model that is."""
    calls = facts.calls_to("torch.jit.trace")
    roots = [cls for cls in facts.module_classes if not cls.is_inner]
    node = refused.cls.node
    base = next((base.value for base in node.bases if facts.qualified(base.value) == "torch.nn.Module"), None)
    names = _parameter_names(refused.function)
    name = f"{refused.cls.name}Outputs"
    if not keys or base is None or names is None or len(calls) != 1 or roots != [refused.cls]:
        return None
    if len(facts.returns(refused.function)) != 1 or any(cls.name == name for cls in facts.module_classes):
        return None
    model = facts.argument(calls[0], 0, "func")
    if model is None or not facts.is_traced(refused.cls) or facts.enclosing_function(node) is not None:
        return None
    written = [_parameter(parameter, facts) for parameter in refused.function.params.params[1:]]
    parameters = ", ".join(filter(None, written))
    if None in written:
        return None
    return rewrite.unsafe(
        f"Trace a wrapper that returns {', '.join(f'`{key}`' for key in keys)}",
        rewrite.wrapper(node, name, rewrite.source(base, facts), parameters, names, keys, facts),
        rewrite.before(model, f"{name}(", facts),
        rewrite.after(model, ").eval()", facts),
    )


def _parameter(parameter: cst.Param, facts: Facts) -> str | None:
    """A parameter as the wrapper takes it; None where its default is no literal, which may mean nothing outside its class."""
    text = parameter.name.value
    if parameter.annotation is not None:
        text += f": {rewrite.source(parameter.annotation.annotation, facts)}"
    if parameter.default is None:
        return text
    default = facts.module.code_for_node(parameter.default)
    try:
        ast.literal_eval(default)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return f"{text} = {default}" if parameter.annotation is not None else f"{text}={default}"


def _parameter_names(function: cst.FunctionDef) -> list[str] | None:
    """The names of the positional parameters behind ``self``; None where there are others."""
    params = function.params
    others = (
        isinstance(params.star_arg, cst.Param) or params.star_kwarg or params.kwonly_params or params.posonly_params
    )
    return None if others else [parameter.name.value for parameter in params.params[1:]]
