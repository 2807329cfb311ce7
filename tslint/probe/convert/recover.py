"""Conversion that goes on past an op which fails: a stand-in of its type and shape takes its place.

Relies on these names of coremltools' PyTorch frontend, tried with coremltools 9.0: ``ops.convert_single_node``,
``internal_graph._expand_and_optimize_ir``, ``converter.transform_inplace_ops`` and
``converter.generate_tensor_assignment_ops``, which are replaced while :meth:`Recovery.watching` lasts and put back on the way
out, whatever happens; and on ``block.curr_block``, the block being built, and its ``_internal_vars``. Nothing is registered:
ops are looked up in coremltools' own table, after its own passes, so that what it lowers first is not missing, and what the
user registered is known.
"""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tslint.evidence import Composite
from tslint.probe.agree import first_line
from tslint.probe.compose.autograd import COMPOSITE, OP, Inlined, inline
from tslint.probe.compose.compose import Composer, Function, composites, substitute
from tslint.probe.compose.use import Use, inputs_of, use_of
from tslint.probe.convert.placeholder import Observation, known_beforehand, scopes, stand_in
from tslint.probe.script.torchscript import nodes

STAND_IN_KIND = "tslint_stand_in"


@dataclass
class Failure:
    """One node that coremltools could not convert; ``index`` is its number among all nodes of the graph handed over."""

    index: int | None
    node: Any
    op: str
    missing: bool
    message: str
    error: Exception
    consequence: bool = False
    """It may have failed only because of a stand-in: in one of its blocks, or as something it takes."""
    composed: Function | Inlined | None = None
    """What was converted in its place, and answers as it does."""
    use: Use | None = None
    """The op as a call, where that is known."""


@dataclass
class Recovery:
    """Watches one conversion. ``observe`` runs the graph on the example inputs and tells the type of every value.

    It keeps the values of the names that it is given. What ``composer`` finds for a node takes its place, and is no stand-in.
    Without one, every failure has a stand-in. ``cures`` take the place of what coremltools converts, but wrongly.
    """

    observe: Callable[[Any, Collection[str]], Observation]
    composer: Composer | None = field(default_factory=Composer)
    cures: Sequence[Function] = ()
    failures: list[Failure] = field(default_factory=list)
    graph: Any = None
    pristine: Any = None
    """A copy of the module's graph before coremltools inlined it."""
    _raw: dict[int, tuple[int, Any]] = field(default_factory=dict)
    _kept: list[Any] = field(default_factory=list)
    _failed: set[int] = field(default_factory=set)
    _lost: set[str] = field(default_factory=set)
    _tainted: set[str] = field(default_factory=set)
    """Values that are stand-ins, or were computed from one."""
    _observation: Observation | None = None
    _composed: dict[int, Function] = field(default_factory=dict)
    _composing: bool = False

    @contextlib.contextmanager
    def watching(self) -> Iterator[Recovery]:
        """Replaces what :meth:`replacements` names, and puts it back."""
        replacements = self.replacements()
        before = [(owner, name, vars(owner)[name]) for owner, name, _ in replacements]
        try:
            for owner, name, make in replacements:
                setattr(owner, name, make(vars(owner)[name]))
            yield self
        finally:
            for owner, name, original in before:
                setattr(owner, name, original)

    def replacements(self) -> tuple[tuple[Any, str, Callable[[Any], Any]], ...]:
        """(module or class, name in it, what makes the replacement of the original)."""
        from coremltools.converters.mil.frontend.torch import converter, internal_graph, ops

        return (
            (ops, "convert_single_node", self._convert),
            (internal_graph, "_expand_and_optimize_ir", self._expand),
            (converter, "transform_inplace_ops", self._inplace),
            (converter, "generate_tensor_assignment_ops", self._assign),
        )

    def name_of(self, raw: Any) -> str:
        """The op of a node of the graph that was handed over."""
        return str(raw.kind())

    def outputs_of(self, raw: Any) -> list[str]:
        return [value.debugName() for value in raw.outputs()]

    # -- the replacements ---------------------------------------------------------------------------------------

    def _expand(self, original: Any) -> Any:
        def expand(program: Any) -> Any:
            self.pristine = program.forward.graph.copy()
            answer = original(program)
            self.graph = answer[0]
            for call in inline(self.graph) if _unknown("pythonop") else ():  # else somebody has a converter for them
                error = NotImplementedError("PyTorch convert function for op 'pythonop' not implemented.")
                message = _of_autograd(first_line(error), call.name)
                self.failures.append(Failure(None, call.node, OP, True, message, error, composed=call))
            return answer

        return expand

    def _inplace(self, original: Any) -> Any:
        def transform(graph: Any, *rest: Any) -> Any:
            self._pair(graph)
            try:
                return original(graph, *rest)
            except Exception as error:
                node = _local(error, "node")
                if node is not None:
                    self._record(node, error, missing=False)
                raise

        return transform

    def _assign(self, original: Any) -> Any:
        """A write into what is no slice makes this pass raise: the node is set aside and the pass begun again."""

        def generate(graph: Any) -> Any:
            before = list(graph.nodes)
            inputs = [list(node.inputs) for node in before]
            outputs = list(graph.outputs)

            def attempt() -> bool:
                try:
                    original(graph)
                except Exception as error:
                    node = _local(error, "node")
                    if node is None or id(node) in self._failed or not any(node is known for known in before):
                        raise
                    self._record(node, error, missing=False)
                    node.kind = STAND_IN_KIND
                    return False
                return True

            while not attempt():
                for known, names in zip(before, inputs, strict=True):
                    known.inputs = list(names)
                graph.nodes, graph.outputs = list(before), list(outputs)
            for old, new in zip(before, graph.nodes, strict=True):
                if old is not new and id(old) in self._raw:
                    self._remember(new, self._raw[id(old)])

        return generate

    def _convert(self, original: Any) -> Any:
        def convert(context: Any, node: Any) -> None:
            if self._composing:
                original(context, node)
                return
            if id(node) in self._composed:
                self._put(context, node, self._composed[id(node)])
                return
            if self._cured(context, node):
                return
            depth, known = len(context._current_graph), len(self.failures)
            tainted = bool(self._tainted.intersection(_names(node)))
            if id(node) not in self._failed and not self._lost.intersection(_names(node)):
                try:
                    original(context, node)
                except Exception as error:
                    del context._current_graph[depth:]
                    _sweep()
                    lost = any(failure.composed is None for failure in self.failures[known:])
                    inside = lost or (tainted and _accidental(error))
                    self._record(node, error, _is_missing(node), inside)
                    if not inside and self._composes(context, node):
                        self._tainted.update(node.outputs if tainted else ())
                        return
                else:
                    self._tainted.update(node.outputs if tainted else ())
                    return
            self._replace(context, node)

        return convert

    def _cured(self, context: Any, node: Any) -> bool:
        """Puts one of the cures in the place of NODE, if there is one for it."""
        _, raw = self._raw.get(id(node), (None, None))
        if raw is None or all(function.op != self.name_of(raw) for function in self.cures):
            return False
        use = self._use(context, node, raw)
        function = next((function for function in self.cures if use is not None and function.serves(use)), None)
        return function is not None and self._put(context, node, function) is None

    def _composes(self, context: Any, node: Any) -> bool:
        try:
            return self._compose(context, node)
        except Exception:  # ours: the op is reported all the same
            traceback.print_exc()
            return False

    def _compose(self, context: Any, node: Any) -> bool:
        """Puts a composite in the place of NODE, whose failure was recorded last; whether there is one."""
        _, raw = self._raw.get(id(node), (None, None))
        if self.composer is None or raw is None:
            return False
        use = self.failures[-1].use = self._use(context, node, raw)
        if use is None:
            return False
        function = self.composer.compose(use, lambda function: self._put(context, node, function))
        if function is None:
            return False
        self._composed[id(node)] = self.failures[-1].composed = function
        return True

    def _use(self, context: Any, node: Any, raw: Any) -> Use | None:
        """NODE, which was made of torch's RAW, as a call."""
        if not hasattr(raw, "schema") or len(node.inputs) != len(list(raw.inputs())):
            return None
        wanted = inputs_of(raw)
        if self._observation is None or not wanted <= set(self._observation.kept):
            alike = (other for other in nodes(self.graph) if _lacks(other) or other.kind() == raw.kind())
            self._observation = self.observe(self.graph, {name for other in alike for name in inputs_of(other)})
        return use_of(raw, self._observation.kept, lambda index: known_beforehand(context, node.inputs[index]))

    def _put(self, context: Any, node: Any, function: Function) -> str | None:
        """Converts NODE as FUNCTION does; else puts everything back and answers which op of it does not convert."""
        depth = len(context._current_graph)
        self._composing = True
        try:
            with scopes(context, node):
                substitute(context, node, function)
        except Exception as error:
            del context._current_graph[depth:]
            _sweep()
            inner = _local(error, "node")
            return inner.kind if inner is not None and inner is not node else ""
        finally:
            self._composing = False
        return None

    def composites(self) -> tuple[Composite, ...]:
        """What took the place of nodes, one an operator."""
        inlined = any(isinstance(failure.composed, Inlined) for failure in self.failures)
        composed = (*self.cures, *(self.composer.found if self.composer is not None else ()))
        return (*((COMPOSITE,) if inlined else ()), *composites(composed))

    def late(self, error: Exception) -> list[Failure]:
        """What coremltools refuses only in the finished program: values of a rank above 5, as failures of their ops."""
        program = _checked_program(error)
        if program is None or self.graph is None:
            return []
        by_output = {
            value.debugName(): (index, node) for index, node in enumerate(nodes(self.graph)) for value in node.outputs()
        }
        known = {failure.index for failure in self.failures}
        found: dict[int, Failure] = {}
        for name, words in _too_high(program):
            index, node = by_output.get(name, (-1, None))
            if node is not None and index not in found and index not in known:
                found[index] = Failure(index, node, node.kind(), False, words, error)
        return list(found.values())

    # -- what is kept ------------------------------------------------------------------------------------------------

    def _pair(self, graph: Any) -> None:
        """coremltools' nodes are made in the order of torch's: pairs them up before any pass has touched them."""
        for ours, theirs in zip(_internal(graph), enumerate(nodes(self.graph)), strict=True):
            self._remember(ours, theirs)

    def _remember(self, ours: Any, theirs: tuple[int, Any]) -> None:
        self._raw[id(ours)] = theirs
        self._kept.append(ours)  # an id means something only while its object lives

    def _record(self, node: Any, error: Exception, missing: bool, consequence: bool = False) -> None:
        if id(node) in self._failed:
            return
        self._failed.add(id(node))
        self._kept.append(node)
        index, raw = self._raw.get(id(node), (None, None))
        op = self.name_of(raw) if raw is not None else node.kind
        message = first_line(error)
        if raw is not None and op == OP:
            message = _of_autograd(message, raw.pyname().lstrip("^"))
        self.failures.append(Failure(index, raw, op, missing, message, error, consequence))

    def _replace(self, context: Any, node: Any) -> None:
        _, raw = self._raw.get(id(node), (None, None))
        if self._observation is None:
            self._observation = self.observe(self.graph, ())
        names = self.outputs_of(raw) if raw is not None else []
        self._lost.update(stand_in(context, node, names, self._observation))
        self._tainted.update(node.outputs)


def _of_autograd(message: str, name: str) -> str:
    return f"{message} (the autograd function `{name}`)"


def _internal(graph: Any) -> Iterator[Any]:
    for node in graph.nodes:
        yield node
        for block in node.blocks:
            yield from _internal(block)


def _names(node: Any) -> set[str]:
    return {name for name in node.inputs if isinstance(name, str)}


def _is_missing(node: Any) -> bool:
    return _unknown(node.kind)


def _lacks(raw: Any) -> bool:
    """Whether a node of torch's calls an operator without a converter."""
    return raw.kind().startswith("aten::") and _unknown(raw.kind().removeprefix("aten::"))


def _unknown(op: str) -> bool:
    from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY

    return _TORCH_OPS_REGISTRY.get_func(op) is None


def _sweep() -> None:
    """Takes out of the current block what a failed converter left there without outputs: every pass would stumble on it."""
    from coremltools.converters.mil.mil.block import curr_block

    block = curr_block()
    for op in [op for op in block.operations if op.outputs is None]:
        block.operations.remove(op)
        op.enclosing_block = None
        with contextlib.suppress(Exception):  # an input that it never came to hold
            for value in op.get_flattened_inputs():
                value.remove_child_op(op)
    block._internal_vars = {value for op in block.operations for value in op.internal_inputs.values()}


def _accidental(error: Exception) -> bool:
    """An error of Python's, not a complaint of coremltools': some converters hand each other more than a value."""
    return isinstance(error, (AttributeError, TypeError, LookupError)) or "values to unpack" in str(error)


def _local(error: Exception, name: str) -> Any:
    """The local variable NAME of the innermost frame of coremltools that has one."""
    found, trace = None, error.__traceback__
    while trace is not None:
        if "coremltools" in trace.tb_frame.f_code.co_filename:
            found = trace.tb_frame.f_locals.get(name, found)
        trace = trace.tb_next
    return found


def _checked_program(error: Exception) -> Any:
    """The program whose ranks coremltools was checking when it raised ERROR, else None."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_name == "_check_invalid_tensor_rank":
            return trace.tb_frame.f_locals.get("self")
        trace = trace.tb_next
    return None


def _too_high(program: Any) -> Iterator[tuple[str, str]]:
    """(name of the torch value, coremltools' complaint) where PROGRAM first goes from lower ranks to rank 6 or more."""
    from coremltools.converters.mil.mil.scope import ScopeSource

    def visit(block: Any) -> Iterator[tuple[str, str]]:
        for op in block.operations:
            for inner in op.blocks:
                yield from visit(inner)
            scope = op.scopes.get(ScopeSource.TORCHSCRIPT_MODULE_NAME) or [""]
            taken = [value.rank for value in op.inputs.values() if hasattr(value, "rank") and value.val is None]
            for output in op.outputs:
                rank = getattr(output, "rank", 0)
                if rank >= 6 and op.op_type != "const" and max(taken, default=0) < 6:
                    yield scope[-1], f"Core ML only supports tensors with rank <= 5; this has rank {rank}"

    for function in program.functions.values():
        yield from visit(function)
