"""What constructors call that is not in the file: Python's own functions, PyTorch's, and the methods of values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import libcst as cst

from tslint.facts.building.machine import Frame, Machine, iterated
from tslint.facts.building.operations import as_value, computed, plain
from tslint.facts.building.values import (
    NONE,
    UNKNOWN,
    Arguments,
    Built,
    Class,
    Either,
    Function,
    Known,
    Layer,
    Library,
    Mapping,
    ModuleValue,
    Object,
    Partial,
    Sequence,
    TensorValue,
    Unknown,
    Value,
    plain_type,
    truth,
)
from tslint.facts.classes import is_library_module

CONSTANT_VALUES: dict[str, Value] = {
    "math.pi": Known(math.pi), "math.e": Known(math.e), "math.inf": Known(math.inf), "math.tau": Known(math.tau),
    "numpy.pi": Known(math.pi), "numpy.inf": Known(math.inf), "numpy.newaxis": NONE, "torch.pi": Known(math.pi),
    "torch.inf": Known(math.inf),
}  # fmt: skip
CONTAINERS = frozenset({"Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict"})
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
HOOKS = {
    "torch.nn.utils.spectral_norm": "SpectralNorm",
    "torch.nn.utils.weight_norm": "WeightNorm",
    "torch.nn.utils.weight_norm.weight_norm": "WeightNorm",
    "torch.nn.utils.spectral_norm.spectral_norm": "SpectralNorm",
}
PARAMETRIZED = frozenset(
    {"torch.nn.utils.parametrizations.spectral_norm", "torch.nn.utils.parametrizations.weight_norm"}
)
PLAIN_RESULTS = {
    "builtins.int": "int", "builtins.float": "float", "builtins.len": "int", "builtins.str": "str",
    "builtins.bool": "bool", "builtins.round": "int", "builtins.isinstance": "bool", "builtins.hasattr": "bool",
    "builtins.callable": "bool", "builtins.any": "bool", "builtins.all": "bool", "builtins.issubclass": "bool",
    "math.ceil": "int", "math.floor": "int", "math.isqrt": "int", "math.gcd": "int", "builtins.ord": "int",
    "torch.is_tensor": "bool", "torch.cuda.is_available": "bool", "torch.cuda.device_count": "int",
    "builtins.format": "str", "builtins.repr": "str", "builtins.input": "str",
}  # fmt: skip
TENSOR_MAKERS = frozenset(
    [
        "zeros",
        "ones",
        "empty",
        "rand",
        "randn",
        "tensor",
        "full",
        "arange",
        "linspace",
        "eye",
        "as_tensor",
        "from_numpy",
        "randint",
        "zeros_like",
        "ones_like",
        "Tensor",
        "FloatTensor",
        "LongTensor",
        "IntTensor",
        "BoolTensor",
        "cat",
        "stack",
        "meshgrid",
        "where",
        "exp",
        "sin",
        "cos",
        "sqrt",
        "outer",
        "triu",
        "tril",
        "logspace",
        "einsum",
        "concat",
        "normal",
        "sparse_coo_tensor",
    ]
)
PURE: dict[str, Callable[..., Any]] = {
    "builtins.int": int, "builtins.float": float, "builtins.str": str, "builtins.bool": bool, "builtins.abs": abs,
    "builtins.round": round, "builtins.pow": pow, "builtins.divmod": divmod, "builtins.ord": ord, "builtins.chr": chr,
    **{f"math.{name}": getattr(math, name) for name in (
        "sqrt", "ceil", "floor", "log", "log2", "log10", "exp", "pow", "isqrt", "gcd", "sin", "cos", "tan", "tanh", "prod")},
    "numpy.sqrt": math.sqrt, "numpy.log2": math.log2,
}  # fmt: skip


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
                if type(small) is cst.Assign and type(small.targets[0].target) is cst.Name:
                    if small.targets[0].target.value == name:
                        return machine.module_value(small.value)
    return UNKNOWN


# -- calls -------------------------------------------------------------------------------------------------------------


def call_library(
    machine: Machine, frame: Frame, node: cst.Call | None, function: Library, arguments: Arguments
) -> Value:
    """The value of calling something of a library, or a method of a value."""
    name = function.name
    head, _, last = name.rpartition(".")
    owner = function.owner
    if owner is not None:
        if head == "torch.nn.Module":
            return _module_method(machine, node, owner, last, arguments)
        return _method(machine, owner, last, arguments)
    if name in BUILTINS:
        return BUILTINS[name](machine, frame, arguments)
    if name in HOOKS or name in PARAMETRIZED:
        module = arguments.get(0, "module") or UNKNOWN
        if isinstance(module, ModuleValue):
            module.hooked = HOOKS.get(name, "parametrized")
        return module
    if name in PURE:
        return _pure(name, arguments)
    if name in PLAIN_RESULTS:
        return Unknown(PLAIN_RESULTS[name])
    if name in ("torch.nn.Parameter", "torch.nn.parameter.Parameter"):
        return TensorValue("parameter")
    if name == "torch.nn.Buffer":
        return TensorValue("buffer")
    if name == "functools.partial" and arguments.positional:
        return Partial(
            arguments.positional[0], Arguments(arguments.positional[1:], arguments.keywords, arguments.exact)
        )
    if name in ("copy.deepcopy", "copy.copy"):
        return arguments.get(0, "x") or UNKNOWN
    if is_library_module(name):
        return _layer(name, arguments, node)
    if head in ("torch", "torch.nn.functional") and (
        last in TENSOR_MAKERS or any(type(a) is TensorValue for a in arguments.positional)
    ):
        return TensorValue()
    if name == "torch.device":
        return Object("torch.device")
    if last[:1].isupper() and not name.startswith("torch."):
        return Object(name, None, arguments)
    return UNKNOWN


def _layer(name: str, arguments: Arguments, node: cst.CSTNode | None) -> Value:
    layer = Layer(name, arguments, node)
    if layer.short in CONTAINERS:
        fill(layer, layer.short, arguments)
    elif layer.short in ("DataParallel", "DistributedDataParallel"):
        layer.add(arguments.get(0, "module") or UNKNOWN, "module")
    return layer


def fill(module: ModuleValue, short: str, arguments: Arguments) -> None:
    """Gives a container what it is constructed with."""
    if short == "Sequential":
        first = arguments.positional[0] if len(arguments.positional) == 1 else None
        if type(first) is Mapping:
            module.members.update({str(key): value for key, value in first.items.items()})
            module.exact = first.exact
            return
        for value in arguments.positional:
            module.add(value)
        module.exact = arguments.exact
        return
    given = arguments.get(0, "modules")
    if type(given) is Mapping:
        module.members.update({str(key): value for key, value in given.items.items()})
        module.exact = given.exact
    elif type(given) is Sequence:
        for value in given.items:
            if short.endswith("Dict") and type(value) is Sequence and len(value.items) == 2:
                key = value.items[0]
                module.add(value.items[1], str(key.value) if type(key) is Known else None)
                module.exact = module.exact and type(key) is Known
            else:
                module.add(value)
        module.exact = module.exact and given.exact
    elif isinstance(given, ModuleValue):
        module.members.update(given.members)
        module.exact = given.exact
    elif given is not None:
        module.exact = False


def _pure(name: str, arguments: Arguments) -> Value:
    function = PURE[name]
    values = [plain(a) for a in arguments.positional]
    result = PLAIN_RESULTS.get(name, "float" if name.startswith(("math.", "numpy.")) else None)
    if not arguments.keywords and arguments.exact and all(v is not None for v in values):
        found = computed(function, *(v[0] for v in values if v is not None))
        if type(found) is not Unknown:
            return found
    if any(type(a) is TensorValue for a in arguments.positional):
        return UNKNOWN
    return Unknown(result)


def call_super(machine: Machine, frame: Frame, node: cst.Call, name: str, arguments: Arguments) -> Value:
    """``super().name(…)``: the method of the next class of the lineage that has it, else the library's."""
    receiver, owner = frame.receiver, frame.owner
    if type(receiver) is not Built or owner is None:
        return UNKNOWN
    lineage = receiver.cls.lineage
    behind = lineage[lineage.index(owner) + 1 :] if owner in lineage else ()
    for base in behind:
        method = base.methods.get(name)
        if method is not None:
            return machine.call_function(Function(method, receiver), arguments, base)
    if name == "__init__":
        machine._library_constructor(receiver, arguments)
        return NONE
    if name in MODULE_METHODS:
        return _module_method(machine, node, receiver, name, arguments)
    return UNKNOWN


def _module_method(machine: Machine, node: cst.CSTNode | None, owner: Value, name: str, arguments: Arguments) -> Value:
    if name in SAME:
        return owner
    if not isinstance(owner, ModuleValue):
        return UNKNOWN
    if name in ("register_buffer", "register_parameter"):
        key = arguments.get(0, "name")
        given = arguments.get(1, "tensor" if name == "register_buffer" else "param") or NONE
        role = "buffer" if name == "register_buffer" else "parameter"
        value = given if type(given) is Known and given.value is None else TensorValue(role)
        if type(given) is Unknown:
            value = TensorValue(role)
        _set_by_name(machine, owner, key, value, node)
        return NONE
    if name in ("add_module", "register_module"):
        key, value = arguments.get(0, "name"), arguments.get(1, "module") or UNKNOWN
        if isinstance(owner, Layer) or _is_container(owner):
            if type(key) is Known and not machine.uncertain:
                owner.add(value, str(key.value))
            else:
                owner.add(value)
                owner.exact = False
        else:
            _set_by_name(machine, owner, key, value, node)
        return NONE
    if name in ("append", "insert", "extend"):
        _extend(machine, owner, name, arguments)
        return owner
    if name == "update":
        given = arguments.get(0, "modules")
        if type(given) is Mapping:
            owner.members.update({str(key): value for key, value in given.items.items()})
        owner.exact = owner.exact and type(given) is Mapping and given.exact and not machine.uncertain
        return NONE
    if name in ("values", "children", "modules"):
        return Sequence("list", owner.members.values(), owner.exact and name != "modules")
    if name in ("items", "named_children"):
        pairs = [Sequence("tuple", [Known(key), value]) for key, value in owner.members.items()]
        return Sequence("list", pairs, owner.exact)
    if name == "keys":
        return Sequence("list", [Known(key) for key in owner.members], owner.exact)
    if name in ("parameters", "buffers"):
        return Sequence("list", [TensorValue("parameter")], False)
    if name.startswith("register_") and name.endswith("_hook"):
        hook = arguments.get(0, "hook")
        owner.hooked = hook.name if type(hook) is Object else owner.hooked
    return UNKNOWN


def _is_container(owner: Value) -> bool:
    return type(owner) is Built and owner.base is not None and owner.base.short in CONTAINERS


def _set_by_name(machine: Machine, owner: Value, key: Value | None, value: Value, node: cst.CSTNode | None) -> None:
    if type(key) is Known and isinstance(key.value, str):
        machine.set_attribute(owner, key.value, value, node)
    elif type(owner) is Built:
        owner.dynamic = True


def _extend(machine: Machine, owner: ModuleValue, name: str, arguments: Arguments) -> None:
    if name == "append":
        owner.add(arguments.get(0, "module") or UNKNOWN)
    elif name == "extend":
        items, exact = iterated(machine, arguments.get(0, "modules") or UNKNOWN)
        for item in items:
            owner.add(item)
        owner.exact = owner.exact and exact
    else:
        owner.add(arguments.get(1, "module") or UNKNOWN)
        owner.exact = False
    if machine.uncertain:
        owner.exact = False


def _method(machine: Machine, owner: Value, name: str, arguments: Arguments) -> Value:
    if type(owner) is TensorValue:
        if name in ("size", "numel", "dim", "item", "tolist"):
            return Unknown("int") if name != "tolist" else Sequence("list", (), False)
        return TensorValue(owner.role) if name in ("to", "cuda", "float", "detach_", "data") else TensorValue()
    if type(owner) is Sequence:
        return _list_method(machine, owner, name, arguments)
    if type(owner) is Mapping:
        return _dict_method(owner, name, arguments)
    if type(owner) is Known:
        values = [plain(a) for a in arguments.positional]
        if isinstance(owner.value, str) and all(v is not None for v in values) and not arguments.keywords:
            flat = [v[0] for v in values if v is not None]
            return computed(lambda text, *rest: getattr(text, name)(*rest), owner.value, *flat)
        return Unknown("str") if name in ("format", "join", "lower", "upper", "strip", "replace") else UNKNOWN
    return UNKNOWN


def _list_method(machine: Machine, owner: Sequence, name: str, arguments: Arguments) -> Value:
    if name in ("append", "add"):
        owner.items.append(arguments.get(0, "object") or UNKNOWN)
        owner.exact = owner.exact and not machine.uncertain
        return NONE
    if name in ("extend", "update"):
        items, exact = iterated(machine, arguments.get(0, "iterable") or UNKNOWN)
        owner.items += items
        owner.exact = owner.exact and exact and not machine.uncertain
        return NONE
    if name == "insert":
        index = arguments.get(0, "index")
        if type(index) is Known and isinstance(index.value, int):
            owner.items.insert(index.value, arguments.get(1, "object") or UNKNOWN)
        owner.exact = owner.exact and type(index) is Known and not machine.uncertain
        return NONE
    if name == "pop":
        if owner.exact and owner.items and not arguments.positional and not machine.uncertain:
            return owner.items.pop()
        owner.exact = False
        return UNKNOWN
    if name in ("reverse", "sort", "remove", "clear"):
        if name == "reverse":
            owner.items.reverse()
        elif name == "clear":
            owner.items.clear()
        else:
            owner.exact = owner.exact and name == "sort" and False
        return NONE
    if name == "copy":
        return Sequence(owner.kind, owner.items, owner.exact)
    return Unknown("int") if name in ("index", "count") else UNKNOWN


def _dict_method(owner: Mapping, name: str, arguments: Arguments) -> Value:
    if name in ("get", "pop", "setdefault"):
        key = arguments.get(0, "key")
        if type(key) is Known:
            found = owner.items.get(key.value)
            if found is not None:
                return found
            if owner.exact:
                return arguments.get(1, "default") or NONE
            return UNKNOWN
        return UNKNOWN
    if name == "keys":
        return Sequence("list", [Known(key) for key in owner.items], owner.exact)
    if name == "values":
        return Sequence("list", owner.items.values(), owner.exact)
    if name == "items":
        return Sequence("list", [Sequence("tuple", [Known(k), v]) for k, v in owner.items.items()], owner.exact)
    if name == "update":
        given = arguments.get(0, "other")
        if type(given) is Mapping:
            owner.items.update(given.items)
            owner.exact = owner.exact and given.exact
        elif given is not None:
            owner.exact = False
        owner.items.update(arguments.keywords)
        return NONE
    if name == "copy":
        return Mapping(owner.items, owner.exact, owner.kind)
    return UNKNOWN


# -- Python's own functions ----------------------------------------------------------------------------------------------


def _range(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    numbers = [a.value for a in arguments.positional if type(a) is Known and isinstance(a.value, int)]
    if len(numbers) == len(arguments.positional) and 0 < len(numbers) <= 3:
        try:
            found = range(*numbers)
        except ValueError:
            return UNKNOWN
        if len(found) <= 512:
            return Sequence("range", map(Known, found))
    return Sequence("range", [Unknown("int")], False)


def _len(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    given = arguments.get(0, "obj") or UNKNOWN
    if type(given) is Known:
        return computed(len, given.value)
    if type(given) in (Sequence, Mapping) or isinstance(given, ModuleValue):
        items, exact = iterated(machine, given)
        return Known(len(items)) if exact else Unknown("int")
    return Unknown("int")


def _listed(kind: str) -> Callable[[Machine, Frame, Arguments], Value]:
    def make(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
        if not arguments.positional:
            return Sequence(kind, (), arguments.exact)
        items, exact = iterated(machine, arguments.positional[0])
        return Sequence(kind, items, exact)

    return make


def _dict(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    result = Mapping({}, arguments.exact)
    if arguments.positional:
        given = arguments.positional[0]
        if type(given) is Mapping:
            result = Mapping(given.items, given.exact and arguments.exact)
        elif type(given) is Sequence:
            for item in given.items:
                key = item.items[0] if type(item) is Sequence and len(item.items) == 2 else UNKNOWN
                if type(key) is Known and type(item) is Sequence:
                    result.items[key.value] = item.items[1]
                else:
                    result.exact = False
            result.exact = result.exact and given.exact
        else:
            result.exact = False
    result.items.update(arguments.keywords)
    return result


def _enumerate(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    items, exact = iterated(machine, arguments.get(0, "iterable") or UNKNOWN)
    start = arguments.get(1, "start")
    first = start.value if type(start) is Known and isinstance(start.value, int) else 0
    pairs = [Sequence("tuple", [Known(first + i), item]) for i, item in enumerate(items)]
    return Sequence("list", pairs or ([] if exact else [Sequence("tuple", [Unknown("int"), UNKNOWN])]), exact)


def _zip(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    columns = [iterated(machine, a) for a in arguments.positional]
    exact = all(e for _, e in columns) and arguments.exact
    if any(not e and not items for items, e in columns):
        return Sequence("list", [Sequence("tuple", [UNKNOWN] * len(columns))], False)
    rows = zip(*(items for items, _ in columns), strict=False)
    return Sequence("list", [Sequence("tuple", row) for row in rows], exact)


def _extreme(function: Callable[..., Any]) -> Callable[[Machine, Frame, Arguments], Value]:
    def make(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
        values = [plain(a) for a in arguments.positional]
        if not arguments.keywords and values and all(v is not None for v in values):
            return computed(function, *(v[0] for v in values if v is not None))
        types = {plain_type(a) for a in arguments.positional}
        return Unknown(types.pop() if len(types) == 1 else None)

    return make


def _sorted(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    items, exact = iterated(machine, arguments.get(0, "iterable") or UNKNOWN)
    values = [plain(item) for item in items]
    if exact and not arguments.keywords and all(v is not None for v in values):
        found = computed(lambda: sorted(v[0] for v in values if v is not None))
        if type(found) is Sequence:
            return found
    return Sequence("list", items, False)


def _reversed(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    items, exact = iterated(machine, arguments.get(0, "sequence") or UNKNOWN)
    return Sequence("list", items[::-1], exact)


def _sum(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    items, exact = iterated(machine, arguments.get(0, "iterable") or UNKNOWN)
    values = [plain(item) for item in items]
    if exact and all(v is not None for v in values):
        return computed(lambda: sum(v[0] for v in values if v is not None))
    return Unknown("number")


def _isinstance(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    value, wanted = arguments.get(0, "obj") or UNKNOWN, arguments.get(1, "cls") or UNKNOWN
    classes = wanted.items if type(wanted) is Sequence else [wanted]
    answers = [_is_instance(machine, value, cls) for cls in classes]
    if True in answers:
        return Known(True)
    return Unknown("bool") if None in answers else Known(False)


def _is_instance(machine: Machine, value: Value, cls: Value) -> bool | None:
    if type(value) is Either:
        answers = {_is_instance(machine, option, cls) for option in value.options}
        return answers.pop() if len(answers) == 1 else None
    if type(value) is Unknown and value.type is None:
        return None
    if type(cls) is Class:
        if type(value) is Built:
            return any(base.node is cls.node for base in value.cls.lineage)
        return value.node is cls.node if type(value) is Object and value.node is not None else False
    name = cls.name if type(cls) is Library else ""
    if name.startswith("builtins."):
        short = name.partition(".")[2]
        if type(value) is Sequence:
            return short in (value.kind, "object")
        if type(value) is Mapping:
            return short in ("dict", "object")
        own = plain_type(value)
        if own is None or own == "number":
            return False if own is None else None
        return short in (own, "object") or (short == "int" and own == "bool")
    if name == "torch.nn.Module":
        return isinstance(value, ModuleValue)
    if name.startswith("torch.nn."):
        if type(value) is Layer:
            return value.name == name
        if type(value) is Built:
            return None if value.base is not None else False
        return False
    if name in ("torch.Tensor", "torch.nn.Parameter"):
        return type(value) is TensorValue
    if name.startswith(("collections.", "typing.")):
        return type(value) in (Sequence, Mapping) if name.endswith(("Iterable", "Sequence", "Mapping")) else None
    return None


def _getattr(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    owner, name = arguments.get(0, "obj") or UNKNOWN, arguments.get(1, "name")
    if type(name) is Known and isinstance(name.value, str):
        if type(owner) is Library:
            return Library(f"{owner.name}.{name.value}")
        found = machine.attribute(owner, name.value)
        default = arguments.get(2, "default")
        if type(found) is Unknown and default is not None and type(owner) is Built and not owner.dynamic:
            return default
        return found
    return UNKNOWN


def _setattr(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    owner = arguments.get(0, "obj") or UNKNOWN
    _set_by_name(machine, owner, arguments.get(1, "name"), arguments.get(2, "value") or UNKNOWN, None)
    return NONE


def _hasattr(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    owner, name = arguments.get(0, "obj"), arguments.get(1, "name")
    if type(owner) is Built and type(name) is Known and not owner.dynamic:
        slot = owner.attributes.get(str(name.value))
        if slot is not None:
            return Known(True) if slot.certain else Unknown("bool")
        if owner.cls.method(str(name.value)) is None and owner.cls.constant(str(name.value)) is None:
            return Known(False) if owner.base is None else Unknown("bool")
        return Known(True)
    return Unknown("bool")


def _type(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    value = arguments.get(0, "obj") or UNKNOWN
    if type(value) is Built:
        return Class(value.cls.node)
    if type(value) is Known and value.value is not None:
        return Library(f"builtins.{type(value.value).__name__}")
    if type(value) is Sequence:
        return Library(f"builtins.{value.kind}")
    return Library("builtins.dict") if type(value) is Mapping else UNKNOWN


def _decided(function: Callable[..., bool]) -> Callable[[Machine, Frame, Arguments], Value]:
    def make(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
        items, exact = iterated(machine, arguments.get(0, "iterable") or UNKNOWN)
        answers = [truth(item) for item in items]
        return Known(function(answers)) if exact and None not in answers else Unknown("bool")

    return make


def _map(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    if len(arguments.positional) != 2:
        return Sequence("list", (), False)
    items, exact = iterated(machine, arguments.positional[1])
    function = arguments.positional[0]
    return Sequence("list", [machine.call(frame, None, function, Arguments([i])) for i in items[:64]], exact)


def _super(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    return UNKNOWN


def _ordered(machine: Machine, frame: Frame, arguments: Arguments) -> Value:
    found = _dict(machine, frame, arguments)
    if type(found) is Mapping:
        found.kind = "OrderedDict"
    return found


BUILTINS: dict[str, Callable[[Machine, Frame, Arguments], Value]] = {
    "builtins.range": _range,
    "builtins.len": _len,
    "builtins.list": _listed("list"),
    "builtins.tuple": _listed("tuple"),
    "builtins.set": _listed("set"),
    "builtins.frozenset": _listed("set"),
    "builtins.dict": _dict,
    "collections.OrderedDict": _ordered,
    "collections.defaultdict": lambda machine, frame, arguments: Mapping({}, False),
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.max": _extreme(max),
    "builtins.min": _extreme(min),
    "builtins.sorted": _sorted,
    "builtins.reversed": _reversed,
    "builtins.sum": _sum,
    "builtins.isinstance": _isinstance,
    "builtins.getattr": _getattr,
    "builtins.setattr": _setattr,
    "builtins.hasattr": _hasattr,
    "builtins.type": _type,
    "builtins.any": _decided(any),
    "builtins.all": _decided(all),
    "builtins.map": _map,
    "builtins.super": _super,
    "builtins.print": lambda machine, frame, arguments: NONE,
    "numpy.prod": lambda machine, frame, arguments: Unknown("int"),
    "builtins.id": lambda machine, frame, arguments: as_value(0),
}
