"""Takes an operator apart into those that coremltools converts, with PyTorch's own decompositions and :mod:`.rewrites`.

PyTorch's table is ``torch._decomp.global_decomposition_table`` (with ``torch._refs`` in it); what has no entry but consists of
others anyway comes apart by itself, as `make_fx` records below autograd. Private; tried with torch 2.13.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

import torch

from tslint.probe.agree import quiet
from tslint.probe.compose import rewrites
from tslint.probe.compose.use import Use
from tslint.probe.subject import seed


def records(use: Use, further: Collection[str]) -> Iterator[Any]:
    """FX modules that compute what USE does: one with sizes that are read when it runs, then one for the sizes given.

    Ops of the names in FURTHER are taken apart, too, though they have a converter. What cannot be recorded is left out.
    """
    yield from _direct(use)
    rewrite = rewrites.table().get(use.op)
    if rewrite is not None and _serves(rewrite, use):
        yield from _recorded(lambda *given: use.call_of(rewrite, *given), use, _table(further))
    for module in _recorded(use.call, use, _table(further, use.op)):
        if all(node.target is not use.op for node in module.graph.nodes):
            yield module


def _serves(rewrite: Callable[..., Any], use: Use) -> bool:
    try:
        with torch.no_grad(), quiet():
            return use.call_of(rewrite, *_apart(use)) is not NotImplemented
    except Exception:
        return False


def _recorded(call: Callable[..., Any], use: Use, table: dict[Any, Callable[..., Any]]) -> Iterator[Any]:
    from torch.fx.experimental import _config
    from torch.fx.experimental.proxy_tensor import make_fx

    config: Any = _config
    for mode in ("symbolic", "real"):
        try:
            with torch.no_grad(), quiet(), config.patch(use_duck_shape=False):
                seed()
                module: Any = make_fx(call, decomposition_table=table, tracing_mode=mode)(*_apart(use))
                if any(_writes(node) for node in module.graph.nodes):
                    module = make_fx(torch.func.functionalize(module), tracing_mode=mode)(*_apart(use))
        except Exception:
            continue
        module.graph.eliminate_dead_code()
        yield module


def _apart(use: Use) -> list[Any]:
    """What USE was given, one tensor that was given twice as two: else they would be one in the record."""
    return [value.detach().clone() if isinstance(value, torch.Tensor) else value for value in use.given]


def _writes(node: Any) -> bool:
    """Whether a node changes one of its arguments, which many of PyTorch's decompositions do."""
    schema = getattr(node.target, "_schema", None)
    return schema is not None and bool(schema.is_mutable)


def _direct(use: Use) -> Iterator[Any]:
    """USE as a call of another operator, where that has the same arguments or some more."""
    wanted = rewrites.RENAMED.get(use.name)
    if wanted is None:
        return
    op = getattr(torch.ops.aten, wanted).default
    graph = torch.fx.Graph()
    places = {slot: graph.placeholder(use.parameter(slot)) for slot in use.live}
    arguments = [places.get((index, -1), value) for index, value in enumerate(use.arguments)]
    graph.output(graph.call_function(op, tuple(arguments)))
    yield torch.fx.GraphModule(torch.nn.Module(), graph)


def _table(further: Collection[str], wanted: Any = None) -> dict[Any, Callable[..., Any]]:
    """Decompositions of what coremltools has no converter for, of the op WANTED, and of those of the names in FURTHER."""
    from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY
    from torch._decomp import global_decomposition_table

    def apart(op: Any) -> bool:
        name = op._schema.name.split("::")[-1]
        primitive = op.namespace == "prims"  # coremltools does not know one of them, though it knows ops of their names
        return (
            op is wanted
            or primitive
            or name in further
            or name in rewrites.UNSTABLE
            or _TORCH_OPS_REGISTRY.get_func(name) is None
        )

    known = {**global_decomposition_table["post_autograd"], **rewrites.table()}
    return {op: made for op, made in known.items() if isinstance(op, torch._ops.OpOverload) and apart(op)}
