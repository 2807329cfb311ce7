"""Stand-ins for ops that cannot be converted: values of the type and shape that a run of the graph showed.

A stand-in is drawn at random when the program runs, so that nothing after it can be computed beforehand; where
everything that the op takes is known beforehand, so is its answer, and the observed value itself stands in.
Relies on ``torch._C._create_function_from_graph`` (private; tried with torch 2.13).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

from tslint.probe.agree import copied, quiet
from tslint.probe.script.torchscript import nodes
from tslint.probe.subject import seed

_SMALL = 4096


@dataclass(frozen=True)
class Shape:
    """What was seen of a tensor; ``value`` of small ones alone."""

    sizes: tuple[int, ...]
    dtype: torch.dtype
    value: torch.Tensor | None = None


@dataclass
class Observation:
    """What each value of a graph was when it was first computed: Shape, a list of them, or a plain Python value.

    ``kept`` has the values themselves, tensors too, as far as they were asked for.
    """

    values: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)


_LIBRARY: list[Any] = []
_SEEN: dict[int, Any] = {}
_KEEP: set[int] = set()
_KEPT: dict[int, Any] = {}
_KINDS = {
    "TensorType": "Tensor x",
    "ListType[Tensor]": "Tensor[] x",
    "ListType[int]": "int[] x",
    "ListType[float]": "float[] x",
    "ListType[bool]": "bool[] x",
    "IntType": "int x",
    "FloatType": "float x",
    "BoolType": "bool x",
    "NumberType": "Scalar x",
}


def _library() -> Any:
    """Ops without results that look at one value; they count as having effects, so that no pass removes them."""
    if not _LIBRARY:
        make: Any = torch.library.Library
        library = make("tslint_probe", "DEF")
        for index, declared in enumerate(_KINDS.values()):
            library.define(f"see{index}({declared}, int id) -> ()", alias_analysis="CONSERVATIVE")
            library.impl(f"see{index}", _see, "CompositeExplicitAutograd")
        _LIBRARY.append(library)
    return _LIBRARY[0]


def _see(value: Any, index: int) -> None:
    if index not in _SEEN:
        _SEEN[index] = _seen(value)
        if index in _KEEP:
            _KEPT[index] = copied(value)


def _seen(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        small = value.detach().clone() if value.numel() <= _SMALL and not value.is_quantized else None
        return Shape(tuple(value.shape), value.dtype, small)
    if isinstance(value, (list, tuple)):
        return [_seen(item) for item in value]
    return value


def observe(program: Any, graph: Any, given: list[Any], keep: Collection[str] = ()) -> Observation:
    """Runs a copy of GRAPH, which belongs to PROGRAM, on GIVEN, and looks at every value; what fails is not observed.

    Values of the names in KEEP are kept whole.
    """
    _library()
    probed = graph.copy()
    named = [value.debugName() for value, _ in _values(graph)]
    values = list(_values(probed))
    if len(named) != len(values):
        return Observation()
    for index, (value, before) in enumerate(values):
        kind = value.type().kind()
        kind = f"ListType[{value.type().getElementType()}]" if kind == "ListType" else kind
        if kind not in _KINDS or value.node().kind() == "prim::Constant":
            continue
        constant = probed.create("prim::Constant", 1)
        constant.i_("value", index)
        constant.output().setType(torch._C.IntType.get())
        look = probed.create(f"tslint_probe::see{list(_KINDS).index(kind)}", [value, constant.output()], 0)
        if before is None:
            constant.insertAfter(value.node())
        else:
            constant.insertBefore(before)
        look.insertAfter(constant)
    _SEEN.clear()
    _KEPT.clear()
    _KEEP.update(index for index, name in enumerate(named) if name in keep)
    try:
        with torch.no_grad(), quiet():
            seed()
            torch._C._create_function_from_graph("tslint_observed", probed)(program._c, *copied(given))
    except Exception:
        pass  # what was seen until then is still true
    found = Observation(
        {named[index]: value for index, value in _SEEN.items()}, {named[index]: value for index, value in _KEPT.items()}
    )
    _SEEN.clear()
    _KEPT.clear()
    _KEEP.clear()
    return found


def _values(graph: Any) -> Iterator[tuple[Any, Any]]:
    """Every value of GRAPH, and the node before which it can be looked at; None for what a node makes: after that."""
    first = next(iter(graph.nodes()), None)
    if first is not None:
        yield from ((value, first) for value in graph.inputs())
    for node in list(nodes(graph)):
        yield from ((value, None) for value in node.outputs())
        for block in node.blocks():
            start = next(iter(block.nodes()), None)
            if start is not None:
                yield from ((value, start) for value in block.inputs())


lost = object()


def stand_in(context: Any, node: Any, observed_as: list[str], observation: Observation) -> list[str]:
    """Gives every output of NODE, observed under the names given, a stand-in; returns the names of those without one."""
    without = []
    known = _all_known(context, node)
    for index, name in enumerate(node.outputs):
        if node.kind.startswith("_internal_op_tensor_inplace"):
            context.add(context[node.inputs[0]], torch_name=name, override=True)
            continue
        seen = observation.values.get(observed_as[index] if index < len(observed_as) else name, lost)
        try:
            with scopes(context, node):
                value = _build(seen, known)
        except Exception:
            value = lost
        if value is lost:
            without.append(name)
        else:
            context.add(value, torch_name=name, override=True)
    return without


def scopes(context: Any, node: Any) -> Any:
    """coremltools demands that every op says which module it came from."""
    from coremltools.converters.mil.frontend.torch.utils import TorchFrontend
    from coremltools.converters.mil.mil import Builder as mb
    from coremltools.converters.mil.mil.scope import ScopeInfo, ScopeSource

    if context.frontend != TorchFrontend.TORCHSCRIPT:
        return mb.scope(
            ScopeInfo(source=ScopeSource.EXIR_STACK_TRACE, data=[None]),
            ScopeInfo(source=ScopeSource.EXIR_DEBUG_HANDLE, data=[None]),
        )
    name, kind = node.get_scope_info()
    return mb.scope(
        ScopeInfo(source=ScopeSource.TORCHSCRIPT_MODULE_TYPE, data=kind),
        ScopeInfo(source=ScopeSource.TORCHSCRIPT_MODULE_NAME, data=name),
    )


def _all_known(context: Any, node: Any) -> bool:
    return all(known_beforehand(context, name) for name in node.inputs if isinstance(name, str))


def known_beforehand(context: Any, name: str) -> bool:
    """Whether coremltools has the value of NAME already, before the program runs."""

    def known(value: Any) -> bool:
        if isinstance(value, (list, tuple)):
            return all(known(item) for item in value)
        return value is None or not hasattr(value, "val") or value.val is not None

    return name in context and known(context[name])


def _build(seen: Any, known: bool) -> Any:
    import numpy
    from coremltools.converters.mil.mil import Builder as mb

    if seen is lost:
        return lost
    if isinstance(seen, list):
        if seen and isinstance(seen[0], Shape):
            built = [_build(item, known) for item in seen]
            return lost if lost in built else built
        return mb.const(val=numpy.array(seen, dtype=numpy.int32)) if seen and not known_bool(seen) else lost
    if isinstance(seen, bool) or not isinstance(seen, Shape):
        if known:
            return mb.const(val=seen)
        return _random((), torch.bool if isinstance(seen, bool) else torch.tensor(seen).dtype)
    if known and seen.value is not None and not seen.dtype.is_complex:
        return mb.const(val=seen.value.to(_narrow(seen.dtype)).numpy())
    return _random(seen.sizes, seen.dtype)


def known_bool(values: list[Any]) -> bool:
    return isinstance(values[0], (bool, float))


def _narrow(dtype: torch.dtype) -> torch.dtype:
    if dtype is torch.bool:
        return dtype
    return torch.float32 if dtype.is_floating_point else torch.int32


def _random(sizes: tuple[int, ...], dtype: torch.dtype) -> Any:
    import numpy
    from coremltools.converters.mil.mil import Builder as mb

    if dtype.is_complex:
        part = _random(sizes, torch.float32)
        return mb.complex(real_data=part, imag_data=part)
    if 0 in sizes:
        return mb.const(val=numpy.zeros(sizes, dtype=numpy.float32))
    value = mb.random_uniform(shape=numpy.array(sizes or (1,), dtype=numpy.int32), low=0.0, high=1.0)
    if not sizes:
        value = mb.squeeze(x=value, axes=[0])
    if dtype is torch.bool:
        return mb.cast(x=value, dtype="bool")
    return value if dtype.is_floating_point else mb.cast(x=value, dtype="int32")
