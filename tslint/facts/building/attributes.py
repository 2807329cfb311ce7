"""What ``value.name`` is: attributes of built modules, layers, objects and classes."""

from __future__ import annotations

import libcst as cst

from tslint.facts.building.machine import Machine
from tslint.facts.building.values import (
    NONE,
    UNKNOWN,
    Arguments,
    Built,
    Class,
    Function,
    Known,
    Layer,
    Library,
    Mapping,
    Object,
    Sequence,
    TensorValue,
    Value,
    plain_type,
)

SAME = frozenset(
    [
        "eval",
        "train",
        "to",
        "cuda",
        "cpu",
        "float",
        "half",
        "double",
        "bfloat16",
        "requires_grad_",
        "apply",
        "type",
        "share_memory",
        "to_empty",
    ]
)


# -- attributes --------------------------------------------------------------------------------------------------------


def attribute(machine: Machine, value: Value, name: str) -> Value:
    """``value.name`` of one value."""
    kind = type(value)
    if kind is Built:
        assert type(value) is Built
        return _of_built(machine, value, name)
    if kind is Layer:
        assert type(value) is Layer
        return _of_layer(value, name)
    if kind is Object:
        assert type(value) is Object
        return _of_object(machine, value, name)
    if kind is Library:
        assert type(value) is Library
        return Library(f"{value.name}.{name}")
    if kind is Class:
        assert type(value) is Class
        return _of_class(machine, value, name)
    if kind is TensorValue:
        if name in ("data", "T", "grad", "real"):
            return TensorValue()
        if name == "shape":
            return Sequence("tuple", (), False)
        return Library(f"Tensor.{name}", value) if name not in ("dtype", "device", "ndim") else Library(f"torch.{name}")
    if isinstance(value, (Sequence, Mapping, Known)):
        word = "list" if kind is Sequence else "dict" if kind is Mapping else plain_type(value)
        return Library(f"{word}.{name}", value)
    return UNKNOWN


def _of_built(machine: Machine, built: Built, name: str) -> Value:
    slot = built.attributes.get(name)
    if slot is not None:
        return slot.value
    if name in built.members:
        return built.members[name]
    method = built.cls.method(name)
    if method is not None:
        if any(_decorator(d) in ("property", "cached_property") for d in method.decorators):
            return machine.call_function(Function(method, built), Arguments())
        static = any(_decorator(d) == "staticmethod" for d in method.decorators)
        return Function(method, None if static else built)
    constant = built.cls.constant(name)
    if constant is not None:
        return machine.module_value(constant)
    if built.base is not None and name not in MODULE_METHODS:
        return _of_layer(built.base, name)
    if name == "training":
        return Known(True)
    if name == "__class__":
        return Class(built.cls.node)
    return Library(f"torch.nn.Module.{name}", built) if name in MODULE_METHODS else UNKNOWN


MODULE_METHODS = SAME | frozenset(
    [
        "register_buffer",
        "register_parameter",
        "add_module",
        "register_module",
        "append",
        "extend",
        "insert",
        "modules",
        "children",
        "parameters",
        "named_parameters",
        "named_children",
        "named_modules",
        "buffers",
        "state_dict",
        "load_state_dict",
        "keys",
        "values",
        "items",
        "pop",
        "update",
        "__setattr__",
        "__len__",
        "register_forward_hook",
        "register_forward_pre_hook",
        "register_full_backward_hook",
        "get_submodule",
        "named_buffers",
        "_modules",
    ]
)


def _decorator(decorator: cst.Decorator) -> str:
    node = decorator.decorator
    if type(node) is cst.Call:
        node = node.func
    return node.attr.value if type(node) is cst.Attribute else node.value if type(node) is cst.Name else ""


def _of_layer(layer: Layer, name: str) -> Value:
    if name in layer.members:
        return layer.members[name]
    if name in MODULE_METHODS:
        return Library(f"torch.nn.Module.{name}", layer)
    if name in ("weight", "bias", "in_proj_weight", "running_mean", "running_var"):
        given = layer.arguments.get(99, name)
        return NONE if type(given) is Known and given.value is False else TensorValue("parameter")
    order = PARAMETERS.get(layer.short, ())
    if name in order:
        found = layer.arguments.get(order.index(name), name)
        return UNKNOWN if found is None else found
    return UNKNOWN


PARAMETERS: dict[str, tuple[str, ...]] = {
    "Linear": ("in_features", "out_features", "bias"),
    "Embedding": ("num_embeddings", "embedding_dim", "padding_idx"),
    **{
        f"Conv{t}{n}d": ("in_channels", "out_channels", "kernel_size", "stride", "padding")
        for t in ("", "Transpose")
        for n in (1, 2, 3)
    },
    **{f"BatchNorm{n}d": ("num_features", "eps", "momentum") for n in (1, 2, 3)},
    "LSTM": ("input_size", "hidden_size", "num_layers"),
    "GRU": ("input_size", "hidden_size", "num_layers"),
    "RNN": ("input_size", "hidden_size", "num_layers"),
    "LayerNorm": ("normalized_shape", "eps"),
    "Dropout": ("p", "inplace"),
}
"""The first parameters of layers whose attributes other code asks for."""


def _of_object(machine: Machine, value: Object, name: str) -> Value:
    slot = value.attributes.get(name)
    if slot is not None:
        return slot.value
    if value.node is not None:
        return _of_class(machine, Class(value.node), name, value)
    return UNKNOWN


def _of_class(machine: Machine, value: Class, name: str, owner: Value | None = None) -> Value:
    cls = machine.classes.by_node.get(value.node)
    if cls is not None:
        method = cls.method(name)
        if method is not None:
            return Function(method, owner)
        constant = cls.constant(name)
        return UNKNOWN if constant is None else machine.module_value(constant)
    if name == "__name__":
        return Known(value.node.name.value)
    for statement in value.node.body.body:
        if type(statement) is cst.FunctionDef and statement.name.value == name:
            return Function(statement, owner)
        if type(statement) is cst.SimpleStatementLine:
            for small in statement.body:
                target = small.targets[0].target if type(small) is cst.Assign else None
                if type(small) is cst.Assign and type(target) is cst.Name and target.value == name:
                    return machine.module_value(small.value)
    return UNKNOWN
