"""What names mean: imports, aliases, and the local bindings that hide them."""

from __future__ import annotations

import builtins
import math
import typing
from bisect import bisect
from dataclasses import dataclass

import libcst as cst

from tslint.facts.tree import Tree

BUILTINS = frozenset(dir(builtins))
STAR_NAMES = {
    "math": frozenset(n for n in dir(math) if not n.startswith("_")),
    "typing": frozenset(typing.__all__),
}
Scope = cst.CSTNode
SCOPES = frozenset([cst.Lambda, cst.GeneratorExp, cst.ListComp, cst.SetComp, cst.DictComp])


@dataclass(frozen=True, eq=False)
class Binding:
    """One place that binds a name. ``imported`` is the qualified name an import gives it; ``value`` what is assigned."""

    node: cst.CSTNode
    imported: str | None = None
    value: cst.BaseExpression | None = None
    fallback: bool = False


class Names:
    """The bindings of a file by scope, and the qualified names that expressions stand for."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.scopes: dict[Scope, dict[str, list[Binding]]] = {}
        self.stars: list[str] = []
        self._scope_of: dict[cst.CSTNode, Scope] = {}
        self._known: dict[cst.CSTNode, str | None] = {}
        self._busy: set[cst.CSTNode] = set()
        self._ordered: dict[int, tuple[list[Binding], list[int]]] = {}
        self._collect()

    # -- scopes -----------------------------------------------------------------------------------------------------

    def scope(self, node: cst.CSTNode) -> Scope:
        """The function, lambda, comprehension, class or module whose names NODE's own binding joins."""
        trail = []
        current = self.tree.parent.get(node)
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
            below, current = current, self.tree.parent.get(current)
        result = found or self.tree.module
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
            self._bind(target.value, Binding(target, value=value, fallback=self._is_fallback(target)))
        elif isinstance(target, (cst.Tuple, cst.List)):
            for element in target.elements:
                self._bind_targets(element.value, None)
        elif isinstance(target, cst.StarredElement):
            self._bind_targets(target.value, None)

    def _is_fallback(self, node: cst.CSTNode) -> bool:
        """Whether NODE stands in an ``except`` or ``else`` branch, as what replaces a failed import does."""
        for around in self.tree.ancestors(node):
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
            self._bind(
                function.name.value, Binding(function, fallback=self._is_fallback(function)), self.scope(function)
            )
        for cls in tree.all(cst.ClassDef):
            self._bind(cls.name.value, Binding(cls, fallback=self._is_fallback(cls)), self.scope(cls))

    def _import_from(self, origin: cst.ImportFrom) -> None:
        module = dotted(origin.module) if origin.module is not None else ""
        module = "." * len(origin.relative) + (module or "")
        if isinstance(origin.names, cst.ImportStar):
            self.stars.append(module)
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
            if first or not isinstance(scope, cst.ClassDef):
                found = self.bindings(scope, node.value)
                if found:
                    return self._latest(found, node)
            if scope is self.tree.module:
                return None
            first = False
            scope = self.scope(scope)

    def _latest(self, found: list[Binding], node: cst.CSTNode) -> Binding:
        """What holds at NODE: an import outlives what replaces it when it fails; else the last before NODE counts."""
        if len(found) == 1:
            return found[0]
        index = self.tree.index
        ordered = self._ordered.get(id(found))
        if ordered is None:
            firm = sorted([b for b in found if not b.fallback] or found, key=lambda b: index[b.node])
            ordered = self._ordered[id(found)] = (firm, [index[b.node] for b in firm])
        bindings, places = ordered
        for place in range(bisect(places, index.get(node, len(index)) - 1) - 1, -1, -1):
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
            return self.unbound(node.value)
        if binding.imported is not None:
            return canonical(binding.imported)
        if isinstance(binding.value, (cst.Name, cst.Attribute)) and not self._is_self(binding.value):
            return self.qualified(binding.value)
        return None

    def _is_self(self, node: cst.CSTNode) -> bool:
        while isinstance(node, cst.Attribute):
            node = node.value
        return isinstance(node, cst.Name) and node.value in ("self", "cls")

    def unbound(self, name: str) -> str | None:
        """The qualified name of NAME where nothing in the file binds it: a builtin, or what a star import brings."""
        for module in self.stars:
            if name in STAR_NAMES.get(module, ()):
                return f"{module}.{name}"
        if name in BUILTINS:
            return f"builtins.{name}"
        for module in self.stars:
            if module in ("torch.nn", "torch.nn.functional", "torch"):
                return canonical(f"{module}.{name}")
        return None


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
