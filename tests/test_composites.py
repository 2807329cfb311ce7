"""Composites as code: what tells one use from another, and what is left to coremltools."""

from __future__ import annotations

import ast
import builtins

import pytest

from tslint.composites import definitions, paste
from tslint.evidence import ComposedFunction, Composite


def function(
    name: str, call: str, *constants: tuple[int, str], shapes: tuple[tuple[int | None, ...], ...] = ()
) -> ComposedFunction:
    return ComposedFunction(name, f"def {name}(x):\n    return {call}\n", ((0, -1),), shapes, constants)


ONE = Composite("aten::diff", (function("composed_diff", "x[1:] - x[:-1]", (1, "1"), (2, "-1")),))
KNOWN = Composite("aten::elu", (function("composed_elu", "torch.ops.aten.where(x, x, x)", (1, "1"), (2, "0.1")),), True)
ITSELF = Composite("aten::gather", (function("composed_gather", "torch.ops.aten.gather(x, 0, x)", (1, "0")),), True)
SIZES = Composite(
    "aten::prod",
    (
        function("composed_prod_1", "x[0] * x[1]", (1, "0"), shapes=((2, None),)),
        function("composed_prod_2", "x[0] * x[1] * x[2]", (1, "0"), shapes=((3, None),)),
    ),
)
SEVERAL = Composite(
    "aten::diff", (function("composed_diff_1", "x[1:]", (2, "-1")), function("composed_diff_2", "x[:, 1:]", (2, "0")))
)


def converter(composite: Composite) -> str:
    return definitions([composite])[-1]


@pytest.mark.parametrize("composite", [ONE, KNOWN, ITSELF, SIZES, SEVERAL, Composite("prim::PythonOp", ())])
def test_it_is_python_and_reads_nothing_that_it_does_not_import(composite: Composite) -> None:
    bound, read = set(dir(builtins)), set()
    for node in ast.walk(ast.parse(paste(composite))):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.FunctionDef):
            bound.add(node.name)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.Name):
            (read if isinstance(node.ctx, ast.Load) else bound).add(node.id)
    assert read <= bound


def test_one_use_of_a_missing_op_needs_no_condition() -> None:
    assert converter(ONE) == (
        '@register_torch_op(torch_alias=["diff"])\n'
        "def convert_diff(context, node):\n"
        "    convert_as(composed_diff, context, node, context[node.inputs[0]])"
    )


def test_other_uses_of_a_known_op_are_left_to_coremltools() -> None:
    text = converter(KNOWN)
    assert text.startswith('known_elu = _TORCH_OPS_REGISTRY.get_func("elu")\n')
    assert "override=True" in text
    assert "    if constant(context, node, 1) == 1 and constant(context, node, 2) == 0.1:\n" in text
    assert text.endswith("    else:\n        known_elu(context, node)")


def test_a_part_of_the_composite_that_is_the_op_itself_is_too() -> None:
    text = converter(ITSELF)
    assert '    if within(node, "gather"):\n        known_gather(context, node)\n    elif constant(' in text


def test_sizes_tell_functions_apart() -> None:
    text = converter(SIZES)
    assert "    if context[node.inputs[0]].shape[0] == 2:\n" in text
    assert "    elif context[node.inputs[0]].shape[0] == 3:\n" in text
    assert text.endswith('    else:\n        raise NotImplementedError("this use of `prod` is not composed")')


def test_constants_tell_functions_apart() -> None:
    assert "    if constant(context, node, 2) == -1:\n" in converter(SEVERAL)
    assert "    elif constant(context, node, 2) == 0:\n" in converter(SEVERAL)
