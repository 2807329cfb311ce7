"""A conversion by way of ONNX, which coremltools gave up in version 6."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.checks import on
from tslint.checks._conversion import CONVERT
from tslint.diagnostic import Finding
from tslint.facts.facts import Facts
from tslint.facts.kinds import Str, options

CONVERTERS = ("coremltools.converters.onnx.", "onnx_coreml.")
HELP = "convert what `torch.jit.trace` made: `ct.convert(traced, inputs=[ct.TensorType(shape=example.shape)])`"


@on(cst.Call, calls=(*CONVERTERS, CONVERT))
def check(call: cst.Call, facts: Facts) -> Iterator[Finding]:
    name = facts.qualified(call.func) or ""
    if name.startswith(CONVERTERS):
        yield Finding(call.func, {"code": facts.text(call.func)}, help=HELP)
    elif name == CONVERT:
        source = facts.argument(call, 1, "source")
        model = facts.argument(call, 0, "model")
        if source is not None and _is_always(source, facts, "onnx"):
            yield Finding(call, {"code": f'{facts.text(call.func)}(source="onnx")'}, help=HELP)
        elif model is not None and _is_always(model, facts, ".onnx"):
            yield Finding(call, {"code": f"{facts.text(call.func)}({facts.text(model)})"}, help=HELP)


def _is_always(node: cst.BaseExpression, facts: Facts, end: str) -> bool:
    """Whether NODE is a string that ends so, on every path."""
    return all(isinstance(k, Str) and (k.value or "").endswith(end) for k in options(facts.calling_kind(node)))
