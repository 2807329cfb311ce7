"""Composites as code to paste: functions of ops that coremltools converts, and the converters that put them in place of others.

What coremltools' documentation calls a composite operator is registered with `register_torch_op`. The converters here translate
a scripted function as coremltools translates the body of a loop, and rest on two names of it that are not documented,
``InternalTorchIRBlock`` and ``convert_block`` (tried with coremltools 9.0).
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from tslint.evidence import ComposedFunction, Composite

_TORCH = "coremltools.converters.mil.frontend.torch"

IMPORTS = {
    "torch": "import torch",
    "math": "import math",
    "register_torch_op": f"from {_TORCH} import register_torch_op",
    "InternalTorchIRBlock": f"from {_TORCH}.internal_graph import InternalTorchIRBlock",
    "convert_block": f"from {_TORCH}.ops import convert_block",
    "_TORCH_OPS_REGISTRY": f"from {_TORCH}.torch_op_registry import _TORCH_OPS_REGISTRY",
}
"""Name → the statement that imports it, of all that the code may read."""

CONVERT_AS = '''def convert_as(function, context, node, *given):
    """Convert NODE to what the scripted FUNCTION does with the values GIVEN."""
    block = InternalTorchIRBlock.from_torchscript_block(function.graph, node)
    found = convert_block(context, block, given)[0]
    for name, value in zip(node.outputs, found if len(node.outputs) > 1 else [found]):
        context.add(value, torch_name=name)'''

CONSTANT = '''def constant(context, node, index):
    """What is known of an input of NODE before the model runs; floats to six digits."""

    def plain(value):
        value = getattr(value, "val", value)
        value = value.tolist() if hasattr(value, "tolist") else value
        if isinstance(value, (list, tuple)):
            return [plain(item) for item in value]
        return float(f"{value:.6g}") if isinstance(value, float) else value

    return plain(context[node.inputs[index]])'''

NOTHING = "nothing was found that takes its place"
"""Said of an op without a composite."""

WIDTH = 100

WITHIN = '''def within(node, op):
    """Whether NODE is a part of what OP is composed of."""
    return getattr(getattr(node.parent, "parent", None), "kind", "").rstrip("_") == op'''

AUTOGRAD = '''@register_torch_op(torch_alias=["pythonop"])
def convert_pythonop(context, node):
    """An autograd function: the trace holds what its forward did."""
    block = InternalTorchIRBlock.from_torchscript_block(node.attr["Subgraph"], node)
    found = convert_block(context, block, [context[name] for name in node.inputs])
    context.add(found[0] if len(found) == 1 else tuple(found), torch_name=node.outputs[0])'''

Condition = str


def definitions(composites: Sequence[Composite]) -> list[str]:
    """The functions and converters of COMPOSITES, each a definition, in an order that runs."""
    converters = [_converter(composite) for composite in composites]
    found = [CONVERT_AS] if any(composite.functions for composite in composites) else []
    if any("constant(" in text for text in converters):
        found.append(CONSTANT)
    if any("within(" in text for text in converters):
        found.append(WITHIN)
    for composite, converter in zip(composites, converters, strict=True):
        found += [f"@torch.jit.script\n{function.text.rstrip()}" for function in composite.functions]
        found.append(converter)
    return found


def paste(composite: Composite) -> str:
    """The code of one composite with its imports: to stand above the call of `ct.convert`."""
    body = "\n\n\n".join(definitions([composite]))
    read = [name for name in IMPORTS if f"{name}." in body or f"{name}(" in body]
    plain = sorted(IMPORTS[name] for name in read if IMPORTS[name].startswith("import "))
    others = sorted(IMPORTS[name] for name in read if IMPORTS[name].startswith("from "))
    return "\n\n".join(filter(None, ["\n".join(plain), "\n".join(others)])) + f"\n\n\n{body}\n"


def _converter(composite: Composite) -> str:
    if composite.op == "prim::PythonOp":
        return AUTOGRAD
    name = composite.op.split("::")[-1]
    override = ", override=True" if composite.known else ""
    lines = []
    if composite.known:
        lines.append(f'known_{_plain(name)} = _TORCH_OPS_REGISTRY.get_func("{name}")\n\n\n')
    lines.append(f'@register_torch_op(torch_alias=["{name}"]{override})\ndef convert_{_plain(name)}(context, node):\n')
    choices = list(_choices(composite))
    itself = any(f"torch.ops.aten.{name}(" in function.text for function in composite.functions)
    if len(choices) == 1 and not choices[0][0] and not itself:
        lines.append(_call(choices[0][1], "    "))
        return "".join(lines)
    word = "if"
    if itself:
        lines.append(f'    if within(node, "{name}"):\n        known_{_plain(name)}(context, node)\n')
        word = "elif"
    for conditions, function in choices:
        if not conditions:
            lines.append(f"    else:\n{_call(function, ' ' * 8)}")
            return "".join(lines)
        test = " and ".join(conditions)
        lines.append(f"    {word} {test}:\n{_call(function, ' ' * 8)}\n")
        word = "elif"
    if composite.known:
        lines.append(f"    else:\n        known_{_plain(name)}(context, node)")
    else:
        lines.append(f'    else:\n        raise NotImplementedError("this use of `{name}` is not composed")')
    return "".join(lines)


def _choices(composite: Composite) -> Iterator[tuple[list[Condition], ComposedFunction]]:
    """Each function with what tells its uses from those of the others, and from what coremltools converts by itself."""
    functions = composite.functions
    for function in functions:
        conditions = []
        for index, code in function.constants:
            others = {dict(other.constants).get(index) for other in functions}
            if composite.known or len(others) > 1:
                test = "is" if code in ("None", "True", "False") else "=="
                conditions.append(f"constant(context, node, {index}) {test} {_rounded(code)}")
        for (index, item), shape in zip(_tensors(function), function.shapes, strict=True):
            shapes = {dict(zip(_tensors(other), other.shapes, strict=True)).get((index, item)) for other in functions}
            if len(shapes) > 1:
                for axis, size in enumerate(shape):
                    if size is not None:
                        conditions.append(f"{_taken((index, item))}.shape[{axis}] == {size}")
        yield conditions, function


def _tensors(function: ComposedFunction) -> list[tuple[int, int]]:
    return list(function.takes[: len(function.shapes)])


def _rounded(code: str) -> str:
    """A float as :data:`CONSTANT` gives it."""
    try:
        return code if code.lstrip("-").isdigit() else repr(float(f"{float(code):.6g}"))
    except ValueError:
        return code


def _call(function: ComposedFunction, indent: str) -> str:
    given = ["context", "node", *map(_taken, function.takes)]
    line = f"{indent}convert_as({', '.join([function.name, *given])})"
    if len(line) <= WIDTH:
        return line
    rest = ", ".join(given)
    broken = f"\n{indent}    ".join([f"{function.name},", *textwrap.wrap(f"{rest},", WIDTH - len(indent) - 4)])
    return f"{indent}convert_as(\n{indent}    {broken}\n{indent})"


def _taken(slot: tuple[int, int]) -> str:
    index, item = slot
    return f"context[node.inputs[{index}]]" + (f"[{item}]" if item >= 0 else "")


def _plain(name: str) -> str:
    return name.strip("_")
