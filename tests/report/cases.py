"""Reports that the golden files show: the design's transcript, and each thing that can go wrong with a layout."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from tslint.diagnostic import Applicability, Basis, Claim, Diagnostic, Edit, Fix, Label, Place, Severity, Span
from tslint.evidence import (
    Attempt,
    CodeRan,
    ComposedFunction,
    Composite,
    EntryChosen,
    Escape,
    Evidence,
    Generalises,
    InputSpec,
    NoEntry,
    Note,
    OpsCounted,
    OpSite,
    OpUnsupported,
    ProbeDied,
    RouteEnded,
    StepBegan,
    StepEnded,
    Variations,
    Versions,
)
from tslint.report.assemble import assemble_runs, notes_of
from tslint.report.content import Report, summarise

HERE = "/project"
SEGMENTATION = f"{HERE}/segmentation.py"

SOURCE = """\
class Segmenter(nn.Module):
    def forward(self, x):
        scale = math.sqrt(x.size(2))
        x = x / scale
        mid = self.backbone(x)
        features = self.neck(mid)
        low = self.aspp(features)
        return {"out": self.up(low), "aux": self.aux(mid)}
"""


def report(
    *diagnostics: Diagnostic,
    evidence: tuple[Evidence, ...] = (),
    sources: dict[str, str] | None = None,
    target: str = SEGMENTATION,
    **more: object,
) -> Report:
    lines = {path: text.splitlines() for path, text in (sources or {}).items()}
    runs = assemble_runs(target, evidence, diagnostics) if evidence else ()
    return Report(
        diagnostics,
        runs,
        summarise(diagnostics, files=1),
        sources=lines,
        directory=HERE,
        **more,  # type: ignore[arg-type]
    )


def diagnostic(rule: str, message: str, span: Span | None, **more: object) -> Diagnostic:
    values: dict[str, object] = {
        "group": "trace",
        "claim": Claim.TRACE_DIFFERS,
        "severity": Severity.ERROR,
        "basis": Basis.OBSERVED,
        "path": SEGMENTATION,
        **more,
    }
    return Diagnostic(rule=rule, message=message, span=span, **values)  # type: ignore[arg-type]


DICT = diagnostic(
    "dict-output",
    "`forward` returns a dict, which torch.jit.trace refuses",
    Span(8, 16, 8, 59),
    claim=Claim.TRACE_FAILS,
    symbol="Segmenter.forward",
    caption="keys `out` [1, 21, 224, 224] and `aux` [1, 21, 224, 224]",
    help='trace a wrapper that returns `model(x)["out"]`: `tslint check --fix --unsafe-fixes` writes it',
    fix=Fix("trace a wrapper", Applicability.UNSAFE, (Edit(Span(9, 1, 9, 1), "class Wrapper: ...\n"),)),
    evidence=({"kind": "OutputRefused", "entry": 0, "place": {"path": SEGMENTATION}},),
    fingerprint="0123456789abcdef",
    url="https://example.org/dict-output",
)
MATH = diagnostic(
    "math-on-size",
    "`math.sqrt` of a size is recorded as a constant",
    Span(3, 17, 3, 37),
    symbol="Segmenter.forward",
    caption="14.97 at 224; should be 13.86 at 192",
    help="`x.size(2) ** 0.5` stays in the graph",
    labels=(Label(SEGMENTATION, Span(4, 9, 4, 22), "used here"),),
    fix=Fix("use `** 0.5`", Applicability.SAFE, (Edit(Span(3, 17, 3, 37), "x.size(2) ** 0.5"),)),
    evidence=({"kind": "ConstantBaked", "entry": 0},),
)
REFUTED = diagnostic(
    "python-scalar",
    "`int` of a tensor is recorded as a constant",
    Span(7, 15, 7, 34),
    basis=Basis.REFUTED,
    refuted_by=("dimension 2 = 192", "values"),
)
INFO = diagnostic(
    "untyped-empty-list",
    "`x` is taken for a list of tensors",
    Span(6, 20, 6, 34),
    severity=Severity.INFO,
    basis=Basis.PREDICTED,
    claim=Claim.SCRIPT_FAILS,
    group="script",
)

RUN: tuple[Evidence, ...] = (
    Versions("3.11.7", "Linux", {"torch": "2.13.0", "coremltools": "9.0", "numpy": None}),
    StepBegan(0, "entry"),
    StepEnded(0, "entry", "ok", 0.9),
    EntryChosen(
        0,
        "the file's own torch.jit.trace call, line 52",
        "Segmenter",
        (InputSpec("x", "float32", (1, 3, 224, 224)),),
        "tslint check segmentation.py",
    ),
    StepEnded(0, "eager", "ok", 0.41),
    StepEnded(0, "trace", "failed", 1.22, "RuntimeError: Tracer cannot infer type of {…"),
    Variations(0, {"dimension 2 = 192": "float32[1,3,192,224]"}, {"dimension 1 = 4": "expected 3 channels"}),
    StepEnded(0, "compare", "ok", 2.0, "", "2 inputs"),
    Escape(
        0,
        Place(SEGMENTATION, Span(3, 17, 3, 37), "Segmenter.forward"),
        "__float__",
        "size",
        {"example": 224},
        "harmful",
    ),
    CodeRan(0, "eager", {SEGMENTATION: ("Segmenter.forward",)}),
    Generalises(0, "x", 0, True),
    Generalises(0, "x", 1, None),
    Generalises(0, "x", 2, False, (Place(SEGMENTATION, Span(3, 17, 3, 37)),)),
    Generalises(0, "x", 3, False, (Place(SEGMENTATION, Span(3, 17, 3, 37)),)),
    StepEnded(0, "script", "ok", 0.01),
    StepEnded(0, "convert", "ok", 5.1),
    StepEnded(0, "verify", "ok", 0.9),
    OpsCounted(0, "trace", {"aten::conv2d": 12, "aten::add": 3}),
    RouteEnded(
        0,
        "trace",
        Attempt("refused", message="a dict was returned"),
        Attempt("differs", "works", True, 3e-4, keys=("out", "aux")),
        recommended=True,
    ),
    RouteEnded(0, "script", Attempt("works")),
)


def transcript() -> Report:
    more = [dataclasses.replace(INFO, span=Span(line, 9, line, 12)) for line in (4, 5)]
    return report(DICT, MATH, REFUTED, INFO, *more, evidence=RUN, sources={SEGMENTATION: SOURCE})


def static() -> Report:
    found = [dataclasses.replace(each, basis=Basis.PREDICTED, caption=None) for each in (DICT, MATH)]
    note = "only the source was read: no entry was found; name one with `--model` and `--input`"
    return report(*found, sources={SEGMENTATION: SOURCE}, notes=(note,))


def nothing() -> Report:
    return report()


def placeless() -> Report:
    return report(
        diagnostic("environment", "numpy 2.4 breaks coremltools 9.0", None, path=None, group="coreml"),
        diagnostic("unreadable-file", "`net.py` is not UTF-8", None, group="tslint", claim=Claim.UNCHECKABLE),
        errors=("net.py cannot be read",),
    )


def notebook() -> Report:
    path = f"{HERE}/nets/a b.ipynb"
    span = Span(2, 5, 2, 6)
    return report(
        diagnostic("missing-eval", "`net` is in training mode", span, path=path, cell=3),
        sources={f"{path}:cell 3": "\nnet = x\n"},
    )


def hostile() -> Report:
    """User text that looks like markup, tabs, wide and combining characters, escapes, all in one line of code."""
    path = f"{HERE}/[red]名前.py"
    text = "\t\tgröße = '漢字' + e\u0301 + f(x)[bold]  # [/red] \x1b[31m\u202e\n"
    start = text.index("f(x)") + 1
    found = diagnostic(
        "math-on-size",
        "`[red]f[/red]` of [link=x]a size\x1b[0m\nis recorded",
        Span(1, start, 1, start + 4),
        path=path,
        caption="[bold]14[/bold] 漢字",
        labels=(Label(path, Span(1, 3, 1, 7), "[i]here[/i]"),),
        notes=("a [note] with \x07 a bell",),
    )
    return report(found, sources={path: text})


def long() -> Report:
    words = "a message that goes on and on, " * 6
    code = "x = torch.cat([" + ", ".join(f"self.layers[{n}](x)" for n in range(30)) + "], dim=math.floor(x.size(2)))"
    column = code.index("math.floor") + 1
    source = f"def forward(self, x):\n    if x:\n        {code}\n        return {code[:70]}\n"
    span = Span(3, column + 8, 3, column + 28)
    labels = (
        Label(SEGMENTATION, Span(4, 9, 4, 15), "a label that has much to tell about where the value is used, " * 2),
    )
    found = diagnostic(
        "math-on-size",
        words.strip(", "),
        span,
        caption="14.97 at 224; " * 12,
        labels=labels,
        help="first " * 40 + "\n    x = torch.sqrt(x)\n    return x",
        notes=("noted " * 30,),
    )
    return report(found, sources={SEGMENTATION: source})


def spans() -> Report:
    """A span of several lines, one without columns, one without text below it, one behind the end of its file."""
    source = "def forward(self, x):\n\n    return {\n        'a': x,\n        'b': x,\n        'c': x,\n        'd': x,\n    }\n"
    return report(
        dataclasses.replace(DICT, span=Span(3, 12, 8, 6)),
        dataclasses.replace(MATH, span=Span(4, None, 4, None), labels=(), fix=None, help=None),
        dataclasses.replace(MATH, span=Span(5, 9, 5, 12), caption=None, labels=(), help=None),
        dataclasses.replace(DICT, span=Span(3, 12, 8, 6), caption=None),
        dataclasses.replace(MATH, span=Span(6, 9, 6, 9), caption=None, labels=(), help=None, fix=None),
        dataclasses.replace(MATH, span=Span(99, 1, 99, 4), labels=(), help=None, fix=None),
        sources={SEGMENTATION: source},
    )


def labels() -> Report:
    """Labels on the line of the span, far above it, in another file with and without its source, and too many."""
    other = f"{HERE}/lib/blocks.py"
    source = "\n".join(f"line_{n} = {n}" for n in range(1, 41)) + "\n"
    stack = [Label(f"/elsewhere/torch/nn/module_{n}.py", Span(n, 1, n, 2), f"called here {n}") for n in range(1, 9)]
    here = [
        Label(SEGMENTATION, Span(30, 1, 30, 8), "the size comes from here"),
        Label(SEGMENTATION, Span(3, 1, 3, 8), "and its module from here"),
        Label(SEGMENTATION, Span(32, 1, 32, 8), "used here"),
    ]
    found = dataclasses.replace(
        MATH,
        span=Span(30, 11, 30, 13),
        labels=(*here, Label(other, Span(7, 10, 8, 2), "defined here"), *stack),
    )
    return report(found, sources={SEGMENTATION: source, other: source})


def died() -> Report:
    evidence = (
        EntryChosen(
            0, "`--model`", "Net", (InputSpec("x", "float32", (1, 3)), InputSpec("y", "int64", (2,))), "tslint check"
        ),
        Note(0, "`.cuda()` was given the CPU"),
        StepEnded(0, "eager", "ok", 0.2),
        StepEnded(0, "trace", "timeout", 600.0, "the time limit of 600 s was reached"),
        ProbeDied(0, "trace", "timeout", "600 s", "loading\nstill loading"),
        StepEnded(0, "script", "skipped", 0.0),
        Generalises(0, "x", 0, True),
        Generalises(0, "y", 0, True),
        Generalises(0, "x", 1, True),
    )
    found = diagnostic(
        "model-failed",
        "the model hung while it was traced",
        Span(4, None, 4, None),
        group="tslint",
        claim=Claim.UNCHECKABLE,
    )
    return report(found, evidence=evidence, sources={SEGMENTATION: SOURCE}, notes=notes_of(evidence))


DIFF = Composite(
    "aten::diff", (ComposedFunction("composed_diff", "def composed_diff(x):\n    return x[1:] - x[:-1]\n", ((0, -1),)),)
)


def entries() -> Report:
    """Two entries; the second does not convert, one of its ops with a composite, and export was asked for and fails."""
    site = OpSite(
        Place(f"{HERE}/net.py", Span(3, 1, 3, 9)), Place("/lib/gpt2.py", Span(70, None, 70, None)), "h.0.attn", 2
    )
    evidence = (
        *RUN,
        EntryChosen(
            1, "the file's own torch.jit.script call, line 60", "Loop", (InputSpec("tokens", "int64", (1, 8)),), ""
        ),
        StepEnded(1, "eager", "ok", 0.1),
        StepEnded(1, "convert", "failed", 3.0, "", "2 ops unsupported"),
        OpsCounted(1, "mixed", {"diff": 2, "add": 1}),
        OpUnsupported(1, "mixed", "diff", True, "no converter", 2, (site,), DIFF),
        Generalises(1, "tokens", 1, False),
        RouteEnded(1, "trace", Attempt("differs", "untried", message="one path only")),
        RouteEnded(1, "script", Attempt("works", "refused")),
        RouteEnded(
            1, "mixed", Attempt("works", "works", True, 0.0, composed=("diff",), parts=("loop",)), recommended=True
        ),
        RouteEnded(1, "export", Attempt("refused", message="a guard " * 20)),
    )
    op = diagnostic(
        "unsupported-op",
        "coremltools cannot convert `diff`",
        None,
        path=None,
        group="coreml",
        claim=Claim.CONVERT_FAILS,
        evidence=({"kind": "OpUnsupported", "entry": 1, "route": "script"},),
    )
    return report(DICT, MATH, op, evidence=evidence, sources={SEGMENTATION: SOURCE})


def branch() -> Report:
    """The best route is wrong on other values, and the line of what the trace generalises over does not say so."""
    evidence = (
        EntryChosen(0, "`Net()`", "Net", (InputSpec("x", "float32", (1, 3)),), ""),
        Generalises(0, "x", 0, True),
        RouteEnded(0, "trace", Attempt("differs", "works", True, 0.25), recommended=True),
        RouteEnded(0, "script", Attempt("refused", message="the compiler says much " * 20)),
    )
    found = dataclasses.replace(MATH, rule="data-dependent-branch", evidence=({"kind": "BranchTaken", "entry": 0},))
    return report(found, evidence=evidence)


def punctuation() -> Report:
    """Paths and texts that hold what the formats for machines are made of, and a fix behind wide characters."""
    path = f"{HERE}/a b,c:100%;]]>/[x](y) 名前.py"
    text = "値 = 'é'; y = x / math.sqrt(x.size(2))\nz = y\n"
    start = text.index("math") + 1
    found = diagnostic(
        "math-on-size",
        'a ]]> & <b> "q" %0A ::error::x, ##vso[task.complete]; `self.layers[0](x)`\r\nnext',
        Span(1, start, 1, start + 20),
        path=path,
        symbol="Net.forward",
        caption="50% & ]]>",
        labels=(Label(path, Span(2, 1, 2, 6), "also: 100%, [x](1)"),),
        notes=("a note with \x1b[31m and \x85 and \u2028 and \ufffe",),
        help="first, then\n\tindented: 100%",
        fix=Fix(
            "write [`**`](y)",
            Applicability.SAFE,
            (Edit(Span(1, start, 1, start + 9), ""), Edit(Span(1, start + 19, 1, start + 20), ") ** 0.5")),
        ),
        fingerprint="00000000000000aa",
    )
    warning = dataclasses.replace(found, rule="size-to-int", severity=Severity.WARNING, fix=None, labels=())
    return report(
        warning,
        dataclasses.replace(found, basis=Basis.PREDICTED),
        found,
        dataclasses.replace(REFUTED, path=path),
        dataclasses.replace(INFO, path=path),
        sources={path: text},
        errors=("a,b:c.py: 100% wrong\n]]> \x1b;",),
        notes=("a note that concerns people",),
    )


def chain() -> Report:
    """Labels that are the steps of the program, out of order and among others."""
    found = dataclasses.replace(
        MATH,
        span=Span(3, 17, 3, 37),
        labels=(
            Label(SEGMENTATION, Span(5, 9, 5, 30), "called here"),
            Label("/lib/torch/nn/module.py", Span(70, None, 70, None), "which ends up here"),
            Label(f"{HERE}/lib/blocks.py", Span(7, 10, 8, 2), "defined here"),
            Label(SEGMENTATION, Span(4, 9, 4, 22), "used here"),
        ),
    )
    far = (
        Edit(Span(1, 1, 1, 1), "import math\n"),
        Edit(Span(6, 1, 6, 1), "\n"),
    )
    more = dataclasses.replace(DICT, fix=Fix("in two places", Applicability.SAFE, far), labels=())
    alone = diagnostic("environment", "numpy 2.4 breaks coremltools 9.0", None, path=None, group="coreml")
    return report(found, more, alone, evidence=RUN, sources={SEGMENTATION: SOURCE})


def no_entry() -> Report:
    evidence = (StepEnded(0, "entry", "failed", 0.1), NoEntry("no entry found: name one with `--model` and `--input`"))
    return report(evidence=evidence, notes=notes_of(evidence))


CASES: dict[str, Callable[[], Report]] = {
    function.__name__: function
    for function in (
        transcript,
        static,
        nothing,
        placeless,
        notebook,
        hostile,
        long,
        spans,
        labels,
        died,
        entries,
        branch,
        punctuation,
        chain,
        no_entry,
    )
}
