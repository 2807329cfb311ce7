"""What names and attributes stand for: variables, the library's things, what a module or a tensor has."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from tslint.facts import shapes
from tslint.facts.frame import Frame
from tslint.facts.joins import join_all
from tslint.facts.kinds import (
    NONE,
    UNKNOWN,
    Callable,
    Constant,
    CoreModel,
    Data,
    Dict,
    Instance,
    Kind,
    List,
    Module,
    Shape,
    ShapeOf,
    Str,
    Tensor,
    Tuple,
    Unknown,
    present,
)
from tslint.facts.ops_base import counted
from tslint.facts.signatures import EVIDENCE, LIBRARY_CONSTANTS
from tslint.facts.tree import words

DTYPES = words("""
    torch.float32 torch.float16 torch.float64 torch.bfloat16 torch.float torch.half torch.double torch.int8 torch.int16
    torch.int32 torch.int64 torch.uint8 torch.int torch.long torch.short torch.bool torch.complex64 torch.complex128
    torch.qint8 torch.quint8 torch.cfloat
""")
TENSOR_SAME = frozenset(["data", "real", "imag", "grad", "H"])
TENSOR_CONSTANTS = frozenset(
    ["requires_grad", "is_cuda", "is_leaf", "is_sparse", "is_quantized", "itemsize", "names", "is_mps"]
)
MODULE_METHODS = words("""
    parameters children modules named_parameters named_children named_modules buffers named_buffers eval train to
    cuda cpu float half double bfloat16 requires_grad_ apply state_dict load_state_dict register_buffer
    register_parameter add_module register_module forward __call__ zero_grad register_forward_hook
    register_forward_pre_hook get_submodule get_parameter extra_repr append extend insert keys values items type
    share_memory register_full_backward_hook register_backward_hook pop update compile
""")
LAYER_TENSORS = frozenset(
    ["weight", "bias", "in_proj_weight", "in_proj_bias", "running_mean", "running_var", "weight_ih", "weight_hh"]
)
CONFIGURATION = frozenset(["config", "hparams"])
"""What the models of Transformers, Diffusers and Lightning are constructed with, and their base classes set."""
RETURN_FIELDS = {"values": 0, "indices": 1, "mode": 0, "counts": 1}


def global_name(frame: Frame, node: cst.Name) -> Kind:
    """A name that no variable of the function has: a constant of the language, a library's thing, or the module's own."""
    name = node.value
    if name == "None":
        return NONE
    if name in ("True", "False"):
        return Constant("bool", name == "True")
    return frame.analysis.global_kind(node)


def library(name: str) -> Kind:
    """The kind of the library's thing that has this qualified name."""
    if name in LIBRARY_CONSTANTS:
        return Constant("float")
    if name in DTYPES:
        return Instance("torch.dtype")
    return Callable(qualified=name)


def attribute(frame: Frame, node: cst.Attribute) -> Kind:
    """The kind of ``value.name``."""
    from tslint.facts.expressions import evaluate

    root: cst.BaseExpression = node
    while isinstance(root, cst.Attribute):
        root = root.value
    if isinstance(root, cst.Name):
        if frame.lookup(root.value) is None:
            elsewhere = frame.analysis.imported_kind(node)
            if elsewhere is not None:
                return elsewhere
            qualified = frame.analysis.names.qualified(node)
            if qualified is not None:
                return library(qualified)
        elif isinstance(node.value, cst.Name):
            stored = frame.lookup(f"{root.value}.{node.attr.value}")
            if stored is not None:
                evaluate(frame, node.value)
                return stored
    value = evaluate(frame, node.value)
    if isinstance(value, Unknown):
        value = _by_evidence(frame, node)
    return join_all(attribute_of(frame, node, option, node.attr.value) for option in present(value))


def _by_evidence(frame: Frame, node: cst.Attribute) -> Kind:
    """Something unknown that is used as only a tensor can be."""
    name = node.attr.value
    called = isinstance(frame.analysis.tree.parent.get(node), cst.Call)
    if not (name == "shape" or (called and name in EVIDENCE)):
        return UNKNOWN
    tensor = frame.unknown_tensor(node.value, "evidence")
    if isinstance(node.value, cst.Name) and name != "shape":
        frame.env[node.value.value] = tensor
    return tensor


def attribute_of(frame: Frame, node: cst.CSTNode, value: Kind, name: str) -> Kind:
    """Attribute NAME of something of kind VALUE."""
    if isinstance(value, Module):
        return _of_module(frame, node, value, name)
    if isinstance(value, Tensor):
        return _of_tensor(frame, node, value, name)
    if isinstance(value, (ShapeOf, Tuple, List, Dict, Str)):
        if isinstance(value, Tuple) and name in RETURN_FIELDS and (value.name or "").startswith("torch.return_types"):
            return value.items[RETURN_FIELDS[name]]
        if isinstance(value, Dict) and value.name not in ("dict", "OrderedDict", "defaultdict"):
            found = dict(value.items).get(name)
            if found is not None:
                return found
        word = "shape" if isinstance(value, ShapeOf) or (isinstance(value, Tuple) and value.is_shape) else value.word
        return Callable(qualified=f"{word}.{name}", owner=value)
    if isinstance(value, Callable):
        return _of_callable(frame, value, name)
    if isinstance(value, Constant):
        return Constant(argument=value.argument)
    if isinstance(value, Data):
        return Callable(qualified=f"data.{name}", owner=value)
    if isinstance(value, CoreModel):
        return Callable(qualified=f"coremltools.models.MLModel.{name}", owner=value)
    if isinstance(value, Instance) and value.name == "super":
        return UNKNOWN
    return UNKNOWN


def _of_module(frame: Frame, node: cst.CSTNode, value: Module, name: str) -> Kind:
    if name == "training":
        return Constant("bool", False)  # every route works on a model in eval mode
    cls = value.cls
    if cls is not None:
        found = frame.analysis.attribute(cls, name)
        if found is not None:
            return found
        method = cls.method(name)
        if method is not None:
            bound = Callable(method, owner=value)
            if any(_is_property(d.decorator) for d in method.decorators):
                from tslint.facts.calls import invoke_function
                from tslint.facts.frame import Args

                return invoke_function(frame, node, bound, Args())
            return bound
        constant = cls.constant(name)
        if constant is not None:
            return frame.analysis.class_constant(constant)
        if cls.layer is not None:
            inherited = _of_layer(cls.layer, name)
            if inherited is not None:
                return inherited
    elif name in LAYER_TENSORS:
        rank = 2 if (value.layer or "").endswith("Linear") and name == "weight" else 1 if name == "bias" else None
        return Tensor(Shape(shapes.PARAMETER, rank), "parameter")
    if name in MODULE_METHODS:
        return Callable(qualified=f"torch.nn.Module.{name}", owner=value)
    if value.layer is not None and value.layer.startswith("torch.nn.") and not value.items:
        return Constant()
    if value.keys and name in value.keys:
        return value.items[value.keys.index(name)]
    if cls is not None and cls.inherits_library and name in CONFIGURATION:
        return Constant(argument=True)
    return UNKNOWN


def _of_layer(layer: str, name: str) -> Kind | None:
    """What a class derived from one of the library's layers inherits: its parameters, and the settings it was built with."""
    from tslint.facts.torchscript import tables

    known = tables.layer(layer.removeprefix("torch.nn.")) if layer.startswith("torch.nn.") else None
    if known is None or name not in known.attributes:
        return None
    if name in LAYER_TENSORS:
        return Tensor(Shape(shapes.PARAMETER, 1 if name == "bias" else None), "parameter")
    return Constant(argument=True)


def _is_property(decorator: cst.BaseExpression) -> bool:
    name = (
        decorator.attr.value
        if isinstance(decorator, cst.Attribute)
        else decorator.value
        if isinstance(decorator, cst.Name)
        else ""
    )
    return name in ("property", "cached_property")


def _of_tensor(frame: Frame, node: cst.CSTNode, value: Tensor, name: str) -> Kind:
    if name == "shape":
        return counted(node, shapes.shape_kind(value.shape, node), value)
    if name == "data" and value.role == "value":
        return replace(value, role="untraced")
    if name in TENSOR_SAME:
        return value
    if name in ("T", "mT"):
        dims = shapes.all_dims(value.shape)
        if name == "T" and dims is not None:
            return Tensor(shapes.of(reversed(dims)))
        return Tensor(shapes.exchanged(value.shape, -2, -1)) if name == "mT" else frame.unknown_tensor(node)
    if name in ("dtype", "device", "layout"):
        return Instance(f"torch.{name}")
    if name == "ndim":
        return (
            Constant("int", shapes.rank_of(value.shape)) if shapes.rank_of(value.shape) is not None else Constant("int")
        )
    if name in TENSOR_CONSTANTS:
        return Constant()
    if name in ("values", "indices") and not isinstance(frame.analysis.tree.parent.get(node), cst.Call):
        return frame.unknown_tensor(node)
    return Callable(qualified=f"Tensor.{name}", owner=value)


def _of_callable(frame: Frame, value: Callable, name: str) -> Kind:
    if value.qualified is not None:
        return library(f"{value.qualified}.{name}")
    if isinstance(value.node, cst.ClassDef):
        cls = frame.analysis.classes.by_node.get(value.node)
        if cls is not None:
            method = cls.method(name)
            if method is not None:
                return Callable(method)
            constant = cls.constant(name)
            return UNKNOWN if constant is None else frame.analysis.class_constant(constant)
        if name == "apply" and frame.analysis.classes.is_autograd_function(value.node):
            return Callable(value.node, qualified="torch.autograd.Function.apply")
        for statement in value.node.body.body:
            if isinstance(statement, cst.FunctionDef) and statement.name.value == name:
                return Callable(statement)
    return UNKNOWN
