"""Patterns in strings that say what dimensions are: ``torch.einsum`` and einops' ``rearrange``, ``repeat``, ``reduce``."""

from __future__ import annotations

import re

import libcst as cst

from tslint.facts import shapes
from tslint.facts.frame import Args, Frame
from tslint.facts.kinds import FIXED, Dims, Kind, List, Str, Tensor, Tuple
from tslint.facts.shapes import as_dims, dims_at


def einsum(frame: Frame, node: cst.Call, args: Args) -> Kind:
    """A letter that one operand fixes is fixed in the others, since eager accepts no other size there."""
    equation = args.get(0, "equation")
    if not isinstance(equation, Str) or equation.value is None or "." in equation.value:
        return frame.unknown_tensor(node)
    left, arrow, right = equation.value.replace(" ", "").partition("->")
    operands = list(args.positional[1:])
    if len(operands) == 1 and isinstance(operands[0], (List, Tuple)):
        operands = list(operands[0].items or ())
    terms = left.split(",")
    letters: dict[str, Dims] = {}
    fixed: set[str] = set()
    for term, operand in zip(terms, operands, strict=False):
        if not isinstance(operand, Tensor):
            continue
        frame.learn_rank(operand, len(term))
        for i, letter in enumerate(term):
            dims = dims_at(operand.shape, i)
            if not dims:
                fixed.add(letter)
            letters[letter] = letters.get(letter, FIXED) | dims
    for letter in fixed:
        frame.pin(letters[letter])
        letters[letter] = FIXED
    if not arrow:
        return frame.unknown_tensor(node)
    return Tensor(shapes.of(letters.get(letter, shapes.OPEN) for letter in right))


AXES = re.compile(r"\(|\)|[\w.]+")


def rearrange(frame: Frame, node: cst.Call, name: str, args: Args) -> Kind:
    """The result of an einops pattern; axes given as keywords have those sizes."""
    tensor, pattern = args.get(0, "tensor"), args.get(1, "pattern")
    if not isinstance(tensor, Tensor) or not isinstance(pattern, Str):
        return frame.unknown_tensor(node)
    return rearranged(frame, node, tensor, pattern.value, args.keywords)


def rearranged(frame: Frame, node: cst.CSTNode, tensor: Tensor, pattern: str | None, sizes: dict[str, Kind]) -> Kind:
    left, arrow, right = (pattern or "").partition("->")
    if not arrow or "..." in left:
        return frame.unknown_tensor(node)
    source, target = _groups(left), _groups(right)
    frame.learn_rank(tensor, len(source))
    axes: dict[str, Dims] = {}
    for i, group in enumerate(source):
        dims = dims_at(tensor.shape, i)
        given = {a: as_dims(sizes[a]) for a in group if a in sizes}
        axes.update(given)
        rest = [a for a in group if a not in given and not a.isdigit()]
        known: Dims = frozenset().union(*given.values()) if given else FIXED
        if not rest and not known:
            frame.pin(dims)
        for axis in rest:
            axes[axis] = dims - known
    for axis, kind in sizes.items():
        axes.setdefault(axis, as_dims(kind))
    made = [frozenset().union(*(axes.get(a, FIXED) for a in group)) if group else FIXED for group in target]
    return Tensor(shapes.of(made))


def _groups(side: str) -> list[list[str]]:
    groups: list[list[str]] = []
    inside = False
    for token in AXES.findall(side):
        if token == "(":
            groups.append([])
            inside = True
        elif token == ")":
            inside = False
        elif inside:
            groups[-1].append(token)
        else:
            groups.append([token])
    return groups
