"""Calls: what is called, with what, and the kind of what comes back."""

from __future__ import annotations

import libcst as cst

from tslint.facts import builtin_calls, container_calls, conversion_calls, library_calls
from tslint.facts.bases import is_named_tuple, mapping_base
from tslint.facts.frame import Args, Frame
from tslint.facts.joins import join_all
from tslint.facts.kinds import (
    CONSTANT,
    NONE,
    UNKNOWN,
    Callable,
    Constant,
    Dict,
    Instance,
    Kind,
    List,
    Module,
    Tensor,
    Tuple,
    present,
)
from tslint.facts.layers import Options, apply_layer
from tslint.facts.signatures import LIBRARIES


def call(frame: Frame, node: cst.Call) -> Kind:
    """The kind of a call, after its arguments have been looked at."""
    from tslint.facts.expressions import evaluate

    own_super = _super_method(frame, node.func)
    if own_super is not None:
        args = arguments(frame, node)
        frame.record(node.func, own_super)
        return dispatch(frame, node, own_super, args)
    function = evaluate(frame, node.func)
    args = arguments(frame, node)
    choices = present(function)
    frame.context.choices[node] = len(choices)
    result = join_all(dispatch(frame, node, option, args) for option in choices)
    _remember_mutation(frame, node, function, args)
    return result


def arguments(frame: Frame, node: cst.Call) -> Args:
    """The kinds of the arguments, stars spread where their number is known."""
    from tslint.facts.expressions import evaluate, spread

    args = Args()
    for arg in node.args:
        kind = evaluate(frame, arg.value)
        if arg.star == "*":
            inner = spread(kind)
            if inner is None:
                args.opaque = True
                if isinstance(kind, List):
                    args.starred = kind.items or (kind.element,)
            else:
                args.positional += inner
                args.nodes += [None] * len(inner)
        elif arg.star == "**":
            if isinstance(kind, Dict):
                args.keywords.update(kind.items)
                args.opaque = args.opaque or not kind.complete
            else:
                args.opaque = True
        elif arg.keyword is not None:
            args.keywords[arg.keyword.value] = kind
            args.keyword_nodes[arg.keyword.value] = arg.value
        else:
            args.positional.append(kind)
            args.nodes.append(arg.value)
    return args


def dispatch(frame: Frame, node: cst.CSTNode, function: Kind, args: Args) -> Kind:
    """The kind of calling FUNCTION with ARGS; NODE is where."""
    if isinstance(function, Module):
        return call_module(frame, node, function, args)
    if not isinstance(function, Callable):
        return UNKNOWN
    if function.qualified == "torch.autograd.Function.apply":
        return frame.unknown_tensor(node)
    if function.qualified is not None:
        return call_library(frame, node, function, args)
    if isinstance(function.node, cst.ClassDef):
        return construct(frame, node, function.node, args)
    if isinstance(function.node, (cst.FunctionDef, cst.Lambda)):
        return invoke_function(frame, node, function, args)
    return UNKNOWN


def _super_method(frame: Frame, func: cst.BaseExpression) -> Kind | None:
    """What ``super().name`` is: the method of a base in the file, else one of the library's."""
    if not (isinstance(func, cst.Attribute) and isinstance(func.value, cst.Call)):
        return None
    inner = func.value.func
    if not (isinstance(inner, cst.Name) and inner.value == "super"):
        return None
    cls = frame.context.cls
    if cls is None:
        return UNKNOWN
    defining = frame.analysis.defining_class(frame.context.function) or cls
    lineage = cls.lineage
    behind = lineage[lineage.index(defining) + 1 :] if defining in lineage else ()
    for base in behind:
        if func.attr.value in base.methods:
            return Callable(base.methods[func.attr.value], owner=Module(cls))
    return Callable(qualified=f"super.{func.attr.value}", owner=Module(cls))


def invoke_function(frame: Frame, node: cst.CSTNode, function: Callable, args: Args) -> Kind:
    """A function or lambda of the file."""
    target = function.node
    owner = function.owner if isinstance(function.owner, Module) else None
    if isinstance(target, cst.FunctionDef):
        static = any(_decorator(d) == "staticmethod" for d in target.decorators)
        if owner is not None and not static:
            args = args.shifted(owner)
        if any(_decorator(d) in UNREADABLE for d in target.decorators):
            return UNKNOWN
        if target.asynchronous is not None:
            return UNKNOWN
        if frame.analysis.yields(target):
            return List(UNKNOWN, UNKNOWN, None, "generator")
    return frame.analysis.invoke(frame, node, function, args)


UNREADABLE = frozenset(["contextmanager", "asynccontextmanager", "overload", "singledispatch"])


def _decorator(decorator: cst.Decorator) -> str:
    node = decorator.decorator
    if isinstance(node, cst.Call):
        node = node.func
    return node.attr.value if isinstance(node, cst.Attribute) else node.value if isinstance(node, cst.Name) else ""


def construct(frame: Frame, node: cst.CSTNode, cls_node: cst.ClassDef, args: Args) -> Kind:
    """An instance of a class of the file."""
    analysis = frame.analysis
    cls = analysis.classes.module(cls_node)
    call_node = node if isinstance(node, cst.Call) else None
    if cls is not None:
        return Module(cls, call=call_node)
    if is_named_tuple(analysis.classes, cls_node):
        return Tuple(tuple(args.all), cls_node.name.value)
    name = mapping_base(analysis.classes, cls_node)
    if name is not None:
        return Dict(
            tuple(args.keywords.items()), join_all(args.keywords.values()), not args.opaque, cls_node.name.value
        )
    return Instance(cls_node.name.value, cls_node)


def call_module(frame: Frame, node: cst.CSTNode, module: Module, args: Args) -> Kind:
    """``module(x)``: forward of a class of the file, a container's members one after the other, or a layer."""
    cls = module.cls
    if cls is not None:
        forward = cls.forward
        if forward is not None:
            return invoke_function(frame, node, Callable(forward, owner=module), args)
        if cls.layer == "torch.nn.Sequential":
            return sequence(frame, node, frame.analysis.container_items(cls), args)
        if (
            cls.layer is not None
            and cls.layer.startswith("torch.nn.")
            and not cls.layer.endswith(("ModuleList", "ModuleDict"))
        ):
            return _layer(frame, node, Module(layer=cls.layer), args)
        return UNKNOWN
    if module.layer == "torch.nn.Sequential":
        return sequence(frame, node, module.items, args)
    if module.layer in ("torch.nn.DataParallel", "torch.nn.parallel.DistributedDataParallel") and module.items:
        return dispatch(frame, node, module.items[0], args)
    return _layer(frame, node, module, args) if module.layer is not None else UNKNOWN


def _layer(frame: Frame, node: cst.CSTNode, module: Module, args: Args) -> Kind:
    """A layer of a library; of one whose construction is not known (the base of a class), the arguments are not."""
    built = frame.analysis.constructed.get(module.call) if module.call is not None else None
    frame.apply(node, module.layer or "", args, built, module.call)
    return apply_layer(frame, node, module, args, Options(module.call, built))


def sequence(frame: Frame, node: cst.CSTNode, items: tuple[Kind, ...], args: Args) -> Kind:
    """A Sequential: its members in order of appearance, as far as they are known."""
    value = args.get(0, "input") or UNKNOWN
    if not items:
        return frame.unknown_tensor(node) if isinstance(value, Tensor) else UNKNOWN
    for index, item in enumerate(items):
        one = Args()
        one.positional, one.nodes = [value], [None]
        before = value
        value = join_all(dispatch(frame, node, option, one) for option in present(item))
        if isinstance(value, (Constant,)) or value is UNKNOWN:
            # most members that are not understood are blocks of layers
            value = frame.unknown_tensor(node, str(index)) if isinstance(before, Tensor) else UNKNOWN
    return value


def call_library(frame: Frame, node: cst.CSTNode, function: Callable, args: Args) -> Kind:
    """Something of a library, of Python itself, or a method of a value."""
    name = function.qualified or ""
    head, _, last = name.rpartition(".")
    if head == "torch.nn.Module" and isinstance(function.owner, Module):
        if last in ("forward", "__call__"):
            return call_module(frame, node, function.owner, args)
        return module_method(frame, node, function.owner, last, args)
    if head == "super":
        return _super_call(frame, node, function, last, args)
    if head in container_calls.OWNERS:
        return container_calls.method(frame, node, function, last, args)
    if head == "builtins" or name.partition(".")[0] in LIBRARIES:
        return builtin_calls.function(frame, node, name, args, _apply)
    if not last[:1].isupper():  # making a layer uses nothing of it
        frame.apply(node, name, args.shifted(function.owner or UNKNOWN) if head == "Tensor" else args)
    return library_calls.function(frame, node, name, function, args, _apply)


def _apply(frame: Frame, node: cst.CSTNode, function: Kind, args: Args) -> Kind:
    return join_all(dispatch(frame, node, option, args) for option in present(function))


def _super_call(frame: Frame, node: cst.CSTNode, function: Callable, name: str, args: Args) -> Kind:
    owner = function.owner
    if name == "__init__" and isinstance(owner, Module) and owner.cls is not None:
        if owner.cls.layer in ("torch.nn.Sequential", "torch.nn.ModuleList"):
            frame.analysis.note_items(owner.cls, (*args.positional, *args.starred))
        return NONE
    if name == "forward" and isinstance(owner, Module) and owner.cls is not None and owner.cls.layer is not None:
        if owner.cls.layer == "torch.nn.Sequential":
            return sequence(frame, node, frame.analysis.container_items(owner.cls), args)
        return _layer(frame, node, Module(layer=owner.cls.layer), args)
    return UNKNOWN


def module_method(frame: Frame, node: cst.CSTNode, owner: Module, name: str, args: Args) -> Kind:
    """A method that every ``nn.Module`` (or container) has."""
    if name in conversion_calls.CASTS:
        return conversion_calls.cast(frame, node, owner, name, args)
    if name in (
        "eval",
        "train",
        "cuda",
        "cpu",
        "bfloat16",
        "requires_grad_",
        "apply",
        "share_memory",
    ):
        return owner
    if name in ("append", "extend", "insert", "add_module", "register_module"):
        return NONE
    if name in ("register_buffer", "register_parameter"):
        return NONE
    if name in ("values", "items", "keys") and owner.items:
        element = join_all(owner.items)
        if name == "items":
            from tslint.facts.kinds import Str

            element = Tuple((Str(), element))
        return List(element, CONSTANT, None, "values")
    if name in ("parameters", "buffers"):
        from tslint.facts import shapes
        from tslint.facts.kinds import Shape

        return List(Tensor(Shape(shapes.PARAMETER), "parameter"), CONSTANT, None, "generator")
    if name in ("children", "modules"):
        return List(join_all(owner.items) if owner.items else UNKNOWN, CONSTANT, None, "generator")
    if name in ("named_children", "named_modules"):
        from tslint.facts.kinds import Str

        return List(Tuple((Str(), join_all(owner.items) if owner.items else UNKNOWN)), CONSTANT, None, "generator")
    return UNKNOWN


def _remember_mutation(frame: Frame, node: cst.Call, function: Kind, args: Args) -> None:
    """``xs.append(x)`` and its like change what the variable holds; ``register_buffer`` sets an attribute."""
    func = node.func
    if not isinstance(func, cst.Attribute) or not isinstance(function, Callable):
        return
    name, owner = func.attr.value, function.owner
    if isinstance(owner, Module):
        if name in conversion_calls.CASTS:
            _remember_cast(frame, node, func, owner, args)
        _remember_registration(frame, node, func, name, owner, args)
        return
    changed: Kind | None = None
    if isinstance(owner, List):
        changed = container_calls.list_after(owner, name, args)
    elif isinstance(owner, Dict):
        changed = container_calls.dict_after(owner, name, args)
    elif isinstance(owner, Tensor) and name.endswith("_") and isinstance(func.value, cst.Name):
        return
    if changed is not None:
        store(frame, func.value, changed)


def store(frame: Frame, target: cst.BaseExpression, kind: Kind) -> None:
    """What a variable or attribute holds from here on."""
    if isinstance(target, cst.Name):
        frame.env[target.value] = kind
    elif isinstance(target, cst.Attribute) and isinstance(target.value, cst.Name):
        frame.env[f"{target.value.value}.{target.attr.value}"] = kind
        owner = frame.lookup(target.value.value)
        if isinstance(owner, Module) and owner.cls is not None:
            frame.analysis.note_attribute(frame, owner.cls, target.attr.value, target, None, kind)


def _remember_cast(frame: Frame, node: cst.Call, func: cst.Attribute, owner: Module, args: Args) -> None:
    """``model.half()`` changes the module that a variable holds, also behind other calls (``model.eval().half()``)."""
    target: cst.BaseExpression = func.value
    while isinstance(target, cst.Call) and isinstance(target.func, cst.Attribute):
        target = target.func.value
    if isinstance(target, cst.Name) and isinstance(frame.env.get(target.value), Module):
        frame.env[target.value] = conversion_calls.cast(frame, node, owner, func.attr.value, args)


def _remember_registration(
    frame: Frame, node: cst.Call, func: cst.Attribute, name: str, owner: Module, args: Args
) -> None:
    from tslint.facts.kinds import Str

    first = args.get(0, "name")
    if name in ("append", "extend", "insert") and (owner.layer or "").endswith(("ModuleList", "Sequential")):
        new = args.positional[1 if name == "insert" else 0 :]
        if name == "extend" and new and isinstance(new[0], List):
            new = list(new[0].items or (new[0].element,))
        items = tuple(dict.fromkeys((*owner.items, *new)))
        store(frame, func.value, Module(layer=owner.layer, items=items, call=owner.call))
        return
    if not isinstance(first, Str) or first.value is None:
        if name == "add_module" and args.get(1, "module") is not None:
            item = args.get(1, "module") or UNKNOWN
            if owner.cls is not None:
                frame.analysis.note_items(owner.cls, (item,), more=True)
            else:
                store(frame, func.value, Module(layer=owner.layer, items=(*owner.items, item), call=owner.call))
        return
    value = args.get(1, "module", "tensor", "param", "parameter") or UNKNOWN
    if name in ("register_buffer", "register_parameter") and owner.cls is not None:
        role = "buffer" if name == "register_buffer" else "parameter"
        if isinstance(value, Tensor):
            value = builtin_calls.as_parameter(value, role)
        expression = args.nodes[1] if len(args.nodes) > 1 else args.keyword_nodes.get("tensor")
        frame.analysis.note_attribute(frame, owner.cls, first.value, node, expression, value, registered=True)
    elif name in ("add_module", "register_module"):
        if owner.cls is not None:
            frame.analysis.note_attribute(frame, owner.cls, first.value, node, None, value, registered=True)
            frame.analysis.note_items(owner.cls, (value,), more=True)
        else:
            store(frame, func.value, Module(layer=owner.layer, items=(*owner.items, value), call=owner.call))
