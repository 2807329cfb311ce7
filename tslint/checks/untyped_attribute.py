"""An attribute that TorchScript has no type for, read in scripted code."""

from __future__ import annotations

from collections.abc import Iterator

from tslint.checks import on
from tslint.checks._attributes import is_handed_on
from tslint.checks._registering import contained
from tslint.diagnostic import Finding, Fix
from tslint.facts.facts import Facts
from tslint.facts.torchscript.compiler import Refusal


@on("untyped-attribute")
def predict(refusal: Refusal, facts: Facts) -> Iterator[Finding]:
    type_ = refusal.values["type"]
    article = "an" if type_[0] in "aeio" else "a"
    yield Finding(
        refusal.node,
        {"name": refusal.values["name"], "type": f"{article} {type_}"},
        fix=_contained(refusal, facts),
        help=HELP.get(type_),
    )


HELP = {
    "list of modules": "`nn.ModuleList` holds modules",
    "dict of modules": "`nn.ModuleDict` holds modules",
    "empty list": "annotate it in the body of the class, or start with a first value",
    "empty dict": "annotate it in the body of the class, or start with a first value",
}


def _contained(refusal: Refusal, facts: Facts) -> Fix | None:
    """A container of modules in the place of a list or dict of them."""
    name, owner = refusal.values["name"], refusal.values["cls"]
    classes = [cls for cls in facts.module_classes if cls.name == owner and name in cls.attributes]
    if len(classes) != 1 or not refusal.values["type"].endswith("of modules"):
        return None
    attribute = classes[0].attributes[name]
    return None if is_handed_on(classes[0], attribute, facts) else contained(classes[0], attribute, facts)
