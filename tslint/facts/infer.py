"""The interpreter: which functions are analysed with which kinds, and what their expressions come to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import libcst as cst

from tslint.facts import shapes
from tslint.facts.attributes import library
from tslint.facts.classes import Attribute, Classes, ModuleClass
from tslint.facts.construction import constructor_parameters
from tslint.facts.contexts import bind, instantiate, leaves, pins_for, skeleton, substitute
from tslint.facts.expressions import evaluate
from tslint.facts.frame import Args, Binding, Context, Env, Frame
from tslint.facts.joins import join, join_all
from tslint.facts.kinds import (
    CONSTANT,
    NONE,
    UNKNOWN,
    Callable,
    Dict,
    Kind,
    List,
    Module,
    Shape,
    Tensor,
    Unknown,
    Value,
)
from tslint.facts.lasting import lasting
from tslint.facts.names import Binding as NameBinding
from tslint.facts.names import Names, canonical
from tslint.facts.parameters import annotation_kind, assumed, believes, parameter
from tslint.facts.signatures import COMPILED_BY
from tslint.facts.statements import run_block, run_function
from tslint.facts.tree import Tree, walk

MAX_CONTEXTS = 8
"""Ways of calling one function that are told apart; further ones are not followed."""
MAX_CALL_DEPTH = 50


@dataclass
class Noted:
    """What is known of the attributes of a class while (and after) its ``__init__`` is read."""

    attributes: dict[str, Attribute]
    items: tuple[Kind, ...] = ()
    done: bool = False


class Analysis:
    """All that the interpreter finds out about one file."""

    def __init__(self, tree: Tree, names: Names, classes: Classes) -> None:
        self.tree = tree
        self.names = names
        self.classes = classes
        self.contexts: dict[cst.CSTNode, list[Context]] = {}
        self.constructed: dict[cst.Call | None, Args] = {}
        self.uses: dict[cst.FunctionDef, dict[str, str]] = {}
        self.stateful: dict[ModuleClass, list[Attribute]] = {}
        self._keyed: dict[tuple[object, ...], Context] = {}
        self._leaf_values: dict[Context, list[Value]] = {}
        self._fresh: dict[tuple[Context, cst.CSTNode | None, str], Value] = {}
        self._noted: dict[ModuleClass, Noted] = {}
        self._globals: dict[cst.CSTNode, Kind] = {}
        self._class_constants: dict[cst.CSTNode, Kind] = {}
        self._yields: dict[cst.CSTNode, list[cst.CSTNode]] = {}
        self.constructions: dict[ModuleClass, list[cst.Call]] | None = None
        self._calling_code_ran = False
        self.module_context = Context(tree.module, None)
        self._module_frame = Frame(self, self.module_context, {})
        self._run_forwards()

    # -- what is analysed ---------------------------------------------------------------------------------------------

    def _run_forwards(self) -> None:
        """The forward of each module class: those that build or are handed others first, then what they did not reach."""
        done: set[ModuleClass] = set()
        for cls in self.classes.own:
            for one in self._outermost_first(cls, done):
                forward = one.methods.get("forward")
                if forward is not None and forward not in self.contexts:
                    self.run_root(forward, one, in_forward=True)

    def _outermost_first(self, cls: ModuleClass, done: set[ModuleClass]) -> Iterator[ModuleClass]:
        """The classes that hold CLS, directly or not, then CLS itself; each once."""
        stack = [(cls, False)]
        while stack:
            one, holders_done = stack.pop()
            if holders_done:
                yield one
            elif one not in done:
                done.add(one)
                stack.append((one, True))
                stack += [(holder, False) for holder in self.classes.holders.get(one, ())]

    def run_root(self, function: cst.FunctionDef, cls: ModuleClass | None, in_forward: bool) -> Context:
        """Analyses a function that nothing in the file calls, its parameters taken for what they look like."""
        context = Context(function, cls, in_forward=in_forward)
        self.contexts.setdefault(function, []).append(context)
        context.params = self._assumed_parameters(function, cls, context)
        self._run(context, depth=0)
        return context

    def _assumed_parameters(self, function: cst.FunctionDef, cls: ModuleClass | None, context: Context) -> Env:
        env: Env = {}
        params = function.params
        positional = [*params.posonly_params, *params.params]
        static = any(
            isinstance(d.decorator, cst.Name) and d.decorator.value == "staticmethod" for d in function.decorators
        )
        for index, param in enumerate(positional):
            if index == 0 and cls is not None and not static:
                env[param.name.value] = Module(cls)
            else:
                env[param.name.value] = assumed(
                    self, function, param, Value(param.name.value, context), context.in_forward
                )
        for param in params.kwonly_params:
            env[param.name.value] = assumed(self, function, param, Value(param.name.value, context), context.in_forward)
        if isinstance(params.star_arg, cst.Param):
            name = params.star_arg.name.value
            env[name] = List(UNKNOWN, CONSTANT, None, "tuple")
        if params.star_kwarg is not None:
            env[params.star_kwarg.name.value] = Dict((), UNKNOWN, complete=False)
        return env

    def _run(self, context: Context, depth: int) -> None:
        function = context.function
        frame = Frame(self, context, dict(context.params))
        frame.depth = depth
        context.busy = True
        try:
            if isinstance(function, cst.FunctionDef):
                run_function(frame, function.body)
                traced = not context.root.untraced
                kinds = [k for k, block in context.returns.values() if not (traced and block.untraced)]
                context.result = join_all(kinds) if kinds else (UNKNOWN if context.returns else NONE)
            elif isinstance(function, cst.Lambda):
                context.result = evaluate(frame, function.body)
                context.root.pins |= frame.pins
        except RecursionError:
            context.result = UNKNOWN
        finally:
            context.busy = False

    # -- calls within the file ----------------------------------------------------------------------------------------

    def invoke(self, frame: Frame, node: cst.CSTNode, function: Callable, args: Args) -> Kind:
        """The kind of calling a function or lambda of the file: analysed once for each way of being called."""
        target = function.node
        assert isinstance(target, (cst.FunctionDef, cst.Lambda))
        if frame.depth > MAX_CALL_DEPTH:
            return UNKNOWN
        cls = self._class_for(target, function)
        is_forward = isinstance(target, cst.FunctionDef) and target.name.value == "forward" and cls is not None
        handed = bind(self, frame, target, args)
        assumptions = {
            name
            for name, kind in handed.items()
            if (is_forward and isinstance(kind, Unknown)) or believes(self, target, name, kind)
        }
        closure = self._is_nested(target)
        outer: Env = frame.env if closure else {}
        untraced = frame.block.untraced or self._is_compiled(target)
        key = (
            target,
            cls,
            frame.context.in_forward,
            frame.context if closure else None,
            untraced,
            tuple((n, skeleton(k)) for n, k in handed.items() if n not in assumptions),
        )
        context = self._keyed.get(key)
        if context is None:
            known = self.contexts.setdefault(target, [])
            if len(known) >= MAX_CONTEXTS:
                return UNKNOWN
            context = self._keyed[key] = Context(target, cls, in_forward=frame.context.in_forward)
            context.root.untraced = untraced
            context.outer = {**frame.context.outer, **outer} if closure else {}
            known.append(context)
            values: list[Value] = []
            for name, kind in handed.items():
                if name in assumptions:
                    param = parameter(target, name)
                    assert isinstance(target, cst.FunctionDef)
                    if param is not None:
                        context.params[name] = assumed(self, target, param, Value(name, context), True)
                        continue
                context.params[name] = instantiate(kind, name, context, values)
            self._leaf_values[context] = values
            self._run(context, frame.depth + 6)
        elif context.busy:
            return UNKNOWN
        given = [leaf for n, k in handed.items() if n not in assumptions for leaf in leaves(k)]
        binding = Binding(frame.context, frame.block, {}, {}, frame.given())
        for value, leaf in zip(self._leaf_values[context], given, strict=False):
            if isinstance(leaf, Shape):
                self._share_rank(leaf, value)
                binding.shapes[value] = leaf if _ranked(leaf) else Shape(leaf.base, value.rank, leaf.known)
            else:
                binding.numbers[value] = leaf
        context.callers.append(binding)
        frame.pin(pins_for(frame, node, context, binding))
        return substitute(frame, node, context.result or UNKNOWN, context, binding)

    def _share_rank(self, given: Shape, value: Value) -> None:
        """What a function learned about the rank of what it is handed holds of the caller's tensor."""
        if value.rank is not None and shapes.rank_of(given) is None and given.base is not None and not given.known:
            given.base.learn_rank(value.rank)

    def _class_for(self, target: cst.CSTNode, function: Callable) -> ModuleClass | None:
        if isinstance(function.owner, Module) and function.owner.cls is not None:
            cls: ModuleClass = function.owner.cls
            return cls
        return None

    def _is_compiled(self, function: cst.CSTNode) -> bool:
        """Whether a decorator hands FUNCTION to TorchScript: tracing never enters its Python."""
        if not isinstance(function, cst.FunctionDef):
            return False
        return any(self.names.qualified(d.decorator) in COMPILED_BY for d in function.decorators)

    def _is_nested(self, target: cst.CSTNode) -> bool:
        if isinstance(target, cst.Lambda):
            return True
        return any(isinstance(a, cst.FunctionDef) for a in self.tree.ancestors(target))

    def defining_class(self, function: cst.CSTNode) -> ModuleClass | None:
        """The module class in whose body a method stands."""
        for around in self.tree.ancestors(function):
            if isinstance(around, cst.ClassDef):
                return self.classes.module(around)
        return None

    def yields(self, function: cst.FunctionDef) -> list[cst.CSTNode]:
        """The ``yield`` expressions of a function itself."""
        if self.tree.own(function) and not self.tree.all(cst.Yield):
            return []
        found = self._yields.get(function)
        if found is None:
            found = [n for n in walk(function.body, nested=False) if type(n) is cst.Yield]
            self._yields[function] = found
        return found

    def captured(self, pattern: cst.CSTNode) -> Iterator[str]:
        """The names that a ``case`` binds."""
        for node in walk(pattern):
            if (isinstance(node, cst.MatchAs) and node.name is not None) or (
                isinstance(node, cst.MatchStar) and node.name is not None
            ):
                yield node.name.value

    # -- values -------------------------------------------------------------------------------------------------------

    def fresh(self, context: Context, node: cst.CSTNode | None, tag: str) -> Value:
        key = (context, node, tag)
        value = self._fresh.get(key)
        if value is None:
            value = self._fresh[key] = Value(tag or "?", context)
        return value

    def global_kind(self, node: cst.Name) -> Kind:
        """What a name of the module (or a builtin, or an import) stands for."""
        elsewhere = self.imported_kind(node)
        if elsewhere is not None:
            return elsewhere
        qualified = self.names.qualified(node)
        if qualified is not None:
            return library(qualified)
        binding = self.names.definition(node)
        return UNKNOWN if binding is None else self._bound_kind(binding)

    def imported_kind(self, node: cst.Name | cst.Attribute) -> Kind | None:
        """What a name or attribute stands for that another file of the project binds; None where none does."""
        binding = self.names.followed(node)
        if binding is None or type(binding.node) is cst.Module:
            return None
        return library(canonical(binding.imported)) if binding.imported is not None else self._bound_kind(binding)

    def _bound_kind(self, binding: NameBinding) -> Kind:
        if isinstance(binding.node, (cst.FunctionDef, cst.ClassDef)):
            return Callable(binding.node)
        if binding.value is None or type(self.names.scope(binding.node)) is not cst.Module:
            return UNKNOWN
        return self._in_module(binding.value, self._globals)

    def class_constant(self, node: cst.BaseExpression) -> Kind:
        """What a class body assigns."""
        return self._in_module(node, self._class_constants)

    def _in_module(self, node: cst.BaseExpression, known: dict[cst.CSTNode, Kind]) -> Kind:
        if node not in known:
            known[node] = UNKNOWN
            frame = Frame(self, self.module_context, {})
            frame.depth = 20
            kind = evaluate(frame, node)
            known[node] = lasting(kind)
        return known[node]

    def module_value(self, node: cst.BaseExpression) -> Kind:
        """The kind of an expression as at module level."""
        return self._in_module(node, self._globals)

    def annotation_kind(self, node: cst.BaseExpression, value: Value) -> Kind | None:
        return annotation_kind(self, node, value)

    # -- attributes ---------------------------------------------------------------------------------------------------

    def attribute(self, cls: ModuleClass, name: str) -> Kind | None:
        """What ``__init__`` sets attribute NAME to, in the class or its bases in the file; None where it does not."""
        for base in cls.lineage:
            found = self.noted(base).attributes.get(name)
            if found is not None:
                return found.kind
        return None

    def container_items(self, cls: ModuleClass) -> tuple[Kind, ...]:
        for base in cls.lineage:
            items = self.noted(base).items
            if items:
                return items
        return ()

    def noted(self, cls: ModuleClass) -> Noted:
        """The attributes of a class, from its own ``__init__``."""
        found = self._noted.get(cls)
        if found is None:
            found = self._noted[cls] = Noted({})
            init = cls.methods.get("__init__")
            if init is not None:
                context = Context(init, cls)
                self.contexts.setdefault(init, []).append(context)
                context.params = constructor_parameters(self, init, cls)
                self._run(context, depth=0)
            found.done = True
            cls.attributes = found.attributes
        return found

    def note_attribute(
        self,
        frame: Frame,
        cls: ModuleClass,
        name: str,
        node: cst.CSTNode,
        value: cst.BaseExpression | None,
        kind: Kind,
        registered: bool = False,
    ) -> None:
        """Some method sets an attribute: in ``__init__`` (and what it calls) this makes it, elsewhere it changes state."""
        function = frame.context.function
        method = function.name.value if isinstance(function, cst.FunctionDef) else "lambda"
        registered = (
            registered
            or isinstance(kind, Module)
            or (isinstance(kind, Tensor) and kind.role in ("parameter", "buffer"))
        )
        if frame.context.in_forward:
            attribute = Attribute(name, node, value, kind, registered, method)
            known = self.stateful.setdefault(cls, [])
            if all(a.node is not node for a in known):
                known.append(attribute)
            return
        kind = lasting(kind)
        noted = self._noted.get(cls)
        if noted is None or noted.done:
            owner = self.defining_class(function)
            noted = self._noted.get(owner) if owner is not None else None
            if noted is None or noted.done:
                return
        before = noted.attributes.get(name)
        if before is not None and before.node is not node:
            kind = _merged(before.kind, kind)
        noted.attributes[name] = Attribute(name, node, value, kind, registered, method)

    def note_items(self, cls: ModuleClass, items: tuple[Kind, ...], more: bool = False) -> None:
        """The members that a class derived from Sequential or ModuleList is constructed with."""
        noted = self._noted.get(cls)
        if noted is not None:
            noted.items = tuple(dict.fromkeys((*noted.items, *items))) if more else items

    # -- the rest of the file -------------------------------------------------------------------------------------------

    def run_module(self) -> Context:
        """The statements at module level, with the module's own variables."""
        if not self.module_context.kinds.get(self.tree.module):
            self.module_context.kinds[self.tree.module] = CONSTANT
            frame = self._module_frame
            frame.depth = 10
            with suppress(RecursionError):
                run_block(frame, self.tree.module)  # type: ignore[arg-type]  # a module has a body as a suite has
        return self.module_context

    def run_calling_code(self) -> None:
        """The module level, then the functions that it does not reach: those that no call names first, since they hand on."""
        if self._calling_code_ran:
            return
        self._calling_code_ran = True
        self.run_module()
        called = {call.func.value for call in self.tree.all(cst.Call) if isinstance(call.func, cst.Name)}
        functions = self.tree.all(cst.FunctionDef)
        for function in sorted(functions, key=lambda f: f.name.value in called):
            if function not in self.contexts and function.name.value != "__init__":
                self.run_root(function, self.defining_class(function), in_forward=False)

    def release(self) -> None:
        """Lets go of what the contexts hold: a value knows its context, which holds the kinds that are made of values."""
        for context in (self.module_context, *(c for several in self.contexts.values() for c in several)):
            context.__dict__.clear()
        self.__dict__.clear()


def _merged(before: Kind, after: Kind) -> Kind:
    """An attribute that is set twice: a container grows, everything else is one or the other."""
    if (
        isinstance(before, Module)
        and isinstance(after, Module)
        and before.layer == after.layer
        and before.call is after.call
    ):
        return after
    return join(before, after)


def _ranked(shape: Shape) -> bool:
    """Whether the rank of SHAPE is known already, or of no use."""
    return shapes.rank_of(shape) is not None or shape.base is shapes.PARAMETER
