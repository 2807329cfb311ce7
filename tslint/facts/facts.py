"""What checks ask: the facts of one file behind one object."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TypeVar

import libcst as cst

from tslint.diagnostic import Label, Span
from tslint.facts import given, shapes
from tslint.facts.classes import Attribute, Classes, ModuleClass
from tslint.facts.coreml.questions import ConversionQuestions
from tslint.facts.expressions import length_of
from tslint.facts.flow import Flow
from tslint.facts.frame import Block, Context
from tslint.facts.infer import Analysis
from tslint.facts.joins import join_all
from tslint.facts.kinds import FIXED, Callable, Constant, Dims, Kind, Size, Tensor, depends_of, options
from tslint.facts.modes import Modes
from tslint.facts.names import Names
from tslint.facts.project import Project
from tslint.facts.settle import Settler
from tslint.facts.signatures import KEPT, LIBRARIES, LIBRARY_CONSTANTS, NUMBER_BUILTINS
from tslint.facts.size_questions import SizeQuestions
from tslint.facts.torchscript.compiler import Refusal
from tslint.facts.tree import Tree, walk
from tslint.facts.unreached import Unreached
from tslint.facts.views import LostWrite, Views
from tslint.facts.written import one_line
from tslint.source.project import Loader
from tslint.source.text import Source

Node = TypeVar("Node", bound=cst.CSTNode)


class Facts(SizeQuestions, ConversionQuestions):
    """The facts of one file. Everything is computed once, when first asked for.

    LOAD gives other files of the project, for what the file takes from them; ``project.read`` are those that were.
    """

    def __init__(self, source: Source, module: cst.Module, load: Loader | None = None) -> None:
        self.source = source
        self.project = Project(str(source.path), module, load)
        self.module = module
        self.tree = Tree(module, source.data)
        self._kinds: dict[cst.CSTNode, Kind] = {}
        self._flows: dict[tuple[cst.FunctionDef, bool], Flow] = {}

    @cached_property
    def names(self) -> Names:
        return Names(self.tree, self.project)

    @cached_property
    def classes(self) -> Classes:
        classes = Classes(self.tree, self.names)
        classes.find_inner()
        return classes

    @cached_property
    def analysis(self) -> Analysis:
        return Analysis(self.tree, self.names, self.classes)

    @cached_property
    def _unreached(self) -> Unreached:
        return Unreached(self.tree, self.names, self.classes, self.analysis)

    @cached_property
    def _settler(self) -> Settler:
        return Settler()

    def release(self) -> None:
        """Breaks the circles among what was found out: it all goes with the last reference. Nothing can be asked any more."""
        self.__dict__.pop("_readings", None)
        if "analysis" in self.__dict__:
            self.analysis.release()

    # -- the tree ---------------------------------------------------------------------------------------------------

    def nodes(self, kind: type[Node]) -> Sequence[Node]:
        """All nodes of exactly this type, in source order: nobody needs to walk the file again."""
        return self.tree.all(kind)

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node of meaning around NODE (white space and punctuation have none)."""
        return self.tree.parent.get(node)

    def span(self, node: cst.CSTNode) -> Span:
        """Where NODE stands. Positions are computed once somebody asks, a top-level statement at a time."""
        return self.tree.span(node)

    def text(self, node: cst.CSTNode, limit: int = 60) -> str:
        """The source text of NODE on one line, shortened to LIMIT characters."""
        return one_line(self.module.code_for_node(node), limit)

    def label(self, node: cst.CSTNode, message: str) -> Label:
        """A label at NODE."""
        return Label(self.path(node), self.span(node), message)

    def path(self, node: cst.CSTNode) -> str:
        """The file that NODE stands in: this one, or another of the project."""
        return str(self.source.path) if self.is_own(node) else self.project.path(self.tree.module_of(node))

    def is_own(self, node: cst.CSTNode) -> bool:
        """Whether NODE is of this file: only what is can be reported."""
        return self.tree.own(node)

    def enclosing_function(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """The innermost function whose body, parameters or decorators hold NODE."""
        for around in self.tree.ancestors(node):
            if type(around) is cst.FunctionDef:
                return around
        return None

    def enclosing_class(self, node: cst.CSTNode) -> cst.ClassDef | None:
        """The innermost class that holds NODE."""
        for around in self.tree.ancestors(node):
            if type(around) is cst.ClassDef:
                return around
        return None

    def names_in(self, function: cst.FunctionDef) -> list[cst.Name]:
        """The names that stand in a function, its parameters and nested functions included."""
        return [node for node in walk(function) if isinstance(node, cst.Name)]

    def symbol(self, node: cst.CSTNode) -> str | None:
        """``Class.method``, ``function`` or ``Class`` that NODE is or stands in; None at module level."""
        names = [
            around.name.value
            for around in (node, *self.tree.ancestors(node))
            if isinstance(around, (cst.FunctionDef, cst.ClassDef))
        ]
        return ".".join(reversed(names)) or None

    # -- names ------------------------------------------------------------------------------------------------------

    def qualified(self, node: cst.CSTNode) -> str | None:
        """The full name of the imported or builtin thing that a Name or Attribute stands for; None for what is local."""
        return self.names.qualified(node)

    def is_library_function(self, node: cst.CSTNode) -> bool:
        """Whether NODE names a function that the tracer cannot see: of ``math``, ``numpy``, or ``int``, ``float`` …"""
        name = self.names.qualified(node)
        if name is None or name in KEPT or name in LIBRARY_CONSTANTS:
            return False
        head = name.partition(".")[0]
        return name in NUMBER_BUILTINS if head == "builtins" else head in LIBRARIES

    @cached_property
    def _calls(self) -> dict[str, list[cst.Call]]:
        found: dict[str, list[cst.Call]] = {}
        for call in self.tree.all(cst.Call):
            if isinstance(call.func, (cst.Name, cst.Attribute)):
                name = self.names.qualified(call.func)
                if name is not None:
                    found.setdefault(name, []).append(call)
        return found

    def calls_to(self, *functions: str) -> list[cst.Call]:
        """The calls of the file to any of these, by qualified name (``torch.jit.trace``; ``onnx.`` for all), in source order."""
        found = []
        for wanted in functions:
            names = [name for name in self._calls if name.startswith(wanted)] if wanted.endswith(".") else [wanted]
            found += [call for name in names for call in self._calls.get(name, ())]
        return sorted(found, key=self.tree.index.__getitem__)

    def is_autograd_call(self, call: cst.Call) -> bool:
        """Whether CALL is ``apply`` of an autograd function of the file."""
        kinds = options(self.kind(call.func))
        return any(isinstance(o, Callable) and o.qualified == "torch.autograd.Function.apply" for o in kinds)

    def argument(self, call: cst.Call, index: int, name: str) -> cst.BaseExpression | None:
        """The argument at position INDEX or with keyword NAME; None where it is left out or hidden behind a star."""
        for arg in call.args:
            if arg.keyword is not None and arg.keyword.value == name:
                return arg.value
        before = call.args[: index + 1]
        if len(before) <= index or any(a.star or a.keyword is not None for a in before):
            return None
        return before[index].value

    # -- kinds ------------------------------------------------------------------------------------------------------

    def kind(self, node: cst.CSTNode) -> Kind:
        """The kind of an expression, joined over all the ways in which forward reaches it; Unknown where it is not reached.

        Sizes are settled: one that something pins is FixedSize, others name the dimensions of forward's inputs. Code that
        tracing never enters (``if self.training``) is Unknown throughout.
        """
        known = self._kinds.get(node)
        if known is None:
            known = self._kinds[node] = self._kind_at(node, self._places(node))
        return known

    def calling_kind(self, node: cst.CSTNode) -> Kind:
        """The kind of an expression of the code around the models, which helpers see as their callers hand it to them."""
        self.analysis.run_calling_code()
        places = self._places(node)
        called = [(context, block) for context, block in places if context.callers]
        return self._kind_at(node, called or places)

    def _kind_at(self, node: cst.CSTNode, places: Sequence[tuple[Context, Block]]) -> Kind:
        settle = self._settler.settle
        kinds = [settle(context.kinds[node], context, block) for context, block in places if not block.untraced]
        return kinds[0] if len(kinds) == 1 else join_all(kinds)

    def _places(self, node: cst.CSTNode) -> list[tuple[Context, Block]]:
        """The contexts in which NODE was evaluated; those that a forward reaches, if there are any."""
        found = []
        outermost: cst.CSTNode | None = None
        parents, contexts = self.tree.parent, self.analysis.contexts
        around = parents.get(node)
        while around is not None:
            kind = type(around)
            if kind is cst.FunctionDef or kind is cst.Lambda:
                outermost = around if kind is cst.FunctionDef else outermost
                for context in contexts.get(around, ()):
                    if node in context.kinds:
                        found.append((context, context.blocks[node]))
            around = parents.get(around)
        if not found and isinstance(outermost, cst.FunctionDef) and self._unreached.run(outermost):
            return self._places(node)
        if not found and outermost is None:
            self.analysis.run_module()
            module = self.analysis.module_context
            if node in module.kinds and node in module.blocks:
                found.append((module, module.blocks[node]))
        return [place for place in found if place[0].in_forward] or found

    def rounds(self, iterable: cst.CSTNode) -> Kind:
        """What the number of rounds of a loop over this depends on: Constant, FixedSize, Size, BakedSize, Data or Unknown."""
        kinds = []
        for context, block in self._places(iterable):
            if not block.untraced:
                length = length_of(context.kinds[iterable], iterable)
                kinds.append(self._settler.settle(length, context, block))
        return join_all(kinds)

    def open_dimensions(self, node: cst.CSTNode) -> Dims:
        """The dimensions of a tensor that nothing pins."""
        found: Dims = FIXED
        for context, block in self._places(node):
            for option in options(context.kinds[node]):
                if isinstance(option, Tensor) and not block.untraced:
                    whole = Size(shapes.total(option.shape))
                    found |= depends_of(self._settler.settle(whole, context, block))
        return found

    def operator(self, call: cst.Call) -> tuple[str, cst.BaseExpression | None] | None:
        """The operator of PyTorch that CALL calls, and the tensor whose method it is (None for a function).

        ``roll`` and ``torch.roll`` are both ``roll``, ``F.pad`` is ``nn.functional.pad``; None where it calls anything else.
        """
        for option in options(self.kind(call.func)):
            name = option.qualified if isinstance(option, Callable) else None
            if name is None:
                continue
            if name.startswith("Tensor.") and isinstance(call.func, cst.Attribute):
                return name.removeprefix("Tensor."), call.func.value
            if name.startswith("torch."):
                return name.removeprefix("torch."), None
        return None

    def reached(self, node: cst.CSTNode) -> str | None:
        """``forward`` where NODE is in code that some module's forward reaches in this file; else None."""
        for around in (node, *self.tree.ancestors(node)):
            contexts = (
                self.analysis.contexts.get(around, ()) if isinstance(around, (cst.FunctionDef, cst.Lambda)) else ()
            )
            if any(c.in_forward for c in contexts):
                return "forward"
        return None

    def is_traced_code(self, node: cst.CSTNode) -> bool:
        """Whether tracing comes past NODE: reached from forward, and not only ``if self.training``."""
        if node not in self._traced_nodes:
            return False
        contexts = self.analysis.contexts
        for around in self.tree.ancestors(node):
            for context in contexts.get(around, ()):
                if context.in_forward and node in context.kinds and not context.blocks[node].untraced:
                    return True
        return False

    @cached_property
    def _traced_nodes(self) -> set[cst.CSTNode]:
        """What some forward evaluates; each of them is run when the analysis begins, and none later."""
        contexts = [c for several in self.analysis.contexts.values() for c in several if c.in_forward]
        return {node for c in contexts for node, block in c.blocks.items() if not block.untraced}

    def reaches_output(self, node: cst.CSTNode, converted: bool = False) -> bool:
        """Whether NODE's value may flow into what its function returns or the state it leaves (if CONVERTED, in Core ML)."""
        function = self.enclosing_function(node)
        if function is None:
            return True
        flow = self._flows.get((function, converted))
        if flow is None:
            asked = (self._is_taken, self._is_passed_by) if self.reached(function) else ()
            lost = frozenset(Views(self.tree, function, self.kind, self.qualified).unseen) if converted else None
            flow = self._flows[function, converted] = Flow(self.tree, function, lost, *asked)
        return flow.reaches(node)

    def _is_taken(self, test: cst.BaseExpression) -> bool:
        """Whether a condition holds whenever a module is traced."""
        return self.kind(test) == Constant("bool", True)

    def _is_passed_by(self, node: cst.CSTNode) -> bool:
        """Whether tracing is known to come past NODE in no way."""
        places = self._places(node)
        return bool(places) and all(block.untraced for _, block in places)

    def lost_writes(self, function: cst.FunctionDef) -> list[LostWrite]:
        """The in-place writes of a function that what shares memory with the written tensor will not see in Core ML."""
        views = Views(self.tree, function, self.kind, self.qualified)
        return sorted(views.found.values(), key=lambda lost: self.tree.index[lost.write])

    def returns(self, function: cst.FunctionDef) -> list[tuple[cst.Return | None, Kind]]:
        """The return statements that tracing can reach, with their kinds; (None, NoneKind) for falling off the end."""
        found: dict[cst.Return | None, Kind] = {}
        contexts = self.analysis.contexts.get(function, ())
        for context in [c for c in contexts if c.in_forward] or contexts:
            for node, (kind, block) in context.returns.items():
                if not block.untraced:
                    settled = self._settler.settle(kind, context, block)
                    found[node] = join_all([found[node], settled]) if node in found else settled
        end = len(self.tree.index)
        return sorted(found.items(), key=lambda item: end if item[0] is None else self.tree.index[item[0]])

    def parameters(self, function: cst.FunctionDef) -> list[tuple[cst.Param, Kind]]:
        """The parameters after ``self``, with the kinds that they have in forward."""
        every = self.analysis.contexts.get(function, ())
        contexts = [c for c in every if c.in_forward] or every
        params = function.params
        everything = [*params.posonly_params, *params.params, *params.kwonly_params]
        if self.classes.by_node.get(self.enclosing_class(function)) is not None and everything:  # type: ignore[arg-type]
            everything = everything[1:]
        result = []
        for param in everything:
            kinds = [c.params[param.name.value] for c in contexts if param.name.value in c.params]
            result.append((param, join_all(kinds)))
        return result

    @cached_property
    def refusals(self) -> tuple[Refusal, ...]:
        """What ``torch.jit.script`` refuses in this file, in source order, as far as the source tells."""
        from tslint.facts.torchscript.refusals import refusals

        return refusals(self.tree, self.names, self.classes)

    # -- classes and the calling code ---------------------------------------------------------------------------------

    @cached_property
    def module_classes(self) -> list[ModuleClass]:
        """The classes of the file that are ``nn.Module``, in file order; ``attributes`` are read off ``__init__``."""
        classes = sorted(self.classes.own, key=lambda c: self.tree.index[c.node])
        for cls in classes:
            self.analysis.noted(cls)
        return classes

    def module_class(self, node: cst.CSTNode) -> ModuleClass | None:
        """The innermost module class that NODE is or stands in."""
        for around in (node, *self.tree.ancestors(node)):
            if isinstance(around, cst.ClassDef) and around in self.classes.by_node:
                return self.classes.by_node[around]
        return None

    def state_changes(self, cls: ModuleClass) -> list[Attribute]:
        """The attributes that code reached from forward assigns, with the assignments."""
        self.analysis  # noqa: B018  # they are found while it runs
        return self.analysis.stateful.get(cls, [])

    def is_scripted(self, cls: ModuleClass) -> bool:
        """Whether the file scripts an instance of CLS, or of one that builds or is handed it."""
        return cls in self._scripted

    def is_traced(self, cls: ModuleClass) -> bool:
        """Whether the file traces an instance of CLS, or of one that builds or is handed it."""
        return cls in self._traced

    def is_exported(self, cls: ModuleClass) -> bool:
        """Whether the file exports an instance of CLS, or of one that builds or is handed it."""
        return cls in self._exported

    @cached_property
    def _scripted(self) -> set[ModuleClass]:
        return given.scripted(self.classes, self.names, self.calls_to("torch.jit.script"))

    @cached_property
    def _traced(self) -> set[ModuleClass]:
        return given.traced(self.classes, self.calls_to("torch.jit.trace", "torch.jit.trace_module"))

    @cached_property
    def _exported(self) -> set[ModuleClass]:
        return given.traced(self.classes, self.calls_to("torch.export.export"))

    @cached_property
    def _modes(self) -> Modes:
        return Modes(self.tree, self.names, self.classes)

    def mode_of(self, node: cst.BaseExpression) -> str | None:
        """``train`` or ``eval`` of a module expression in the calling code; None where the source cannot tell."""
        return self._modes.mode(node)

    def instance_class(self, node: cst.CSTNode) -> ModuleClass | None:
        """The module class of this file of which an expression in the calling code is an instance."""
        return self.classes.instance_class(node)
