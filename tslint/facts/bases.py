"""What plain classes are by their bases: named tuples, and mappings such as ``ModelOutput``."""

from __future__ import annotations

import re

import libcst as cst

from tslint.facts.classes import MAX_BASES, Classes

NAMED_TUPLES = ("typing.NamedTuple", "collections.namedtuple")
MAPPINGS = ("builtins.dict", "collections.OrderedDict")
OUTPUT = re.compile(r"ModelOutput|Output(s|With[A-Z]\w*)?$")
"""What Transformers and Diffusers call their outputs: ``BaseModelOutput…``, ``MaskedLMOutput``, ``CausalLMOutputWithPast``."""


def is_named_tuple(classes: Classes, node: cst.ClassDef) -> bool:
    names = [classes.names.qualified(b.value) for b in node.bases if isinstance(b.value, (cst.Name, cst.Attribute))]
    return any(name in NAMED_TUPLES for name in names)


def mapping_base(classes: Classes, node: cst.ClassDef, depth: int = 0) -> str | None:
    """The mapping that a class is derived from, directly or through bases of the project (``ModelOutput``, ``OrderedDict``)."""
    for base in node.bases:
        local = classes.class_of(base.value) or classes.imported_class(base.value)
        if local is not None:
            found = mapping_base(classes, local, depth + 1) if depth < MAX_BASES else None
            if found is not None:
                return found
            continue
        name = classes.names.qualified(base.value) if isinstance(base.value, (cst.Name, cst.Attribute)) else None
        last = (name or "").rpartition(".")[2]
        if name in MAPPINGS or OUTPUT.search(last):
            return name
    return None
