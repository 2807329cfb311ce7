"""The mode of a module at a call in the calling code: did ``eval()`` run before it?"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.facts.classes import KEEPS_MODULE, Classes
from tslint.facts.names import Names, dotted
from tslint.facts.tree import Tree, is_statement

KEEPING = KEEPS_MODULE - {"eval", "train"}
LAZY = frozenset(
    ["torch.nn.DataParallel", "torch.compile", "copy.deepcopy", "torch.nn.parallel.DistributedDataParallel"]
)
MAX_DEPTH = 12


class Modes:
    """Reads a function (or the module level) as a straight line; where paths disagree the answer is unknown."""

    def __init__(self, tree: Tree, names: Names, classes: Classes) -> None:
        self.tree = tree
        self.names = names
        self.classes = classes

    def mode(self, node: cst.BaseExpression, depth: int = 0) -> str | None:
        """``train`` where the module is certainly in training mode at NODE, ``eval`` where it is not, None if unknown."""
        if depth > MAX_DEPTH:
            return None
        if isinstance(node, cst.Call):
            return self._call(node, depth)
        if isinstance(node, (cst.Name, cst.Attribute)):
            key = dotted(node)
            return None if key is None else self._variable(node, key, depth)
        if isinstance(node, cst.IfExp):
            first, second = self.mode(node.body, depth + 1), self.mode(node.orelse, depth + 1)
            return first if first == second else None
        if isinstance(node, cst.NamedExpr):
            return self.mode(node.value, depth + 1)
        return None

    def _call(self, call: cst.Call, depth: int) -> str | None:
        func = call.func
        if isinstance(func, cst.Attribute) and self.names.qualified(func) is None:
            name = func.attr.value
            if name == "eval" and not call.args:
                return "eval"
            if name == "train":
                return _train_argument(call)
            if name in KEEPING:
                return self.mode(func.value, depth + 1)
            return None
        qualified = self.names.qualified(func) if isinstance(func, (cst.Name, cst.Attribute)) else None
        if qualified in LAZY and call.args:
            return self.mode(call.args[0].value, depth + 1)
        cls = self.classes.module_class(func)
        if cls is not None:
            return self._constructed(call, cls.node, depth)
        if qualified is not None and qualified.startswith("torch.nn.") and qualified.count(".") == 2:
            return self._constructed(call, None, depth) if qualified.rpartition(".")[2][:1].isupper() else None
        if (
            qualified is not None
            and qualified.startswith("torchvision.models.")
            and qualified.rpartition(".")[2][:1].islower()
        ):
            return "train"
        return self._returned(func, depth)

    def _constructed(self, call: cst.Call, cls: cst.ClassDef | None, depth: int) -> str | None:
        """A new module trains; one that only wraps others in eval mode counts as they do, and one that says eval itself."""
        modes = {self.mode(a.value, depth + 1) for a in call.args if self._is_module(a.value, depth + 1)}
        if cls is not None and self._sets_eval(cls):
            return None
        if modes:
            return modes.pop() if len(modes) == 1 else None
        if any(a.star for a in call.args) or any(self._may_be_module(a.value) for a in call.args):
            return None
        return "train"

    def _sets_eval(self, cls: cst.ClassDef) -> bool:
        """Whether ``__init__`` puts the module, or one it holds, into eval mode."""
        for node in self.tree.inside(cls, cst.Call):
            if isinstance(node.func, cst.Attribute) and node.func.attr.value in ("eval", "train"):
                for around in self.tree.ancestors(node):
                    if isinstance(around, cst.FunctionDef):
                        if around.name.value in ("__init__", "train", "__new__"):
                            return True
                        break
        return False

    def _is_module(self, node: cst.BaseExpression, depth: int) -> bool:
        return depth <= MAX_DEPTH and (
            self.mode(node, depth) is not None or self.classes.instance_class(node) is not None
        )

    def _may_be_module(self, node: cst.BaseExpression) -> bool:
        """An argument of unknown origin: a name from elsewhere that is no literal."""
        if isinstance(node, cst.Name):
            binding = self.names.definition(node)
            if binding is None:
                return False
            value = binding.value
            return isinstance(binding.node, cst.Param) or (
                isinstance(value, cst.Call) and not self._is_plain_call(value)
            )
        return isinstance(node, cst.Call) and not self._is_plain_call(node)

    def _is_plain_call(self, call: cst.Call) -> bool:
        name = self.names.qualified(call.func) if isinstance(call.func, (cst.Name, cst.Attribute)) else None
        return name is not None and name.startswith(
            ("builtins.", "math.", "torch.rand", "torch.zeros", "torch.ones", "argparse.")
        )

    def _returned(self, func: cst.BaseExpression, depth: int) -> str | None:
        """The mode of what a function of the file returns, where all its returns agree."""
        binding = self.names.definition(func) if isinstance(func, cst.Name) else None
        if binding is None or not isinstance(binding.node, cst.FunctionDef):
            return None
        found: set[str | None] = set()
        for statement in self.tree.inside(binding.node.body, cst.Return, nested=False):
            found.add(self.mode(statement.value, depth + 1) if statement.value is not None else None)
        return found.pop() if len(found) == 1 else None

    # -- variables ------------------------------------------------------------------------------------------------------

    def _variable(self, node: cst.BaseExpression, key: str, depth: int) -> str | None:
        """The last thing that happened to a variable before NODE, walking the statements backwards."""
        here: cst.CSTNode | None = self._statement(node)
        passed = False
        while here is not None:
            for statement in self._before(here):
                touched, mode = self._effect(statement, key, depth)
                if touched:
                    return mode
            around = self._statement(self.tree.parent.get(here))
            if isinstance(here, (cst.For, cst.While)):
                passed = True
            if around is None or isinstance(around, (cst.FunctionDef, cst.ClassDef)):
                if isinstance(around, cst.FunctionDef) and self._is_local(around, key):
                    return None
                here = around if around is not None else None
                if here is None:
                    break
                return self._from_module(key, depth)
            if isinstance(around, (cst.For, cst.While)) and self._changes(around, key):
                return None
            here = around
        return None if passed else self._from_module(key, depth) if self._in_function(node) else None

    def _in_function(self, node: cst.CSTNode) -> bool:
        return any(isinstance(a, cst.FunctionDef) for a in self.tree.ancestors(node))

    def _is_local(self, function: cst.FunctionDef, key: str) -> bool:
        return bool(self.names.bindings(function, key.partition(".")[0]))

    def _from_module(self, key: str, depth: int) -> str | None:
        """A function uses a variable of the module: whatever the module level says last."""
        body = list(self.tree.module.body)
        for statement in reversed(body):
            touched, mode = self._effect(statement, key, depth)
            if touched:
                return mode
        return None

    def _statement(self, node: cst.CSTNode | None) -> cst.CSTNode | None:
        """The statement that is NODE or holds it."""
        current = node
        while current is not None and not is_statement(current):
            current = self.tree.parent.get(current)
        return current

    def _before(self, statement: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The statements before this one in its block, nearest first."""
        parent = self.tree.parent.get(statement)
        body = getattr(parent, "body", None)
        if not isinstance(body, (list, tuple)):
            return
        index = next((i for i, s in enumerate(body) if s is statement), 0)
        yield from reversed(body[:index])

    def _effect(self, statement: cst.CSTNode, key: str, depth: int) -> tuple[bool, str | None]:
        """Whether a statement sets the mode of a variable, and to what."""
        if isinstance(statement, cst.SimpleStatementLine):
            for small in reversed(statement.body):
                touched, mode = self._small(small, key, depth)
                if touched:
                    return True, mode
            return False, None
        if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
            return False, None
        if isinstance(statement, cst.With):
            for inner in reversed(statement.body.body):
                touched, mode = self._effect(inner, key, depth)
                if touched:
                    return True, mode
            return False, None
        if isinstance(statement, cst.If) and self._is_main_guard(statement):
            return False, None
        if self._changes(statement, key):
            return True, self._agreed(statement, key, depth)
        return False, None

    def _agreed(self, statement: cst.CSTNode, key: str, depth: int) -> str | None:
        """What all statements in branches that touch the variable set it to; unknown where they differ or one does not."""
        if not isinstance(statement, (cst.If, cst.Try)):
            return None
        results: set[str | None] = set()
        for inner in self.tree.inside(statement, cst.SimpleStatementLine):
            touched, mode = self._effect(inner, key, depth)
            if touched:
                results.add(mode)
        return (
            results.pop()
            if len(results) == 1 and isinstance(statement, cst.Try)
            else ("eval" if results == {"eval"} else None)
        )

    def _is_main_guard(self, node: cst.If) -> bool:
        test = node.test
        return isinstance(test, cst.Comparison) and isinstance(test.left, cst.Name) and test.left.value == "__name__"

    def _changes(self, statement: cst.CSTNode, key: str) -> bool:
        return any(
            self._small(small, key, MAX_DEPTH)[0]
            for line in self.tree.inside(statement, cst.SimpleStatementLine)
            for small in line.body
        )

    def _small(self, small: cst.CSTNode, key: str, depth: int) -> tuple[bool, str | None]:
        if isinstance(small, cst.Assign):
            for target in small.targets:
                if isinstance(target.target, (cst.Tuple, cst.List)):
                    if any(dotted(e.value) == key for e in target.target.elements):
                        return True, None
                elif dotted(target.target) == key:
                    return True, self.mode(small.value, depth + 1)
            return self._in_expression(small.value, key)
        if isinstance(small, cst.AnnAssign) and dotted(small.target) == key:
            return True, self.mode(small.value, depth + 1) if small.value is not None else None
        if isinstance(small, cst.Expr):
            return self._in_expression(small.value, key)
        return False, None

    def _in_expression(self, node: cst.BaseExpression, key: str) -> tuple[bool, str | None]:
        """``model.eval()`` anywhere in an expression; handed to a function of another file, anything may happen."""
        current = node
        while isinstance(current, cst.Call) and isinstance(current.func, cst.Attribute):
            name = current.func.attr.value
            if self._root_is(current.func.value, key):
                if name == "eval":
                    return True, "eval"
                if name == "train":
                    return True, _train_argument(current)
            current = current.func.value
        if isinstance(node, cst.Call):
            for arg in node.args:
                if dotted(arg.value) == key and self._may_change_mode(node):
                    return True, None
        return False, None

    def _root_is(self, node: cst.BaseExpression, key: str) -> bool:
        """Whether NODE is the variable, or the variable after calls that hand it on (``model.cpu()``)."""
        while (
            isinstance(node, cst.Call) and isinstance(node.func, cst.Attribute) and node.func.attr.value in KEEPS_MODULE
        ):
            node = node.func.value
        return dotted(node) == key

    def _may_change_mode(self, call: cst.Call) -> bool:
        """A function of the file that is handed the module: does it call eval or train on anything?"""
        binding = self.names.definition(call.func) if isinstance(call.func, cst.Name) else None
        if binding is not None and isinstance(binding.node, cst.FunctionDef):
            inner = self.tree.inside(binding.node, cst.Call)
            return any(isinstance(c.func, cst.Attribute) and c.func.attr.value in ("eval", "train") for c in inner)
        if self.classes.class_of(call.func) is not None:
            return False
        qualified = self.names.qualified(call.func) if isinstance(call.func, (cst.Name, cst.Attribute)) else None
        return qualified is None or not qualified.startswith(("torch.", "builtins.", "coremltools."))


def _train_argument(call: cst.Call) -> str | None:
    """``train()``, ``train(True)``, ``train(False)``, ``train(mode=flag)``."""
    if not call.args:
        return "train"
    value = call.args[0].value
    if isinstance(value, cst.Name) and value.value in ("True", "False"):
        return "train" if value.value == "True" else "eval"
    return None
