"""A recorded function as source text that both PyTorch and TorchScript run: one call a line."""

from __future__ import annotations

import builtins
import keyword
import math
import operator
import re
import textwrap
from collections.abc import Sequence
from typing import Any

import torch

LONGEST = 600
"""Calls of a function that is worth writing."""

LARGEST = 256
"""Elements of a constant tensor that is written into the text."""

WIDTH = 120

INFIX = {
    operator.add: "+",
    operator.sub: "-",
    operator.mul: "*",
    operator.floordiv: "//",
    operator.truediv: "/",
    operator.mod: "%",
    operator.eq: "==",
    operator.ne: "!=",
    operator.lt: "<",
    operator.le: "<=",
    operator.gt: ">",
    operator.ge: ">=",
}

CALLED = {math.floor: "math.floor", math.ceil: "math.ceil", torch.sym_max: "max", torch.sym_min: "min"}

SAME = ("aten::detach", "aten::alias", "aten::lift_fresh", "aten::lift_fresh_copy", "aten::lift")
"""Ops whose answer is what they are given, for a program without gradients and writes."""

# fmt: off
ELEMENTWISE = frozenset(
    {
        "abs", "acos", "acosh", "add", "asin", "asinh", "atan", "atan2", "atanh", "cat", "ceil", "clone", "cos",
        "cosh", "div", "eq", "erf", "exp", "exp2", "expm1", "fill", "floor", "fmod", "full", "full_like", "ge",
        "gt", "isfinite", "le", "log", "log10", "log1p", "log2", "lt", "maximum", "minimum", "mul", "ne", "neg",
        "pow", "real", "reciprocal", "remainder", "reshape", "round", "rsqrt", "sign", "sin", "sinh", "sqrt", "sub",
        "tan", "tanh", "trunc", "where",
    }
)
# fmt: on
"""Operators of the namespace `prims` that `aten` has by the same name, for arguments of one type."""

FORGOTTEN = ("device", "layout", "pin_memory", "memory_format", "non_blocking")
"""Keywords that say where and how a tensor is kept; Core ML decides that by itself."""


class Unwritable(Exception):
    """Something in the record has no words in TorchScript."""


def written(name: str, parameters: Sequence[tuple[str, type]], module: Any, about: str) -> str:
    """``def NAME`` of what the FX graph of MODULE does, with the docstring ABOUT. Raises Unwritable.

    PARAMETERS are names and types of the placeholders, in order: a tensor, an int or a float.
    """
    graph = module.graph
    if len(list(graph.nodes)) > LONGEST:
        raise Unwritable(f"more than {LONGEST} calls")
    names = _Names(parameters)
    lines: list[str] = []
    given = iter(parameters)
    for node in graph.nodes:
        if node.op == "placeholder":
            names.known[node] = next(given)[0]
        elif node.op == "get_attr":
            names.known[node] = _constant(getattr(module, node.target))
        elif node.op == "output":
            lines.append(f"return {_literal(node.args[0], names)}")
        elif node.op == "call_function":
            if _name(node) in SAME:
                names.known[node] = _literal(node.args[0], names)
            elif node.users or not lines:
                lines.append(f"{names.new(node)} = {_call(node, names)}")
        else:
            raise Unwritable(f"a node `{node.op}`")
    header = ", ".join(name if kind is torch.Tensor else f"{name}: {kind.__name__}" for name, kind in parameters)
    text = f'def {name}({header}):\n    """{about}"""\n'
    return text + "".join(f"{_folded(line)}\n" for line in lines)


class _Names:
    """What stands for each node in the text."""

    def __init__(self, parameters: Sequence[tuple[str, type]]) -> None:
        self.known: dict[Any, str] = {}
        self._taken = {name for name, _ in parameters} | {"torch", "math", "aten"}

    def new(self, node: Any) -> str:
        name = re.sub(r"\W", "_", node.name).strip("_").replace("sym_size_int", "size")
        if keyword.iskeyword(name) or name in self._taken or not name.isidentifier() or name in vars(builtins):
            name = f"{name}_0"
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        self.known[node] = name
        return name


def _name(node: Any) -> str:
    schema = getattr(node.target, "_schema", None)
    return str(schema.name) if schema is not None else ""


def _call(node: Any, names: _Names) -> str:
    target, name = node.target, _name(node)
    arguments = [_literal(value, names) for value in _agreeing(node)]
    keywords = {key: _literal(value, names) for key, value in node.kwargs.items() if key not in FORGOTTEN}
    if name in ("aten::_to_copy", "prims::convert_element_type"):
        wanted = keywords.get("dtype") or (arguments[1] if len(arguments) > 1 else "None")
        return f"{arguments[0]}.clone()" if wanted == "None" else f"{arguments[0]}.to({wanted})"
    if name == "aten::sym_size":
        return f"{arguments[0]}.size({arguments[1]})"
    if name == "aten::sym_numel":
        return f"{arguments[0]}.numel()"
    if name == "aten::full" and node.args[0] == []:
        return f"torch.tensor({', '.join(arguments[1:])}, dtype={keywords.get('dtype', 'None')})"
    if name in ("aten::_unsafe_view", "aten::view", "aten::_reshape_alias"):
        return f"torch.ops.aten.reshape({arguments[0]}, {arguments[1]})"  # how it lies in memory is not kept
    if name.removeprefix("prims::") in ELEMENTWISE:
        name = name.replace("prims::", "aten::")
    if name.startswith("aten::"):
        given = [*arguments, *(f"{key}={value}" for key, value in keywords.items() if value != "None")]
        return f"torch.ops.aten.{name[6:]}({', '.join(given)})"
    if target in INFIX:
        return f"{arguments[0]} {INFIX[target]} {arguments[1]}"
    if target is operator.neg:
        return f"-{arguments[0]}"
    if target is operator.getitem:
        return f"{arguments[0]}[{arguments[1]}]"
    if target in CALLED:
        return f"{CALLED[target]}({', '.join(arguments)})"
    if target is torch.sym_float:
        return f"float({arguments[0]})"
    raise Unwritable(f"`{name or target}`")


def _agreeing(node: Any) -> list[Any]:
    """The arguments of NODE; whole numbers beside or for tensors of floats as floats, since Core ML wants the types to agree."""
    schema = getattr(node.target, "_schema", None)
    seen = [item.meta.get("val") for item in (*node.all_input_nodes, node)]
    if schema is None or not any(isinstance(item, torch.Tensor) and item.is_floating_point() for item in seen):
        return list(node.args)
    scalar = [str(known.type) in ("number", "Scalar", "Optional[number]") for known in schema.arguments]
    return [
        float(value) if type(value) is int and number else value
        for value, number in zip(node.args, scalar, strict=False)
    ]


def _literal(value: Any, names: _Names) -> str:
    if isinstance(value, torch.fx.Node):
        return names.known[value]
    if isinstance(value, (list, tuple)):
        items = [_literal(item, names) for item in value]
        return f"({', '.join(items)},)" if isinstance(value, tuple) else f"[{', '.join(items)}]"
    return literal(value)


def literal(value: Any) -> str:
    """VALUE as code. Raises Unwritable."""
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(literal, value))}]"
    if value is None or isinstance(value, (bool, int, float, str, torch.dtype)):
        return repr(value)
    raise Unwritable(f"a value of type {type(value).__name__}")


def _constant(value: Any) -> str:
    if not isinstance(value, torch.Tensor) or value.numel() > LARGEST or value.dtype.is_complex or value.is_quantized:
        raise Unwritable("a large constant")
    return f"torch.tensor({literal(value.tolist())}, dtype={value.dtype})"


def _folded(line: str) -> str:
    """A line of the function's body, broken where it is too long."""
    indented = textwrap.indent(line, "    ")
    if len(indented) <= WIDTH or "(" not in line:
        return indented
    head, _, rest = line.partition("(")
    body = textwrap.wrap(rest[:-1], WIDTH - 8, break_long_words=False, break_on_hyphens=False)
    return "\n".join([f"    {head}(", *(f"        {part}" for part in body), "    )"])
