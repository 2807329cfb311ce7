"""One tensor for two outputs, or for an input and an output: coremltools gives both the same name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from tslint import rewrite
from tslint.checks import on
from tslint.checks._conversion import Conversion, conversions
from tslint.diagnostic import Finding, Severity
from tslint.facts.classes import ModuleClass
from tslint.facts.facts import Facts
from tslint.facts.kinds import Module, options
from tslint.facts.tree import words

SAME = words("contiguous clone detach")
"""Methods whose result coremltools 9.0 takes for the tensor itself: measured."""
SAME_LAYERS = words("Identity Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout")
HELP = "return `{name} * 1`: that is a tensor of its own"


@on(Facts)
def check(facts: Facts, _: Facts) -> Iterator[Finding]:
    converted = list(conversions(facts))
    for cls in facts.module_classes:
        function = cls.methods.get("forward")
        if function is None:
            continue
        for statement, _kind in facts.returns(function):
            if statement is not None and statement.value is not None:
                yield from _of_return(statement.value, function, cls, _severity(cls, converted, facts), facts)


def _severity(cls: ModuleClass, converted: Sequence[Conversion], facts: Facts) -> Severity:
    """How much it matters that a class has outputs of one name: nothing where it is not what the file converts."""
    own = [call for call, _, kinds in converted if any(isinstance(kind, Module) and kind.cls is cls for kind in kinds)]
    if any(facts.argument(call, 3, "outputs") is not None for call in own):
        return Severity.ERROR
    unknown = any(not isinstance(kind, Module) or kind.cls is None for _, _, kinds in converted for kind in kinds)
    return Severity.WARNING if own or (unknown and not cls.is_inner) else Severity.INFO


def _of_return(
    value: cst.BaseExpression, function: cst.FunctionDef, cls: ModuleClass, severity: Severity, facts: Facts
) -> Iterator[Finding]:
    seen: dict[object, cst.BaseExpression] = {}
    for node in _outputs(value):
        source = _source(node, function, facts)
        problem = ""
        if source in seen:
            problem = f"`{facts.text(node)}` is the same tensor as `{facts.text(seen[source])}`: both outputs"
        elif isinstance(source, cst.Param) and facts.is_tensor(node):
            problem = f"`{facts.text(node)}` is an input as it came in: input and output"
        seen.setdefault(source, node)
        if problem:
            help = HELP.format(name=facts.text(node))
            text = f"{rewrite.atom(node, facts)} * 1"
            matters = severity is not Severity.INFO
            fix = rewrite.unsafe(f"Return `{text}`", rewrite.replace(node, text, facts)) if matters else None
            yield Finding(
                node, {"problem": problem}, severity=severity, fix=fix, help=help, symbol=f"{cls.name}.forward"
            )


def _outputs(value: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """The expressions that are returned, those of nested tuples in order."""
    if isinstance(value, (cst.Tuple, cst.List)):
        for element in value.elements:
            yield from _outputs(element.value)
    else:
        yield value


def _source(node: cst.BaseExpression, function: cst.FunctionDef, facts: Facts, here: bool = True) -> object:
    """What made the tensor NODE: a parameter, the expression that was assigned, or NODE itself.

    HERE: NODE stands in the return. A variable that is assigned several times is the same there, and unknown elsewhere.
    """
    if isinstance(node, cst.Call):
        passed = _passed_through(node, facts)
        return node if passed is None else _source(passed, function, facts, here)
    if not isinstance(node, cst.Name):
        return node
    binding = facts.names.definition(node)
    bindings = facts.names.bindings(function, node.value)
    if binding is None or binding not in bindings:
        return node
    if len(bindings) > 1 or _is_written(node.value, function, facts):
        return node.value if here else node
    if isinstance(binding.node, cst.Param) or binding.value is None:
        return binding.node
    return _source(binding.value, function, facts, here=False)


def _passed_through(call: cst.Call, facts: Facts) -> cst.BaseExpression | None:
    """The argument of a call that answers with it unchanged in eval mode."""
    func = call.func
    if isinstance(func, cst.Attribute) and func.attr.value in SAME and facts.is_tensor(func.value):
        return func.value
    kinds = options(facts.kind(func))
    layers = [(kind.layer or "").rpartition(".")[2] if isinstance(kind, Module) else "" for kind in kinds]
    return call.args[0].value if len(call.args) == 1 and all(name in SAME_LAYERS for name in layers) else None


def _is_written(name: str, function: cst.FunctionDef, facts: Facts) -> bool:
    """Whether the function writes into the tensor NAME: it is another one then."""
    for node in facts.tree.inside(function.body, cst.Name):
        parent = facts.parent(node)
        if node.value != name:
            continue
        if isinstance(parent, cst.Attribute) and parent.value is node and parent.attr.value.endswith("_"):
            return True
        if isinstance(parent, cst.Subscript) and isinstance(facts.parent(parent), (cst.AssignTarget, cst.AugAssign)):
            return True
    return False
