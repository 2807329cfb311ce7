"""Values that become plain Python ones: the trace holds those, and what they were computed by is dropped as dead code."""

from __future__ import annotations

import libcst as cst

from tslint.facts.frame import Context
from tslint.facts.kinds import Data, Tensor, options
from tslint.facts.tree import Tree, walk

PASSING = (cst.Attribute, cst.Arg, cst.BinaryOperation, cst.UnaryOperation, cst.BooleanOperation)
COMPARING = (cst.Comparison, cst.ComparisonTarget)


def is_pure(op: str) -> bool:
    """Whether an op changes nothing that it is given (``aten::index_add_`` does), so that it can be dropped."""
    return not op.endswith("_")


def is_read_out(node: cst.CSTNode, context: Context, tree: Tree) -> bool:
    """Whether nothing but Python values is made of what NODE gives: numbers (``torch.prod(x).item()``) and decisions."""
    return _is_read_out(node, context, tree, frozenset())


def _is_read_out(node: cst.CSTNode, context: Context, tree: Tree, seen: frozenset[str]) -> bool:
    below = node
    for around in tree.ancestors(node):
        if isinstance(around, (cst.If, cst.While, cst.IfExp, cst.Assert)):
            return below is around.test
        if isinstance(around, cst.Assign):
            return _is_kept_read_out(around, context, tree, seen)
        if isinstance(around, cst.Call):
            kinds = options(context.kinds[around]) if around in context.kinds else ()
            if kinds and all(isinstance(kind, Data) for kind in kinds):
                return True
            if not kinds or not all(isinstance(kind, Tensor) for kind in kinds):
                return False
        elif not isinstance(around, (*PASSING, *COMPARING)):
            return False
        below = around
    return False


def _is_kept_read_out(assign: cst.Assign, context: Context, tree: Tree, seen: frozenset[str]) -> bool:
    """Whether the variable that is assigned is read for Python values alone."""
    target = assign.targets[0].target
    if len(assign.targets) != 1 or not isinstance(target, cst.Name) or target.value in seen:
        return False
    reads = list(_reads(target.value, context.function, tree))
    return bool(reads) and all(_is_read_out(read, context, tree, seen | {target.value}) for read in reads)


def _reads(name: str, function: cst.CSTNode, tree: Tree) -> list[cst.Name]:
    found = []
    for node in walk(function):
        if isinstance(node, cst.Name) and node.value == name:
            parent = tree.parent[node]
            if not isinstance(parent, cst.AssignTarget) and not (
                isinstance(parent, cst.Arg) and parent.keyword is node
            ):
                found.append(node)
    return found
