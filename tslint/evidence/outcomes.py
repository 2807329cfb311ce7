"""What the tracer, the compiler, the exporter and coremltools refused or got wrong, and the routes that are left."""

from __future__ import annotations

from tslint.diagnostic import Place
from tslint.evidence.base import Evidence
from tslint.frozen import frozen


@frozen
class OutputItem:
    """One member of a refused output: its ``key``, its type name, and shape and dtype where it is a tensor.

    ``access`` is the code that picks it out, written behind the output: ``["aux"][0]``; empty where none can be written.
    """

    key: str
    type: str
    shape: tuple[int, ...] | None = None
    dtype: str | None = None
    access: str = ""


@frozen
class OutputRefused(Evidence):
    """`torch.jit.trace` refuses what forward returns. ``kind`` is mapping, none or other; ``place`` the return statement.

    ``module`` names the model's class; a wrapper's forward takes ``parameters`` and calls the model with ``arguments``, as code.
    """

    entry: int
    kind: str
    type: str
    items: tuple[OutputItem, ...]
    message: str
    place: Place | None = None
    wrapped: bool = False
    module: str = ""
    parameters: str = "*args, **kwargs"
    arguments: str = "*args, **kwargs"


@frozen
class InputRefused(Evidence):
    """An example input that `torch.jit.trace` does not take: the parameter's name and its type."""

    entry: int
    name: str
    type: str
    message: str
    place: Place | None = None


@frozen
class TraceRefused(Evidence):
    """`torch.jit.trace` raised for a reason that is neither an output nor an input; ``message`` is its first line."""

    entry: int
    exception: str
    message: str
    place: Place | None
    stack: tuple[Place, ...] = ()


@frozen
class SecondCallDiffered(Evidence):
    """A second call is recorded otherwise than the first, which `torch.jit.trace` refuses where it checks itself.

    ``attributes`` are the paths of what the first call left behind, tensors before numbers; ``place`` is the class of the module
    that has the first of them. ``settles``: once the model was called, each call is recorded as the one before.
    """

    entry: int
    attributes: tuple[str, ...]
    place: Place | None
    settles: bool = True


@frozen
class ScriptRefused(Evidence):
    """A module that `torch.jit.script` cannot compile: the compiler's message, on its line; ``chain`` the calls to it."""

    entry: int
    module_path: str
    class_name: str
    message: str
    place: Place | None
    chain: tuple[Place, ...] = ()


@frozen
class ExportRefused(Evidence):
    """`torch.export.export` raised, on the route that the file takes or that was asked for; ``message`` is its first line."""

    entry: int
    exception: str
    message: str
    place: Place | None
    stack: tuple[Place, ...] = ()


@frozen
class ScriptDiffered(Evidence):
    """The scripted program disagrees with eager, or raises, on the input ``tried``."""

    entry: int
    tried: str
    max_difference: float | None
    message: str = ""
    place: Place | None = None


@frozen
class OpSite:
    """One place that uses an op: in the user's file, in the library below it, and the path of the module in the model."""

    place: Place | None
    library: Place | None = None
    module_path: str = ""
    count: int = 1


@frozen
class ComposedFunction:
    """A function of ops that coremltools converts, with its ``text``; it answers what one use of an op answers.

    Its parameters are the op's arguments that it ``takes``: (number, number of the item or -1), tensors first; ``shapes`` are
    those of the tensors that it is right for (None: any size). ``constants`` are (number, code) of the other arguments, as far as
    they are numbers, flags and lists of them.
    """

    name: str
    text: str
    takes: tuple[tuple[int, int], ...]
    shapes: tuple[tuple[int | None, ...], ...] = ()
    constants: tuple[tuple[int, str], ...] = ()


@frozen
class Composite:
    """An op composed of others: a function for each kind of use. ``known``: coremltools has a converter for other uses."""

    op: str
    functions: tuple[ComposedFunction, ...]
    known: bool = False


@frozen
class OpUnsupported(Evidence):
    """An op that coremltools cannot convert on ROUTE. ``missing``: it has no converter (else this use of it is refused).

    ``composite`` answered as eager did and was converted in its place; None where none was found. ``target`` is the least
    deployment target that converts it as it is, empty where none does; ``repro`` a script that shows it alone, where one was
    asked for and failed alike when it was run. ``decomposed`` are the overloads of an exported program that have to be taken
    apart for it to convert, this one and all others; empty where that does not help.
    """

    entry: int
    route: str
    op: str
    missing: bool
    message: str
    count: int
    sites: tuple[OpSite, ...]
    composite: Composite | None = None
    target: str = ""
    repro: str = ""
    decomposed: tuple[str, ...] = ()


@frozen
class ConversionRefused(Evidence):
    """`ct.convert` raised outside any single op; ``message`` is its own."""

    entry: int
    route: str
    exception: str
    message: str
    place: Place | None = None


@frozen
class ConversionDiffered(Evidence):
    """The evaluated Core ML program disagrees with eager on the input ``tried``, or fails there.

    ``max_difference`` is None where there is no number: another shape, NaN or infinity, or a program that fails. ``op`` is the
    one whose own value is wrong though what it takes is right, ``wrong`` says how, with both values; ``place`` is its line then.
    ``composite`` computes the same of ops that are translated rightly; ``repro`` is a script that shows the op alone, where one
    was asked for. ``dropped`` is the one pass of coremltools without which the program is right.
    """

    entry: int
    route: str
    tried: str
    output: str
    max_difference: float | None
    message: str = ""
    place: Place | None = None
    op: str = ""
    wrong: str = ""
    library: Place | None = None
    composite: Composite | None = None
    repro: str = ""
    dropped: str = ""


@frozen
class AnswersHeld(Evidence):
    """What eager answers on the example, held against what it answered before its file was changed.

    ``same`` is None where the two cannot be compared, for the reason WHY; else WHY says how they differ.
    """

    entry: int
    same: bool | None
    max_difference: float | None = None
    why: str = ""


@frozen
class Saved(Evidence):
    """The program of ``route`` was saved as a Core ML model. ``verified``: as saved, it agrees with eager on the example."""

    entry: int
    route: str
    verified: bool | None = None


@frozen
class HalfOverflowed(Evidence):
    """A line makes numbers beyond float16's range, up to the magnitude ``largest``, on the example inputs.

    ``operator`` is PyTorch's name of what makes the first of them, ``effect`` what becomes of the answer where that line alone
    is rounded to float16.
    """

    entry: int
    place: Place | None
    operator: str
    largest: float
    effect: str
    stack: tuple[Place, ...] = ()


@frozen
class ModeWrong(Evidence):
    """Training behaviour: ``what`` is training (the flag of the module), dropout, batch-norm or nondeterminism.

    ``place`` is the call that traces or converts it, else the class; ``modules`` the paths of those concerned.
    """

    entry: int
    what: str
    modules: tuple[str, ...]
    place: Place | None
    effect: str = ""


@frozen
class OpsCounted(Evidence):
    """The ops of the graph handed to coremltools: name → count."""

    entry: int
    route: str
    ops: dict[str, int]


@frozen
class Attempt:
    """What became of one program on its way to Core ML.

    ``status`` (trace or script itself) and ``converts`` are works, refused, differs, died or untried. ``verified`` is
    True, False or None (not evaluated); ``difference`` the largest one from eager in float32. The conversion has composites for
    the ops ``composed``, the overloads ``decomposed`` taken apart, and coremltools' passes ``dropped`` left out. ``parts`` are
    what a mixed program scripts, ``traced`` the paths of what is traced inside of those.
    """

    status: str = "untried"
    converts: str = "untried"
    verified: bool | None = None
    difference: float | None = None
    composed: tuple[str, ...] = ()
    decomposed: tuple[str, ...] = ()
    dropped: tuple[str, ...] = ()
    message: str = ""
    keys: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    traced: tuple[str, ...] = ()


@frozen
class RouteEnded(Evidence):
    """One line of the route table. ``wrapped`` is the flattening wrapper's, under trace alone."""

    entry: int
    route: str
    attempt: Attempt
    wrapped: Attempt | None = None
    recommended: bool = False
