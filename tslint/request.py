"""What a run is asked, and what the child must know of the source: frozen data, JSON both ways. Imports ``diagnostic`` alone."""

from __future__ import annotations

from tslint.diagnostic import Cells, Place
from tslint.frozen import frozen

AHEAD = "tslint-ahead"
"""Name of a process of the run that can be ended without loss: what it does is then done again by the child itself."""


@frozen
class CallSite:
    """A call in the user's file that builds or converts a TorchScript program.

    ``function`` is one of ``torch.jit.trace``, ``torch.jit.trace_module``, ``torch.jit.script``,
    ``torch.export.export`` and ``coremltools.convert``.
    """

    function: str
    place: Place


@frozen
class SideEffect:
    """A statement on the way to the last call site that trains, writes or uploads: ``line`` and its first line of text."""

    line: int
    text: str


@frozen
class Outline:
    """What the source of a file says about how to build and run its models; the parent reads it, the child uses it.

    ``calls`` are the call sites that running the file as ``__main__`` reaches; ``stop_line`` is the last line of the
    top-level statement that holds the last of them (a statement under the main guard counts as a top-level one).
    ``functions`` are the names of functions and ``classes`` the names of ``nn.Module`` classes at module level, in
    file order; ``roots`` those classes that no other class of the file builds.
    """

    path: str
    functions: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    calls: tuple[CallSite, ...] = ()
    stop_line: int | None = None
    side_effects: tuple[SideEffect, ...] = ()


@frozen
class CoreML:
    """How what ``--save`` writes is converted and described: a ``[tool.tslint.models.coreml]`` table.

    ``image``: the first input is an image, of pixels times ``scale`` plus ``bias`` (a number a channel); ``classes`` are the
    labels of a classifier; ``preview_parameters`` is what Xcode's preview is told, as JSON.
    """

    image: bool = False
    scale: float = 1.0
    bias: tuple[float, ...] = ()
    color_layout: str = "RGB"
    classes: tuple[str, ...] = ()
    precision: str = "float16"
    author: str = ""
    description: str = ""
    license: str = ""
    version: str = ""
    preview: str = ""
    preview_parameters: str = ""


@frozen
class ModelSpec:
    """A model named on the command line or in a ``[[tool.tslint.models]]`` table.

    ``model`` is ``Net``, ``Net(num_classes=21)`` or ``build_model()``, or None for what the target itself names;
    ``inputs`` as ``--input`` takes them (``1,3,224,224``, ``int64[2..11]``, ``image:float32[1,3,128..512,128..512]``).
    """

    model: str | None = None
    inputs: tuple[str, ...] = ()
    origin: str = "--model/--input"


@frozen
class Pickled:
    """A live model with its inputs, handed to a fresh process: the ``file`` they stand in, and the caller's ``sys.path``."""

    file: str
    path: tuple[str, ...] = ()


@frozen
class Written:
    """A script to run before anybody else does: its ``text``, and the ``path`` of the file that it is for.

    The model stands in the variable ``model`` once line ``built`` has run, behind ``wrapper`` (a class of the script) where
    that is named; ``example`` is code for its inputs. ``ranges`` are (input, dimension, low, high) of the sizes that the
    conversion is to serve.
    """

    path: str
    text: str
    built: int
    model: str
    example: str
    wrapper: str = ""
    ranges: tuple[tuple[int, int, int, int], ...] = ()


@frozen
class NotebookModule:
    """The module that the cells of the notebook ``path`` make, and where they stand in it."""

    path: str
    text: str
    cells: Cells


@frozen
class Request:
    """One run. ``target`` is a path, or ``package.module:attribute(...)``; for a live model what the report calls it.

    ``routes`` empty: as many as are needed. ``skip`` names steps that are not run again (a child that takes over after
    one died): ``convert`` in every entry, ``1:convert`` in one, ``1:*`` all of one. ``plan``: report the way that works as
    code. With ``written`` a script is run, and nothing else. ``save`` is where the recommended program is saved, as ``coreml``
    says. ``repro``: write a script for each op that does not convert. ``texts`` are (absolute path, text) of files
    that are run as if they held it. ``answers`` is a folder where eager's answers are kept, or held against those that it keeps.
    ``notebook``: what the target holds, where it is one.
    """

    target: str
    specs: tuple[ModelSpec, ...] = ()
    outline: Outline | None = None
    run_side_effects: bool = False
    routes: tuple[str, ...] = ()
    convert: bool = True
    verify: bool = True
    deployment_target: str | None = None
    skip: tuple[str, ...] = ()
    pickled: Pickled | None = None
    plan: bool = False
    written: Written | None = None
    save: str | None = None
    coreml: CoreML | None = None
    repro: bool = False
    texts: tuple[tuple[str, str], ...] = ()
    answers: str = ""
    notebook: NotebookModule | None = None
