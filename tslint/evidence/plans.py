"""The way to Core ML that works, in fragments of code for a script; and what became of that script when it was run."""

from __future__ import annotations

from tslint.diagnostic import Place
from tslint.evidence.base import Evidence
from tslint.evidence.outcomes import Composite
from tslint.frozen import frozen


@frozen
class PlannedPart:
    """A module to trace or script (``how``) in its place. ``places`` are written behind the model: ``.blocks[1].attn``.

    The whole has the place ``""``. ``arguments`` is code for what a traced one is traced with; ``constants`` are the
    attributes of ``(place, names)`` that had to be constants.
    """

    places: tuple[str, ...]
    how: str
    class_name: str
    arguments: str = ""
    constants: tuple[tuple[str, tuple[str, ...]], ...] = ()


@frozen
class PlanMade(Evidence):
    """How one entry comes to Core ML. ``route`` is trace, mixed, script, export, or archive for what is TorchScript already.

    Where none works, ``route`` is empty and ``blocked`` says why, in a clause. ``build`` is code that builds the model with
    names of the module ``source``, found in the directory ``root`` (empty: installed); both are empty where the entry was
    recorded at a call of the file's own. ``example`` is code for the inputs, ``inputs`` says whether they are one tensor, a
    sequence of arguments, keywords or a pair of both. A wrapper with ``parameters`` calls the model with ``arguments`` and
    returns its ``accesses``; there is none where those are empty. ``types`` are code for the inputs of `ct.convert`, ``sizes``
    (name, code) what they share, ``fixed`` the types for the example's sizes alone; ``ranges`` are (input, dimension, low, high).
    ``dynamic`` is code for the sizes that `torch.export` leaves open, ``conversion`` the file's own call; ``recorded`` and
    ``options`` are code for its input types and other arguments, ``unrecorded`` why they cannot be written down. ``composites``
    take the place of what coremltools does not convert; ``decomposed`` are the overloads of an exported program that are to be
    taken apart, ``dropped`` the passes of coremltools to leave out.
    """

    entry: int
    route: str
    class_name: str
    blocked: str = ""
    build: str = ""
    source: str = ""
    root: str = ""
    example: str = ""
    inputs: str = "tensor"
    parameters: str = ""
    arguments: str = ""
    accesses: tuple[str, ...] = ()
    parts: tuple[PlannedPart, ...] = ()
    frozen: bool = False
    types: tuple[str, ...] = ()
    sizes: tuple[tuple[str, str], ...] = ()
    ranges: tuple[tuple[int, int, int, int], ...] = ()
    fixed: tuple[str, ...] = ()
    dynamic: str = ""
    place: Place | None = None
    conversion: Place | None = None
    recorded: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    unrecorded: str = ""
    composites: tuple[Composite, ...] = ()
    decomposed: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()


@frozen
class ScriptRan(Evidence):
    """The written script was run; ``path`` is the file that it is for. ``problem`` says what is wrong with it, at ``line``.

    ``tried`` names the inputs on which the converted program, and the one that it was made from, agreed with the model;
    ``difference`` is the largest one in float32.
    """

    path: str
    problem: str = ""
    line: int | None = None
    tried: tuple[str, ...] = ()
    difference: float | None = None
