"""Functions that no forward reaches: the calling code, analysed once somebody asks, its callers first."""

from __future__ import annotations

from functools import cached_property

import libcst as cst

from tslint.facts.classes import Classes
from tslint.facts.infer import Analysis
from tslint.facts.names import Names
from tslint.facts.tree import Tree


class Unreached:
    """Runs such functions on demand. Who asks first does not matter: a function is seen as its callers call it."""

    def __init__(self, tree: Tree, names: Names, classes: Classes, analysis: Analysis) -> None:
        self.tree = tree
        self.names = names
        self.classes = classes
        self.analysis = analysis
        self._tried: set[cst.CSTNode] = set()

    def run(self, function: cst.FunctionDef) -> bool:
        """Analyses FUNCTION, if that was not done yet: as its callers in the file call it, else on what its annotations
        and defaults say alone. Whether there was anything to do."""
        if function in self._tried:
            return False
        self._tried.add(function)
        for call in self._calls.get(function, ()):
            caller = self._function_around(call)
            if caller is None:
                self.analysis.run_module()
            elif caller not in self.analysis.contexts:
                self.run(caller)
        if function in self.analysis.contexts:
            return True
        parent = next((a for a in self.tree.ancestors(function) if isinstance(a, cst.ClassDef)), None)
        cls = self.classes.by_node.get(parent) if parent is not None else None
        if cls is not None and function.name.value == "__init__":
            self.analysis.noted(cls)
        else:
            self.analysis.run_root(function, cls, in_forward=False)
        return True

    @cached_property
    def _calls(self) -> dict[cst.CSTNode, list[cst.Call]]:
        """The calls of the file's functions by their names."""
        found: dict[cst.CSTNode, list[cst.Call]] = {}
        for call in self.tree.all(cst.Call):
            binding = self.names.definition(call.func) if isinstance(call.func, cst.Name) else None
            if binding is not None and isinstance(binding.node, cst.FunctionDef):
                found.setdefault(binding.node, []).append(call)
        return found

    def _function_around(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """The outermost function that holds NODE: the one that is analysed."""
        around = [a for a in self.tree.ancestors(node) if isinstance(a, cst.FunctionDef)]
        return around[-1] if around else None
