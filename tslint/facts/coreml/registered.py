"""The ops for which a file, or one of the project that it imports, gives coremltools a converter of its own."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.facts.names import Names, dotted
from tslint.facts.project import Project
from tslint.facts.tree import Tree

REGISTER = "register_torch_op"


def canonical(op: str) -> str:
    """An op as coremltools looks it up: without namespace, overload, double underscores and the mark of the in-place one."""
    name = op.rpartition("::")[2].partition(".")[0].lower()
    if name.startswith("__") and name.endswith("__"):
        return name[2:-2]
    return name.removesuffix("_")


def registered_ops(tree: Tree, names: Names) -> frozenset[str]:
    """The ops for which the file registers converters of its own: ``@register_torch_op``, with its ``torch_alias``."""
    found: set[str] = set()
    for function in tree.all(cst.FunctionDef):
        for decorator in function.decorators:
            call = decorator.decorator
            maker = call.func if isinstance(call, cst.Call) else call
            if _is_register(maker, names):
                found.add(canonical(function.name.value))
                found.update(_aliases(call) if isinstance(call, cst.Call) else ())
    return frozenset(found)


def _is_register(maker: cst.BaseExpression, names: Names) -> bool:
    """Whether a decorator is coremltools' own; one that came with a star import has no other name."""
    qualified = names.qualified(maker)
    if qualified is not None:
        return qualified.startswith("coremltools.") and qualified.endswith(f".{REGISTER}")
    return isinstance(maker, cst.Name) and maker.value == REGISTER and names.definition(maker) is None


def _aliases(call: cst.Call) -> Iterator[str]:
    for arg in call.args:
        if (
            arg.keyword is not None
            and arg.keyword.value == "torch_alias"
            and isinstance(arg.value, (cst.List, cst.Tuple))
        ):
            for element in arg.value.elements:
                if isinstance(element.value, cst.SimpleString):
                    yield canonical(str(element.value.evaluated_value))


def registered_by_imports(tree: Tree, project: Project) -> frozenset[str]:
    """The ops that the functions of the project's files register which this file imports, by the decorator's name alone."""
    found: set[str] = set()
    for name in _imported(tree):
        file = project.file(tree.module, name)
        for statement in file.module.body if file is not None else ():
            for decorator in statement.decorators if isinstance(statement, cst.FunctionDef) else ():
                call = decorator.decorator
                maker = dotted(call.func if isinstance(call, cst.Call) else call) or ""
                if maker.rpartition(".")[2] == REGISTER and isinstance(statement, cst.FunctionDef):
                    found.add(canonical(statement.name.value))
                    found.update(_aliases(call) if isinstance(call, cst.Call) else ())
    return frozenset(found)


def _imported(tree: Tree) -> Iterator[str]:
    """The modules that a file may mean by its imports, as it writes them."""
    for statement in tree.all(cst.Import):
        for alias in statement.names:
            yield dotted(alias.name) or ""
    for origin in tree.all(cst.ImportFrom):
        module = "." * len(origin.relative) + (dotted(origin.module) or "")
        yield module
        for alias in origin.names if not isinstance(origin.names, cst.ImportStar) else ():
            yield f"{module}{'' if module.endswith('.') else '.'}{dotted(alias.name)}"
