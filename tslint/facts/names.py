"""What names mean: imports, aliases, and the local bindings that hide them."""

from __future__ import annotations

import builtins
import math
import typing
from bisect import bisect
from dataclasses import dataclass

import libcst as cst

from tslint.facts.project import MOST_STEPS, Project
from tslint.facts.tree import Tree

BUILTINS = frozenset(dir(builtins))
STAR_NAMES = {
    "math": frozenset(n for n in dir(math) if not n.startswith("_")),
    "typing": frozenset(typing.__all__),
}
Scope = cst.CSTNode
SCOPES = frozenset([cst.Lambda, cst.GeneratorExp, cst.ListComp, cst.SetComp, cst.DictComp])


BEHIND = 1 << 40
"""The first index of nodes of other files: behind those of any file."""


@dataclass(frozen=True, eq=False)
class Binding:
    """One place that binds a name. ``imported`` is the qualified name an import gives it; ``value`` what is assigned."""

    node: cst.CSTNode
    imported: str | None = None
    value: cst.BaseExpression | None = None


class Names:
    """The bindings of a file by scope, and the qualified names that expressions stand for."""

    def __init__(self, tree: Tree, project: Project | None = None) -> None:
        self.tree = tree
        self.project = project or Project("", tree.module, None)
        self.scopes: dict[Scope, dict[str, list[Binding]]] = {}
        self.stars: dict[cst.Module, list[str]] = {tree.module: []}
        self._scope_of: dict[cst.CSTNode, Scope] = {}
        self._known: dict[cst.CSTNode, str | None] = {}
        self._busy: set[cst.CSTNode] = set()
        self._ordered: dict[int, tuple[list[Binding], list[int]]] = {}
        self._files: dict[cst.Module, Binding] = {}
        self._origins: dict[Binding, Binding | None] = {}
        self._collect()

    # -- scopes -----------------------------------------------------------------------------------------------------

    def scope(self, node: cst.CSTNode) -> Scope:
        """The function, lambda, comprehension, class or module whose names NODE's own binding joins."""
        asked = self._scope_of.get(node)
        if asked is not None:
            return asked
        parent = self.tree.parent
        trail = []
        current = parent.get(node)
        found: Scope | None = None
        below: cst.CSTNode = node
        while current is not None and found is None:
            known = self._scope_of.get(below)
            if known is not None:
                found = known
                break
            trail.append(below)
            kind = type(current)
            if kind is cst.ClassDef or kind is cst.FunctionDef:
                # decorators, defaults and bases belong to the scope around
                if below is current.body or below is getattr(current, "params", None):  # type: ignore[attr-defined]
                    found = current
            elif kind in SCOPES or kind is cst.Module:
                found = current
            below, current = current, parent.get(current)
        result = found or self.tree.module_of(node)
        for item in trail:
            self._scope_of[item] = result
        return result

    def bindings(self, scope: Scope, name: str) -> list[Binding]:
        return self.scopes.get(scope, {}).get(name, [])

    def _bind(self, name: str, binding: Binding, scope: Scope | None = None) -> None:
        where = scope or self.scope(binding.node)
        self.scopes.setdefault(where, {}).setdefault(name, []).append(binding)

    def _bind_targets(self, target: cst.CSTNode, value: cst.BaseExpression | None) -> None:
        if isinstance(target, cst.Name):
            self._bind(target.value, Binding(target, value=value))
        elif isinstance(target, (cst.Tuple, cst.List)):
            for element in target.elements:
                self._bind_targets(element.value, None)
        elif isinstance(target, cst.StarredElement):
            self._bind_targets(target.value, None)

    def _firm(self, found: list[Binding]) -> list[Binding]:
        """Those of FOUND that replace nothing; all of them where each does."""
        return [binding for binding in found if not self._is_fallback(binding)] or found

    def _is_fallback(self, binding: Binding) -> bool:
        """Whether a binding stands in an ``except`` or ``else`` branch, as what replaces a failed import does."""
        if binding.imported is not None or type(binding.node) is cst.Param:
            return False
        for around in self.tree.ancestors(binding.node):
            kind = type(around)
            if kind is cst.ExceptHandler or kind is cst.Else:
                return True
            if kind is cst.FunctionDef or kind is cst.ClassDef:
                return False
        return False

    def _collect(self) -> None:
        tree = self.tree
        for imported in tree.all(cst.Import):
            for alias in imported.names:
                full = dotted(alias.name) or ""
                if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
                    self._bind(alias.asname.name.value, Binding(imported, imported=full))
                else:
                    first = full.partition(".")[0]
                    self._bind(first, Binding(imported, imported=first))
        for origin in tree.all(cst.ImportFrom):
            self._import_from(origin)
        for target in tree.all(cst.AssignTarget):
            parent = tree.parent[target]
            self._bind_targets(target.target, parent.value if isinstance(parent, cst.Assign) else None)
        for annotated in tree.all(cst.AnnAssign):
            self._bind_targets(annotated.target, annotated.value)
        for augmented in tree.all(cst.AugAssign):
            self._bind_targets(augmented.target, None)
        for loop in tree.all(cst.For):
            self._bind_targets(loop.target, None)
        for part in tree.all(cst.CompFor):
            self._bind_targets(part.target, None)
        for named in tree.all(cst.NamedExpr):
            self._bind_targets(named.target, named.value)
        for asname in tree.all(cst.AsName):
            if not isinstance(tree.parent[asname], cst.ImportAlias):
                self._bind_targets(asname.name, None)
        for param in tree.all(cst.Param):
            self._bind(param.name.value, Binding(param))
        for function in tree.all(cst.FunctionDef):
            self._bind(function.name.value, Binding(function), self.scope(function))
        for cls in tree.all(cst.ClassDef):
            self._bind(cls.name.value, Binding(cls), self.scope(cls))

    def _import_from(self, origin: cst.ImportFrom) -> None:
        module = dotted(origin.module) if origin.module is not None else ""
        module = "." * len(origin.relative) + (module or "")
        if isinstance(origin.names, cst.ImportStar):
            self.stars[self.tree.module].append(module)
            return
        for alias in origin.names:
            name = dotted(alias.name) or ""
            bound = (
                alias.asname.name.value
                if alias.asname is not None and isinstance(alias.asname.name, cst.Name)
                else name
            )
            joined = module + name if module.endswith(".") else f"{module}.{name}"
            self._bind(bound, Binding(origin, imported=joined))

    # -- meaning ----------------------------------------------------------------------------------------------------

    def definition(self, node: cst.Name) -> Binding | None:
        """The binding that NODE refers to; None for builtins and names bound nowhere here."""
        scope: Scope = self.scope(node)
        first = True
        while True:
            if first or type(scope) is not cst.ClassDef:
                found = self.scopes[scope].get(node.value) if scope in self.scopes else None
                if found:
                    return found[0] if len(found) == 1 else self._latest(found, node)
            if type(scope) is cst.Module:
                return None
            first = False
            scope = self.scope(scope)

    def _latest(self, found: list[Binding], node: cst.CSTNode) -> Binding:
        """What holds at NODE: an import outlives what replaces it when it fails; else the last before NODE counts."""
        index = self.tree.index
        ordered = self._ordered.get(id(found))
        if ordered is None:
            firm = sorted(self._firm(found), key=lambda b: index[b.node])
            ordered = self._ordered[id(found)] = (firm, [index[b.node] for b in firm])
        bindings, places = ordered
        here = index[node] if node in self.tree.parent else len(index)
        for place in range(bisect(places, here - 1) - 1, -1, -1):
            if not self._holds(bindings[place], node):
                return bindings[place]
        return bindings[-1]

    def _holds(self, binding: Binding, node: cst.CSTNode) -> bool:
        """Whether NODE is part of the value that BINDING assigns (``x = x + 1``)."""
        return binding.value is not None and any(a is binding.value for a in (node, *self.tree.ancestors(node)))

    def qualified(self, node: cst.CSTNode) -> str | None:
        """The full name of the imported (or builtin) thing that a Name or Attribute stands for; None for anything local."""
        if node in self._known:
            return self._known[node]
        if node in self._busy:
            return None
        self._busy.add(node)
        try:
            result = self._qualified(node)
        finally:
            self._busy.discard(node)
        self._known[node] = result
        return result

    def _qualified(self, node: cst.CSTNode) -> str | None:
        if isinstance(node, cst.Attribute):
            base = self.qualified(node.value) if isinstance(node.value, (cst.Name, cst.Attribute)) else None
            return None if base is None else canonical(f"{base}.{node.attr.value}")
        if not isinstance(node, cst.Name):
            return None
        binding = self.definition(node)
        if binding is None:
            return self.unbound(node.value, self.tree.module_of(node))
        if binding.imported is not None:
            return canonical(binding.imported)
        if isinstance(binding.value, (cst.Name, cst.Attribute)) and not self._is_self(binding.value):
            return self.qualified(binding.value)
        return None

    def _is_self(self, node: cst.CSTNode) -> bool:
        while isinstance(node, cst.Attribute):
            node = node.value
        return isinstance(node, cst.Name) and node.value in ("self", "cls")

    def unbound(self, name: str, module: cst.Module) -> str | None:
        """The qualified name of NAME where nothing in its module binds it: a builtin, or what a star import brings."""
        stars = self.stars.get(module, [])
        for star in stars:
            if name in STAR_NAMES.get(star, ()):
                return f"{star}.{name}"
        if name in BUILTINS:
            return f"builtins.{name}"
        for star in stars:
            if star in ("torch.nn", "torch.nn.functional", "torch"):
                return canonical(f"{star}.{name}")
        return None

    # -- other files ------------------------------------------------------------------------------------------------

    def followed(self, node: cst.CSTNode) -> Binding | None:
        """The binding in another file of the project that an imported name, or an attribute of an imported module, comes from.

        A file itself is a binding whose node is its module. None for what is bound in the own file, and for a library's.
        """
        if isinstance(node, cst.Attribute):
            base = self.followed(node.value) if isinstance(node.value, (cst.Name, cst.Attribute)) else None
            if base is None or type(base.node) is not cst.Module:
                return None
            return self._member(base.node, node.attr.value, 0)
        if not isinstance(node, cst.Name):
            return None
        binding = self.definition(node)
        if binding is None:
            return None if node.value in BUILTINS else self._starred(self.tree.module_of(node), node.value, 0)
        if binding.imported is None:
            return None
        if binding not in self._origins:
            self._origins[binding] = self._origin(binding, 0)
        return self._origins[binding]

    def _origin(self, binding: Binding, steps: int) -> Binding | None:
        """Where the thing that an import binds is bound."""
        importer, name = self.tree.module_of(binding.node), binding.imported or ""
        if type(binding.node) is cst.Import:
            return self._file(importer, name)
        dots = name[: len(name) - len(name.lstrip("."))]
        head, _, last = name[len(dots) :].rpartition(".")
        package = self._file(importer, dots + head)
        found = self._member(package.node, last, steps) if package is not None else None
        return found or self._file(importer, name)

    def _member(self, module: cst.CSTNode, name: str, steps: int) -> Binding | None:
        """What NAME is in another file: bound there, or imported from a third one."""
        assert type(module) is cst.Module
        if steps >= MOST_STEPS:
            return None
        bindings = self.bindings(module, name)
        if not bindings:
            return self._starred(module, name, steps + 1)
        binding = self._firm(bindings)[-1]
        return binding if binding.imported is None else self._origin(binding, steps + 1)

    def _starred(self, module: cst.Module, name: str, steps: int) -> Binding | None:
        for star in self.stars.get(module, ()):
            file = self._file(module, star)
            found = self._member(file.node, name, steps) if file is not None else None
            if found is not None:
                return found
        return None

    def _file(self, importer: cst.Module, name: str) -> Binding | None:
        """Another file of the project, taken in when it is first asked for."""
        file = self.project.file(importer, name)
        if file is None:
            return None
        known = self._files.get(file.module)
        if known is None:
            known = self._files[file.module] = Binding(file.module)
            if file.names is None:
                file.names = Names(Tree(file.module, file.text, BEHIND))
            assert isinstance(file.names, Names)
            self.tree.adopt(file.names.tree)
            self.scopes.update(file.names.scopes)
            self.stars.update(file.names.stars)
        return known


def dotted(node: cst.CSTNode | None) -> str | None:
    """``a.b.c`` as text, or None for anything but names and attributes."""
    parts: list[str] = []
    while isinstance(node, cst.Attribute):
        parts.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return None
    parts.append(node.value)
    return ".".join(reversed(parts))


def canonical(name: str) -> str:
    """The usual name of a thing that can be reached under several: ``torch.nn.modules.linear.Linear`` is ``torch.nn.Linear``."""
    if name.startswith("torch.nn.modules."):
        return "torch.nn." + name.rpartition(".")[2]
    if name.startswith("torch.jit._"):
        return "torch.jit." + name.rpartition(".")[2]
    if name.startswith(("coremltools.converters.mil.convert", "coremltools.converters.convert")):
        return "coremltools.convert"
    if name.startswith("torch._C._nn."):
        return "torch.nn.functional." + name.rpartition(".")[2]
    return name
