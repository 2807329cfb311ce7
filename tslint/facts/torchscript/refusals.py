"""Everything of a file that ``torch.jit.script`` refuses, found on the instances that its constructors build."""

from __future__ import annotations

import libcst as cst

from tslint.facts.building.machine import Machine
from tslint.facts.building.values import Built
from tslint.facts.classes import Classes
from tslint.facts.names import Names
from tslint.facts.torchscript.annotations import Annotations
from tslint.facts.torchscript.compiler import Compiled, Compiler, Refusal
from tslint.facts.torchscript.syntax import RefusedSyntax
from tslint.facts.tree import Tree

MOST_INSTANCES = 4
"""Of one class, differently built: what one of them is refused for is refused for the class."""


def refusals(tree: Tree, names: Names, classes: Classes) -> tuple[Refusal, ...]:
    """What TorchScript refuses, each once, in source order.

    Every class is built with its required arguments unknown and the others by default, and its parts as it builds them;
    the instances are compiled one by one, and then the functions that the file scripts by themselves.
    """
    machine = Machine(tree, names, classes)
    annotations = Annotations(names, classes)
    syntax = RefusedSyntax(tree)
    shared: dict[cst.FunctionDef, Compiled] = {}
    found: dict[tuple[cst.CSTNode, str], Refusal] = {}
    for cls in classes.own:
        machine.default(cls)
    instances: list[Built] = [built for several in machine.built.values() for built in several[:MOST_INSTANCES]]
    compiler = Compiler(machine, annotations, shared, syntax)
    for built in instances:
        compiler.module(built)
    for function in _scripted_functions(tree, names):
        compiler.function(function)
    _add(found, compiler, tree)
    return tuple(sorted(found.values(), key=lambda refusal: tree.index[refusal.node]))


def _add(found: dict[tuple[cst.CSTNode, str], Refusal], compiler: Compiler, tree: Tree) -> None:
    for refusal in compiler.refusals:
        if tree.own(refusal.node):
            found.setdefault((refusal.node, refusal.code), refusal)


def _scripted_functions(tree: Tree, names: Names) -> list[cst.FunctionDef]:
    """The free functions that the file hands to ``torch.jit.script``, as a decorator or in a call."""
    found = []
    for function in tree.all(cst.FunctionDef):
        if any(names.qualified(d.decorator) == "torch.jit.script" for d in function.decorators):
            found.append(function)
    for call in tree.all(cst.Call):
        if call.args and names.qualified(call.func) == "torch.jit.script":
            binding = names.definition(call.args[0].value) if type(call.args[0].value) is cst.Name else None
            if binding is not None and type(binding.node) is cst.FunctionDef:
                found.append(binding.node)
    return found
