"""Loops whose rounds each run a layer of their own: ``self.layers[i](x) for i, x in enumerate(xs)``."""

from __future__ import annotations

import libcst as cst

from tslint.facts.frame import Frame
from tslint.facts.kinds import Kind, Module, Tensor, options
from tslint.facts.tree import walk


def runs_a_layer_each(frame: Frame, made: cst.BaseComp, given: Kind) -> bool:
    """Whether a comprehension over a parameter without annotation, a list as well as a tensor, takes a layer of its own for each.

    A list of features has one for each of the layers that were built for them, however large an image is. GIVEN is what is
    walked through.
    """
    loop = made.for_in
    call, target = loop.iter, loop.target
    if not isinstance(target, cst.Tuple) or not isinstance(call, cst.Call) or loop.inner_for_in is not None or loop.ifs:
        return False
    index = target.elements[0].value
    if frame.analysis.names.qualified(call.func) != "builtins.enumerate" or not isinstance(index, cst.Name):
        return False
    return len(call.args) == 1 and _may_be_list(frame, given) and _indexes_layers(frame, made, index.value)


def _may_be_list(frame: Frame, given: Kind) -> bool:
    """Whether a value is nothing but an input that no annotation calls a tensor."""
    function = frame.context.function
    if not isinstance(function, cst.FunctionDef):
        return False
    bare = {param.name.value for param in function.params.params if param.annotation is None}
    bases = [option.shape.base for option in options(given) if isinstance(option, Tensor) and not option.shape.known]
    return bool(bases) and all(
        base is not None and base.context is frame.context and base.name in bare for base in bases
    )


def _indexes_layers(frame: Frame, made: cst.CSTNode, index: str) -> bool:
    kinds = frame.context.kinds
    return any(
        isinstance(node, cst.Subscript)
        and isinstance(part := node.slice[0].slice, cst.Index)
        and isinstance(part.value, cst.Name)
        and part.value.value == index
        and node.value in kinds
        and all(isinstance(option, Module) for option in options(kinds[node.value]))
        for node in walk(made)
    )
