"""The modules that a model is made of, and which of them TorchScript's compiler takes."""

from __future__ import annotations

from tslint.diagnostic import Place
from tslint.evidence.base import Evidence
from tslint.frozen import frozen


@frozen
class ModuleSeen:
    """One module: its path in the model (empty for the whole), its class, and whether it came in training mode.

    ``code`` are the class statements of its class and of those that it inherits from, without torch's own.
    """

    path: str
    class_name: str
    training: bool = False
    code: tuple[Place, ...] = ()


@frozen
class ModulesSeen(Evidence):
    """The modules of an entry, each once, parents before children."""

    entry: int
    modules: tuple[ModuleSeen, ...]


@frozen
class ModulesScripted(Evidence):
    """What became of each module that was compiled alone, its children aside, since the whole was refused.

    ``refused`` are the paths of those whose own code is refused, ``unknown`` of those that could not be compiled without
    children that were; all others compile.
    """

    entry: int
    refused: tuple[str, ...]
    unknown: tuple[str, ...] = ()
