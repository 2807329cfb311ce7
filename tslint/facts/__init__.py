"""What the code of one file means, computed once and lazily from its LibCST tree.

Knows nothing of rules, findings or reports. Imports neither PyTorch nor the file it reads; what it does not
understand is :class:`Unknown`, never a guess.
"""

from __future__ import annotations

from tslint.facts.classes import Attribute, ModuleClass
from tslint.facts.facts import Facts
from tslint.facts.joins import join
from tslint.facts.kinds import (
    BakedSize,
    Callable,
    Constant,
    CoreModel,
    Data,
    Dict,
    Dim,
    Either,
    FixedSize,
    Instance,
    Kind,
    List,
    Module,
    NoneKind,
    ShapeOf,
    Size,
    Str,
    Tensor,
    Tuple,
    Unknown,
    options,
)

__all__ = [
    "Attribute",
    "BakedSize",
    "Callable",
    "Constant",
    "CoreModel",
    "Data",
    "Dict",
    "Dim",
    "Either",
    "Facts",
    "FixedSize",
    "Instance",
    "Kind",
    "List",
    "Module",
    "ModuleClass",
    "NoneKind",
    "ShapeOf",
    "Size",
    "Str",
    "Tensor",
    "Tuple",
    "Unknown",
    "join",
    "options",
]
