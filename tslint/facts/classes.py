"""The classes of a file: which are modules, what they inherit from one another, and which build which."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import libcst as cst

from tslint.facts.kinds import Kind
from tslint.facts.names import Names, dotted
from tslint.facts.tree import Tree, is_statement, walk
from tslint.frozen import frozen

MAX_BASES = 20
"""Classes derived from one another deeper than this are not followed."""
NOT_MODULES = frozenset({"Parameter", "ParameterList", "UninitializedParameter", "Buffer"})
LIBRARY_BASES = (
    "LightningModule",
    "PreTrainedModel",
    "ModelMixin",
    "FairseqModel",
    "FairseqEncoder",
    "FairseqDecoder",
    "BaseModule",
)
PLAIN_BASES = frozenset({
    "builtins.object", "torch.autograd.Function", "torch.utils.data.Dataset", "torch.utils.data.IterableDataset",
    "torch.optim.Optimizer", "abc.ABC", "builtins.dict", "builtins.list", "builtins.tuple", "builtins.Exception",
    "typing.NamedTuple", "enum.Enum", "typing.Protocol", "typing.Generic",
})  # fmt: skip


@frozen
class Attribute:
    """An attribute that a class sets: ``node`` is the assignment or registering call, ``value`` the expression assigned.

    ``kind`` is its kind; ``registered``: a module, parameter or buffer that ``nn.Module`` knows of; ``method`` the name
    of the method that sets it.
    """

    name: str
    node: cst.CSTNode
    value: cst.BaseExpression | None
    kind: Kind
    registered: bool
    method: str = "__init__"


@dataclass(eq=False)
class ModuleClass:
    """A class of the file that is an ``nn.Module``, directly or through its bases.

    ``bases`` are the names of its bases as written, ``parents`` those of them that stand in this file; ``forward`` is its
    own, else an inherited one of the file. ``is_inner``: another class of the file builds it or is handed it. ``builds``
    are the names of the file's module classes that it builds. ``attributes`` are those that ``__init__`` (its own and the
    inherited ones) and what that calls set.
    """

    name: str
    node: cst.ClassDef
    bases: tuple[str, ...]
    parents: tuple[ModuleClass, ...] = ()
    methods: dict[str, cst.FunctionDef] = field(default_factory=dict)
    constants: dict[str, cst.BaseExpression] = field(default_factory=dict)
    annotations: dict[str, cst.Annotation] = field(default_factory=dict)
    is_inner: bool = False
    builds: tuple[str, ...] = ()
    attributes: dict[str, Attribute] = field(default_factory=dict)
    layer: str | None = None
    """The library's module that it is derived from, other than ``nn.Module`` itself."""
    inherits_library: bool = False
    """Has a base outside this file other than ``nn.Module`` itself: not all of its methods are known."""

    @property
    def forward(self) -> cst.FunctionDef | None:
        return self.method("forward")

    @property
    def lineage(self) -> tuple[ModuleClass, ...]:
        """The class, then its bases in this file, nearest first."""
        return (self, *self._ancestors)

    @cached_property
    def _ancestors(self) -> tuple[ModuleClass, ...]:
        found: list[ModuleClass] = []
        todo = list(self.parents)
        while todo:
            current = todo.pop(0)
            if current not in found:
                found.append(current)
                todo += current.parents
        return tuple(found)

    def method(self, name: str) -> cst.FunctionDef | None:
        """The method called NAME, its own or inherited within the file."""
        for cls in self.lineage:
            if name in cls.methods:
                return cls.methods[name]
        return None

    def constant(self, name: str) -> cst.BaseExpression | None:
        """What the class body (or a base's) assigns to NAME."""
        for cls in self.lineage:
            if name in cls.constants:
                return cls.constants[name]
        return None


class Classes:
    """The classes of a file. ``by_node`` holds the module classes: the file's own and those of other files that it uses."""

    def __init__(self, tree: Tree, names: Names) -> None:
        self.tree = tree
        self.names = names
        self.by_node: dict[cst.ClassDef, ModuleClass] = {}
        self.plain: list[cst.ClassDef] = []
        self.handed: dict[ModuleClass, list[ModuleClass]] = {}
        self.holders: dict[ModuleClass, list[ModuleClass]] = {}
        self._deciding: set[cst.ClassDef] = set()
        for node in tree.all(cst.ClassDef):
            self.module(node)

    @property
    def own(self) -> list[ModuleClass]:
        """The file's own module classes, in file order."""
        return [cls for node, cls in self.by_node.items() if self.tree.own(node)]

    def module(self, node: cst.ClassDef) -> ModuleClass | None:
        """NODE as a module class; None where it is none."""
        if node in self.by_node:
            return self.by_node[node]
        if node in self._deciding or node in self.plain:
            return None
        self._deciding.add(node)
        parents: list[ModuleClass] = []
        module = library = False
        layer: str | None = None
        for base in node.bases:
            local = self.class_of(base.value) or self.imported_class(base.value)
            if local is not None:
                parent = self.module(local)
                if parent is not None:
                    parents.append(parent)
                    module = True
                    library = library or parent.inherits_library
                    layer = layer or parent.layer
                continue
            name = self.names.qualified(base.value) if isinstance(base.value, (cst.Name, cst.Attribute)) else None
            if is_library_module(name):
                module = True
                library = library or name != "torch.nn.Module"
                layer = layer or (name if name != "torch.nn.Module" else None)
            elif name not in PLAIN_BASES and not (name or "").startswith(
                ("builtins.", "typing.", "collections.", "enum.")
            ):
                library = True
                module = module or self._looks_like_module(node)
        self._deciding.discard(node)
        if not module:
            self.plain.append(node)
            return None
        bases = tuple(dotted(b.value) or "" for b in node.bases)
        cls = ModuleClass(node.name.value, node, bases, tuple(parents), layer=layer, inherits_library=library)
        _read_body(node, cls)
        self.by_node[node] = cls
        return cls

    def _looks_like_module(self, node: cst.ClassDef) -> bool:
        """A class with an unknown base from elsewhere, and a forward that takes ``self``, is taken for a module."""
        for statement in node.body.body:
            if (
                isinstance(statement, cst.FunctionDef)
                and statement.name.value == "forward"
                and not statement.decorators
            ):
                params = (*statement.params.posonly_params, *statement.params.params)
                return bool(params) and params[0].name.value == "self"
        return False

    def class_of(self, node: cst.CSTNode) -> cst.ClassDef | None:
        """The class of this file that an expression names."""
        if not isinstance(node, cst.Name):
            return None
        binding = self.names.definition(node)
        for _ in range(5):
            if binding is None:
                return None
            if isinstance(binding.node, cst.ClassDef):
                return binding.node
            if not isinstance(binding.value, cst.Name):
                return None
            binding = self.names.definition(binding.value)
        return None

    def imported_class(self, node: cst.CSTNode) -> cst.ClassDef | None:
        """The class of another file of the project that an expression names."""
        found = self.names.followed(node)
        return found.node if found is not None and isinstance(found.node, cst.ClassDef) else None

    def is_autograd_function(self, node: cst.ClassDef, depth: int = 0) -> bool:
        """Whether a class of the file is a ``torch.autograd.Function``, directly or through bases in the file."""
        for base in node.bases:
            local = self.class_of(base.value)
            if local is not None:
                if depth < MAX_BASES and self.is_autograd_function(local, depth + 1):
                    return True
            elif isinstance(base.value, (cst.Name, cst.Attribute)):
                name = self.names.qualified(base.value) or ""
                if name.endswith("autograd.Function") or name == "torch.autograd.function.Function":
                    return True
        return False

    def module_class(self, node: cst.CSTNode) -> ModuleClass | None:
        """The module class of this file that an expression names."""
        found = self.class_of(node)
        return None if found is None else self.by_node.get(found)

    def find_inner(self) -> None:
        """Sets ``builds`` and ``is_inner`` of every class."""
        names = self._names_in_classes(self._class_names())
        for cls in self.own:
            built: dict[str, None] = {}
            for name in names.get(cls.node, ()):
                for other in self._meant(name):
                    if other is not cls and self._is_base(name) is None:
                        built[other.name] = None
                        if other not in cls.lineage:
                            other.is_inner = True
                            self.holders.setdefault(other, []).append(cls)
            cls.builds = tuple(built)
        for call in self.tree.all(cst.Call):
            owner = self.module_class(call.func)
            if owner is not None:
                for arg in call.args:
                    handed = self.instance_class(arg.value)
                    if handed is not None:
                        handed.is_inner = True
                        self.handed.setdefault(owner, []).append(handed)
                        self.holders.setdefault(handed, []).append(owner)

    def _class_names(self) -> set[str]:
        """The names that may stand for a class of the file: its own, and those that one, or a dict of them, is assigned to."""
        known = {cls.name for cls in self.own}
        for bindings in self.names.scopes.values():
            for name, found in bindings.items():
                values = [value for binding in found for value in _values(binding.value)]
                if any(type(value) is cst.Name and value.value in known for value in values):
                    known.add(name)
        return known

    def _meant(self, name: cst.Name) -> list[ModuleClass]:
        """The class that a name stands for, or those in the dict that it does: ``KINDS[kind](…)``."""
        binding = self.names.definition(name)
        chosen = binding.value if binding is not None and isinstance(binding.value, cst.Dict) else name
        classes = [self.module_class(value) for value in _values(chosen)]
        return [cls for cls in classes if cls is not None]

    def held_by(self, roots: list[ModuleClass]) -> set[ModuleClass]:
        """ROOTS, and all that they build or are handed, directly or through one another."""
        by_name: dict[str, list[ModuleClass]] = {}
        for cls in self.own:
            by_name.setdefault(cls.name, []).append(cls)
        found: set[ModuleClass] = set()
        todo = list(roots)
        while todo:
            cls = todo.pop()
            if cls in found:
                continue
            found.add(cls)
            for name in (n for base in cls.lineage for n in base.builds):
                todo += by_name[name]
            todo += self.handed.get(cls, [])
        return found

    def _names_in_classes(self, known: set[str]) -> dict[cst.CSTNode, list[cst.Name]]:
        """Where names of KNOWN stand in the bodies of classes, by class, in source order."""
        found: dict[cst.CSTNode, list[cst.Name]] = {}
        for name in self.tree.all(cst.Name):
            if name.value in known:
                below: cst.CSTNode = name
                for around in self.tree.ancestors(name):
                    if type(around) is cst.ClassDef and below is around.body:
                        found.setdefault(around, []).append(name)
                    below = around
        return found

    def _is_base(self, name: cst.Name) -> cst.CSTNode | None:
        """The call or class in which NAME is no construction: a base, ``super(Name, self)``, ``isinstance(x, Name)``."""
        parent = self.tree.parent.get(name)
        if isinstance(parent, cst.Annotation):
            return parent
        if isinstance(parent, cst.Attribute):
            return parent
        if isinstance(parent, cst.Arg):
            around = self.tree.parent.get(parent)
            if isinstance(around, cst.ClassDef):
                return around
            if (
                isinstance(around, cst.Call)
                and isinstance(around.func, cst.Name)
                and around.func.value in ("super", "isinstance")
            ):
                return around
        for outer in self.tree.ancestors(name):
            if isinstance(outer, cst.Annotation):
                return outer
            if is_statement(outer):
                break
        return None

    def instance_class(self, node: cst.CSTNode, depth: int = 0) -> ModuleClass | None:
        """The module class of this file of which an expression is an instance: ``Net()``, ``Net().eval()``, a name for one."""
        if depth > 8:
            return None
        if isinstance(node, cst.Call):
            cls = self.module_class(node.func)
            if cls is not None:
                return cls
            if isinstance(node.func, cst.Attribute) and node.func.attr.value in KEEPS_MODULE:
                return self.instance_class(node.func.value, depth + 1)
            qualified = self.names.qualified(node.func) if isinstance(node.func, (cst.Name, cst.Attribute)) else None
            if qualified in HANDS_ON and node.args:
                return self.instance_class(node.args[0].value, depth + 1)
            return self._returned(node.func, depth)
        if isinstance(node, cst.Name):
            binding = self.names.definition(node)
            if binding is not None and binding.value is not None:
                return self.instance_class(binding.value, depth + 1)
        return None

    def _returned(self, func: cst.CSTNode, depth: int) -> ModuleClass | None:
        """The class whose instance a function of the file returns, where every return agrees."""
        binding = self.names.definition(func) if isinstance(func, cst.Name) else None
        if binding is None or not isinstance(binding.node, cst.FunctionDef):
            return None
        found: set[ModuleClass | None] = set()
        for statement in walk(binding.node.body, nested=False):
            if isinstance(statement, cst.Return) and statement.value is not None:
                found.add(self.instance_class(statement.value, depth + 1))
        return found.pop() if len(found) == 1 else None


KEEPS_MODULE = frozenset({
    "eval", "train", "to", "cuda", "cpu", "half", "float", "double", "bfloat16", "requires_grad_", "type", "apply",
    "share_memory",
})  # fmt: skip
HANDS_ON = frozenset({"torch.nn.DataParallel", "torch.compile", "copy.deepcopy"})


def _read_body(node: cst.ClassDef, cls: ModuleClass) -> None:
    if not isinstance(node.body, cst.IndentedBlock):
        return
    for statement in node.body.body:
        if isinstance(statement, cst.FunctionDef):
            cls.methods[statement.name.value] = statement
        elif isinstance(statement, cst.SimpleStatementLine):
            for small in statement.body:
                if isinstance(small, cst.Assign):
                    for target in small.targets:
                        if isinstance(target.target, cst.Name):
                            cls.constants[target.target.value] = small.value
                elif isinstance(small, cst.AnnAssign) and isinstance(small.target, cst.Name):
                    cls.annotations[small.target.value] = small.annotation
                    if small.value is not None:
                        cls.constants[small.target.value] = small.value


def _values(node: cst.BaseExpression | None) -> list[cst.BaseExpression]:
    """What is assigned: the values of a dict, else the value itself."""
    if isinstance(node, cst.Dict):
        return [element.value for element in node.elements if isinstance(element, cst.DictElement)]
    return [] if node is None else [node]


@lru_cache(maxsize=4096)
def is_library_module(name: str | None) -> bool:
    """Whether a library's class of this qualified name is an ``nn.Module``, as far as its name tells."""
    if name is None:
        return False
    last = name.rpartition(".")[2]
    if name.startswith("torch.nn."):
        return name.count(".") == 2 and last[:1].isupper() and last not in NOT_MODULES
    if last in LIBRARY_BASES:
        return True
    if name.startswith("torchvision.models.") or name.startswith("timm."):
        return last[:1].isupper()
    if name.startswith("transformers."):
        if "OutputWith" in last:  # `ImageClassifierOutputWithNoAttention`
            return False
        return last.endswith(("Model", "Layer", "Attention", "Encoder", "Decoder")) or "For" in last
    return False
