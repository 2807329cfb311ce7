"""Which variables of a function share memory, and which of them a write goes past when coremltools converts it.

coremltools 9.0 takes an in-place operator for a new value of the one tensor that it was called on. What else looks at the same
memory keeps the old value: the tensor that a view was taken of, when the view is written to, and the views that were
taken of a tensor before it was written to. Assigning to items (``y[:, 0] = …``) through slices is converted rightly.
(apple/coremltools#2188; measured operator by operator.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import libcst as cst

from tslint.facts.kinds import BakedSize, Constant, FixedSize, Kind, NoneKind, Size, Tensor, options
from tslint.facts.tree import Tree, walk, words
from tslint.frozen import frozen

VIEWS = words("""
    view unflatten transpose swapaxes permute movedim t unsqueeze squeeze expand expand_as view_as narrow select detach
""")
"""Methods whose result shares memory with the tensor. (``reshape`` and ``flatten`` may copy.)"""
TURNED = words("T mT")
"""Attributes that are views of the tensor."""
PARTS = words("split chunk unbind tensor_split")
"""Methods that take a tensor apart into views."""
WRITES = words("""
    add_ sub_ subtract_ mul_ multiply_ div_ divide_ true_divide_ floor_divide_ remainder_ pow_ neg_ negative_ reciprocal_ square_
    abs_ sign_ ceil_ floor_ round_ clamp_ clip_ clamp_min_ clamp_max_ exp_ exp2_ expm1_ log_ log2_ log10_ log1p_ sqrt_ rsqrt_
    sin_ cos_ tan_ asin_ acos_ atan_ sinh_ cosh_ tanh_ sigmoid_ erf_ relu_ masked_fill_ logical_not_ eq_ ne_ ge_ gt_ le_ lt_
    scatter_ scatter_add_ index_put_ tril_ triu_ addmm_ baddbmm_
""")
"""In-place operators that coremltools converts, and whose effect on others it loses (not ``copy_`` and ``fill_`` of slices)."""
ITEM_WRITES = words("copy_ fill_")
"""In-place operators that are converted as an assignment to items is."""
AUGMENTED = (
    cst.AddAssign,
    cst.SubtractAssign,
    cst.MultiplyAssign,
    cst.DivideAssign,
    cst.FloorDivideAssign,
    cst.ModuloAssign,
    cst.PowerAssign,
)
ACTIVATIONS = words("relu relu6 silu leaky_relu elu hardswish")
"""Functions and layers that write where ``inplace=True`` asks them to."""
METADATA = words("shape size dim ndim numel dtype device stride new_zeros new_ones new_full new_empty is_contiguous")
"""What is asked of a tensor without looking at its values."""

Ask = Callable[[cst.CSTNode], Kind]


@frozen
class Ref:
    """A variable's tensor. ``view`` is what made it, ``parents`` the views that it was taken of, outermost first.

    ``sliced``: it is reached from the outermost by slices alone.
    """

    view: cst.CSTNode
    parents: tuple[cst.CSTNode, ...] = ()
    sliced: bool = True


@frozen
class LostWrite:
    """The write at ``write`` into ``written`` is not seen at ``read``; ``sure`` unless it stands in a branch or loop."""

    write: cst.CSTNode
    written: cst.BaseExpression
    read: cst.Name
    sure: bool


@frozen
class _Write:
    node: cst.CSTNode
    written: cst.BaseExpression
    whole: bool
    sure: bool


class Views:
    """One pass over a function in the order of its statements; where paths meet, only what they agree on is known."""

    def __init__(
        self, tree: Tree, function: cst.FunctionDef, ask: Ask, qualified: Callable[[cst.CSTNode], str | None]
    ) -> None:
        self.tree = tree
        self.ask = ask
        self.qualified = qualified
        self.env: dict[str, Ref] = {}
        self.stale: dict[cst.CSTNode, list[_Write]] = {}
        self.found: dict[cst.CSTNode, LostWrite] = {}
        self.unseen = set[cst.Expr]()
        """Statements that write in place to a view that has no name, so that nothing sees it in Core ML."""
        self.depth = 0
        params = function.params
        for param in (*params.posonly_params, *params.params, *params.kwonly_params):
            if param.name.value != "self":
                self.env[param.name.value] = Ref(param)
        self._block(function.body)

    # -- statements -----------------------------------------------------------------------------------------------------

    def _block(self, body: cst.BaseSuite) -> None:
        for statement in body.body:
            self._statement(statement)

    def _statement(self, statement: cst.CSTNode) -> None:
        if isinstance(statement, cst.SimpleStatementLine):
            for small in statement.body:
                self._small(small)
        elif isinstance(statement, cst.If):
            self._read(statement.test)
            self._paths(statement.body, statement.orelse)
        elif isinstance(statement, (cst.For, cst.While)):
            self._read(statement.iter if isinstance(statement, cst.For) else statement.test)
            if isinstance(statement, cst.For):
                self._forget(statement.target)
            self._paths(statement.body, None)
        elif isinstance(statement, cst.With):
            for item in statement.items:
                self._read(item.item)
            self._block(statement.body)
        elif isinstance(statement, (cst.Try, cst.TryStar)):
            self._paths(statement.body, None)
        elif isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
            self.env.pop(statement.name.value, None)

    def _paths(self, first: cst.BaseSuite, second: cst.If | cst.Else | None) -> None:
        """Two ways to go on: of variables that they leave differently, nothing is known."""
        before = dict(self.env)
        self.depth += 1
        self._block(first)
        after, self.env = self.env, before
        if isinstance(second, cst.Else):
            self._block(second.body)
        elif second is not None:
            self._statement(second)
        self.depth -= 1
        self.env = {name: ref for name, ref in self.env.items() if after.get(name) == ref}

    def _small(self, node: cst.BaseSmallStatement) -> None:
        if isinstance(node, cst.Assign):
            self._assign([target.target for target in node.targets], node.value)
        elif isinstance(node, cst.AnnAssign) and node.value is not None:
            self._assign([node.target], node.value)
        elif isinstance(node, cst.AugAssign):
            self._augmented(node)
        else:
            self._read(node)

    def _assign(self, targets: list[cst.BaseAssignTargetExpression], value: cst.BaseExpression) -> None:
        self._read(value)
        ref = self._ref(value)
        for target in targets:
            if isinstance(target, cst.Name):
                self.env[target.value] = Ref(value) if ref is None else ref
            elif isinstance(target, cst.Subscript):
                self._write_items(target, target)
            else:
                self._forget(target)
                self._unpack(target, value)

    def _unpack(self, target: cst.BaseExpression, value: cst.BaseExpression) -> None:
        """``a, b = y.chunk(2)``: each is a view of ``y``."""
        func = value.func if isinstance(value, cst.Call) else None
        if (
            not isinstance(target, (cst.Tuple, cst.List))
            or not isinstance(func, cst.Attribute)
            or func.attr.value not in PARTS
        ):
            return
        base = self._ref(func.value)
        for element in target.elements:
            if base is not None and isinstance(element.value, cst.Name):
                self.env[element.value.value] = _view_of(base, element.value, sliced=False)

    def _augmented(self, node: cst.AugAssign) -> None:
        self._read(node.value)
        target = node.target
        if isinstance(target, cst.Subscript):
            self._write_items(target, target)
        elif isinstance(target, cst.Name):
            self._read(target)
            ref = self.env.get(target.value)
            if ref is not None and isinstance(node.operator, AUGMENTED) and self._is_tensor(target):
                self._write(ref, node, target)

    def _forget(self, target: cst.BaseExpression) -> None:
        for node in walk(target):
            if isinstance(node, cst.Name):
                self.env.pop(node.value, None)

    # -- reading and writing --------------------------------------------------------------------------------------------

    def _read(self, node: cst.CSTNode) -> None:
        """The calls in NODE that write, in order, and what is read of variables that a write went past."""
        for part in self._in_order(node):
            if isinstance(part, cst.Call):
                self._call(part)
            elif isinstance(part, cst.Name) and part.value in self.env:
                ref = self.env[part.value]
                for write in self.stale.get(ref.view, ()):
                    if self._matters(part, write) and write.node not in self.found:
                        self.found[write.node] = LostWrite(write.node, write.written, part, write.sure)

    def _in_order(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes below in the order of being evaluated: a call after what it is called on and with."""
        calls = []
        for part in walk(node, nested=False):
            if isinstance(part, cst.Call):
                calls.append(part)
            else:
                yield part
        yield from reversed(calls)

    def _matters(self, name: cst.Name, write: _Write) -> bool:
        """Whether NAME is read for values that the write changed: a part of it may be another one."""
        parent = self.tree.parent.get(name)
        if isinstance(parent, cst.Attribute):
            if parent.value is not name:
                return False
            method = parent.attr.value
            return method not in METADATA and (
                write.whole or method not in PARTS | {"narrow", "select", "index_select"}
            )
        if isinstance(parent, (cst.Arg, cst.Param)) and getattr(parent, "keyword", None) is name:
            return False
        return write.whole or not (isinstance(parent, cst.Subscript) and parent.value is name)

    def _call(self, call: cst.Call) -> None:
        func = call.func
        target: cst.BaseExpression | None = None
        if isinstance(func, cst.Attribute) and func.attr.value in ITEM_WRITES and isinstance(func.value, cst.Subscript):
            self._write_items(func.value, call)
        elif isinstance(func, cst.Attribute) and func.attr.value in WRITES:
            target = func.value
        elif call.args and self._writes_in_place(call):
            target = call.args[0].value
        ref = self._ref(target) if target is not None else None
        if ref is not None and target is not None and self._is_tensor(target):
            self._write(ref, call, target)
            statement = self.tree.parent.get(call)
            if isinstance(statement, cst.Expr) and not isinstance(_written(target), cst.Name):
                self.unseen.add(statement)

    def _writes_in_place(self, call: cst.Call) -> bool:
        """``F.relu(x, inplace=True)``."""
        name = (self.qualified(call.func) or "").rpartition(".")
        asked = any(
            a.keyword is not None
            and a.keyword.value == "inplace"
            and isinstance(a.value, cst.Name)
            and a.value.value == "True"
            for a in call.args
        )
        return name[0] == "torch.nn.functional" and name[2] in ACTIVATIONS and asked

    def _write(self, ref: Ref, node: cst.CSTNode, written: cst.BaseExpression) -> None:
        """All of REF is written: what it was taken of does not see it, nor do the views taken of it before."""
        sure = self.depth == 0
        for parent in ref.parents:
            self._note(parent, _Write(node, written, False, sure))
        for other in self.env.values():
            if ref.view in other.parents:
                self._note(other.view, _Write(node, written, True, sure))

    def _note(self, view: cst.CSTNode, write: _Write) -> None:
        """One more write that VIEW does not see; of writes in a chain (``v.mul_(2).sub_(1)``) the last stands for all."""
        writes = self.stale.setdefault(view, [])
        around = set(self.tree.ancestors(writes[-1].node)) if writes else set()
        writes[-1 if write.node in around else len(writes) :] = [write]

    def _write_items(self, target: cst.Subscript, node: cst.CSTNode) -> None:
        """``v[1] = …``, ``v[1].fill_(…)``: what ``v`` was taken of does not see it, unless by slices alone."""
        if node is target:
            for element in target.slice:
                self._read(element)
        ref = self._ref(target.value)
        if ref is not None and not ref.sliced and self._is_basic(target) and self._is_tensor(target.value):
            for parent in ref.parents:
                self._note(parent, _Write(node, target.value, False, self.depth == 0))

    # -- what an expression shares memory with ----------------------------------------------------------------------------

    def _ref(self, node: cst.BaseExpression) -> Ref | None:
        if isinstance(node, cst.Name):
            return self.env.get(node.value)
        if isinstance(node, cst.Subscript):
            base = self._ref(node.value)
            return _view_of(base, node, sliced=True) if base is not None and self._is_basic(node) else None
        if isinstance(node, cst.Attribute) and node.attr.value in TURNED:
            base = self._ref(node.value)
            return _view_of(base, node, sliced=False) if base is not None and self._is_tensor(node.value) else None
        if isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute):
            base = self._ref(node.func.value)
            if base is None or not self._is_tensor(node.func.value):
                return None
            if node.func.attr.value in WRITES:
                return base
            return _view_of(base, node, sliced=False) if node.func.attr.value in VIEWS else None
        return None

    def _is_tensor(self, node: cst.BaseExpression) -> bool:
        return all(isinstance(kind, Tensor) for kind in options(self.ask(node)))

    def _is_basic(self, node: cst.Subscript) -> bool:
        """Whether an index is made of slices, numbers and None, so that the result is a view. ``y[...]`` does not convert."""
        found = [element.slice for element in node.slice]
        if len(found) == 1 and isinstance(found[0], cst.Index) and isinstance(found[0].value, cst.Ellipsis):
            return False
        return all(
            isinstance(part, cst.Slice) or self._is_number(part.value)
            for part in found
            if isinstance(part, (cst.Slice, cst.Index))
        )

    def _is_number(self, node: cst.BaseExpression) -> bool:
        if isinstance(node, cst.Ellipsis):
            return True
        numbers: Any = (Size, FixedSize, BakedSize, NoneKind)
        return all(
            isinstance(kind, numbers) or (isinstance(kind, Constant) and kind.type == "int")
            for kind in options(self.ask(node))
        )


def _written(target: cst.BaseExpression) -> cst.BaseExpression:
    """What a chain of writes (``v.mul_(2).sub_(1)``) begins with."""
    while isinstance(target, cst.Call) and isinstance(target.func, cst.Attribute) and target.func.attr.value in WRITES:
        target = target.func.value
    return target


def _view_of(base: Ref, node: cst.CSTNode, sliced: bool) -> Ref:
    return Ref(node, (*base.parents, base.view), base.sliced and sliced)
