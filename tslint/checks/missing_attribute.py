"""An attribute that the compiled module does not have."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint import rewrite
from tslint.checks import _annotations, on
from tslint.diagnostic import Finding, Fix
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal

LITERALS: dict[type, str] = {cst.Integer: "int", cst.Float: "float", cst.SimpleString: "str"}


@on("missing-attribute", "class-attribute", "private-name")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    name, cls = refusal.values["name"], refusal.values["cls"]
    why = {
        "missing-attribute": f"`{cls}.__init__` does not set it",
        "class-attribute": "the body of the class sets it, without `Final`",
        "private-name": f"Python calls it `_{cls.lstrip('_')}{name}`",
    }[refusal.code]
    fix = _final(name, cls, facts) if refusal.code == "class-attribute" else None
    yield Finding(refusal.node, {"name": name, "why": why}, fix=fix)


def _final(name: str, owner: str, facts: Facts) -> Fix | None:
    """``scale = 2.0`` in the body of the class becomes ``scale: Final[float] = 2.0``, with the import."""
    for assign in facts.nodes(cst.Assign):
        target = assign.targets[0].target
        around = facts.enclosing_class(assign)
        if not isinstance(target, cst.Name) or target.value != name or around is None or around.name.value != owner:
            continue
        kind = LITERALS.get(type(assign.value))
        if isinstance(assign.value, cst.Name):
            kind = "bool" if assign.value.value in ("True", "False") else None
        if kind is None or len(assign.targets) != 1 or facts.enclosing_function(assign) is not None:
            return None
        word, imported = _annotations.typing_name("Final", facts)
        edit = rewrite.annotation(assign.targets[0], f"{word}[{kind}]", facts)
        return rewrite.safe(f"Annotate `{name}` as `Final[{kind}]`", edit, *imported)
    return None
