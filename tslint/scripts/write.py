"""Puts the script of ``tslint plan`` together: the model, what is scripted and traced in it, and its conversion."""

from __future__ import annotations

import ast
import builtins
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tslint import composites, rewrite
from tslint.evidence import PlanMade, PlannedPart
from tslint.request import Written
from tslint.scripts import names
from tslint.scripts.own import CannotWrite, Own

WIDTH = 100

MARK = "Written by `tslint plan"
"""In the docstring of every script: a file that has it may be written anew."""

HOW = {
    "trace": "traced",
    "mixed": "traced but for what only scripting keeps",
    "script": "scripted",
    "export": "exported",
    "archive": "as the archive has it",
}


def write(
    plan: PlanMade, own: Own | None, command: str, path: Path, root: str, flexible: bool = True, warm: bool = False
) -> Written:
    """The script of PLAN for the file PATH, as COMMAND asks for it. OWN is what the file has for it whose own call was recorded.

    ROOT is the directory that is to be on the path for its imports (empty: none needs to). Without FLEXIBLE its
    conversion serves the example's sizes alone. WARM: the model is called once before it is traced. Raises CannotWrite.
    """
    return _Script(plan, own, command, path, root, flexible, warm).written()


class _Script:
    def __init__(
        self, plan: PlanMade, own: Own | None, command: str, path: Path, root: str, flexible: bool, warm: bool
    ) -> None:
        self.plan = plan
        self.own = own
        self.command = command
        self.path = path
        self.root = root
        self.flexible = flexible
        self.warm = warm
        self.model = self._variable(own.model if own is not None else "", "model")
        self.example = self._variable(own.example or "" if own is not None else "", "example")
        self.wrapper = f"{plan.class_name}Outputs" if plan.accesses else ""

    def _variable(self, code: str, usual: str) -> str:
        """The variable that CODE is, or a free one for what it makes."""
        if code.isidentifier():
            return code
        taken = names.binds(ast.parse("\n".join(self.own.before))) if self.own is not None else set()
        return usual if usual not in taken else f"{usual}_to_convert"

    def written(self) -> Written:
        rest = [self._programs(), self._composed(), self._conversion()]
        used = self.example in names.reads(ast.parse("\n".join(rest)))
        body = self._built(used)
        head = self._head("\n".join([*body, *rest]))
        first = "\n".join([head, *body]).rstrip("\n")
        text = f"{first}\n\n" + "\n\n".join(part for part in rest if part).lstrip() + "\n"
        try:
            ast.parse(text)
        except SyntaxError as error:
            raise CannotWrite(f"what was put together is no Python: {error.msg}, line {error.lineno}") from error
        ranges = self.plan.ranges if self.flexible else ()
        example = self.example if used or self._example() == self.example else self._example()
        return Written(str(self.path), text, first.count("\n") + 1, self.model, example, self.wrapper, ranges)

    def _example(self) -> str:
        return self.own.example if self.own is not None and self.own.example is not None else self.plan.example

    # -- the head -----------------------------------------------------------------------------------------------------

    def _head(self, rest: str) -> str:
        read = names.reads(ast.parse(rest))
        usual = {"ct": "import coremltools as ct", "np": "import numpy as np", **composites.IMPORTS}
        imports = {usual[name] for name in usual if name in read} | set(
            self.own.imports if self.own is not None else ()
        )
        if self._path_needed():
            imports |= {"import sys", "from pathlib import Path"}
        standard = [line for line in imports if _top(line) in sys.stdlib_module_names]
        others = [line for line in imports if line not in standard]
        future = [line for line in standard if _top(line) == "__future__"]
        groups = ["\n".join(future), "\n".join(sorted(set(standard) - set(future), key=_order))]
        if self._path_needed():
            groups.append(f"sys.path.insert(0, str({_beside(self.root, self.path)}))")
        groups.append("\n".join(sorted(others, key=_order)))
        taken = self._taken()
        if taken and not self.root and self.plan.source:  # it is installed, as the others are
            imported = [*others, _from(self.plan.source, sorted(taken))]
            groups[-1] = "\n".join(sorted(imported, key=_order))
        elif taken:
            groups.append(_from(self._source(), sorted(taken, key=lambda name: (name.islower(), name))))
        return "\n\n".join([self._docstring(), *filter(None, groups)]) + "\n"

    def _docstring(self) -> str:
        how = HOW[self.plan.route]
        behind = ", behind a wrapper that returns its tensors" if self.wrapper else ""
        command = self.command.removeprefix("tslint plan").replace("\\", "\\\\").replace('"""', '\\"""')
        return f'"""Convert {self.plan.class_name} to Core ML: {how}{behind}.\n\n{MARK}{command}`.\n"""'

    def _source(self) -> str:
        return self.plan.source

    def _taken(self) -> set[str]:
        if self.own is not None:
            return self.own.taken
        if not self.plan.source:
            return set()
        built, example = (names.reads(ast.parse(code)) for code in (self.plan.build, self.plan.example))
        return (built | example - {self.model}) - {"torch", *vars(builtins)}

    def _path_needed(self) -> bool:
        return bool(self.root) and Path(self.root) != self.path.parent

    # -- the model ----------------------------------------------------------------------------------------------------

    def _built(self, example: bool) -> list[str]:
        """The statements up to the model, with its EXAMPLE inputs where the rest needs them."""
        wrapper = self._wrapper()
        statements = self._statements(example)
        if not wrapper:
            return _spaced(statements)
        defined = [index for index, text in enumerate(statements) if _defines(text)]
        at = defined[-1] + 1 if defined else 0
        lines = [*statements[:at], wrapper, *statements[at:]]
        return _spaced(lines)

    def _wrapper(self) -> str:
        if not self.wrapper:
            return ""
        plan = self.plan
        imports = self.own.imports if self.own is not None else []
        base = "nn.Module" if {"import torch.nn as nn", "from torch import nn"} & set(imports) else "torch.nn.Module"
        return rewrite.wrapper_class(self.wrapper, base, plan.parameters, plan.arguments, plan.accesses)

    def _statements(self, example: bool) -> list[str]:
        """What builds the model and its inputs, in eval mode."""
        plan, own = self.plan, self.own
        statements = list(own.before) if own is not None else []
        build = own.model if own is not None else plan.build
        if not build:
            raise CannotWrite("how it is built is not known: name it with `--model`")
        if build != self.model:
            made = build if own is not None else _broken(build)
            statements.append(f"{self.model} = {made}{'' if build.endswith('.eval()') else '.eval()'}")
        elif not any(f"{build}.eval()" in text or _built_in_eval(text, build) for text in statements):
            at = max((i for i, text in enumerate(statements) if build in names.binds(ast.parse(text))), default=-1)
            statements.insert(at + 1, f"{build}.eval()")
        if example and self._example() != self.example:
            statements.append(f"{self.example} = {self._example()}")
        return statements

    # -- the programs -------------------------------------------------------------------------------------------------

    def _programs(self) -> str:
        lines: list[str] = []
        plan = self.plan
        self.program = self.model
        whole = False
        for part in plan.parts:
            lines += self._part(part)
            if part.places == ("",):
                whole = True
                self.program = "scripted"
        if plan.route == "trace" or (plan.route == "mixed" and (not whole or self.wrapper)):
            traced = self._trace()
            if self.warm:
                lines = [*self._first_call(), *lines]
            lines.append(
                f"traced = torch.jit.freeze({traced}, optimize_numerics=False)" if plan.frozen else f"traced = {traced}"
            )
            self.program = "traced"
        elif plan.route == "export":
            table = "{}"
            if plan.decomposed:
                lines.append("decompositions = torch.export.default_decompositions()")
                apart = "".join(f"    torch.ops.{name},\n" for name in plan.decomposed)
                lines.append(f"apart = (\n{apart})")
                table = "{op: decompositions[op] for op in apart}"
            lines.append(f"exported = {self._export()}.run_decompositions({table})")
            self.program = "exported"
        return "\n".join(lines)

    def _outer(self) -> str:
        return f"{self.wrapper}({self.program}).eval()" if self.wrapper else self.program

    def _kind(self) -> str:
        return self.own.inputs if self.own is not None and self.own.example is not None else self.plan.inputs

    def _trace(self) -> str:
        argument = f"example_kwarg_inputs={self.example}" if self._kind() == "keywords" else self.example
        return f"torch.jit.trace({self._outer()}, {argument})"

    def _first_call(self) -> list[str]:
        stars = {"sequence": "*", "keywords": "**"}.get(self._kind(), "")
        return [
            "# What the first call makes, later ones find; torch.jit.trace holds two of them against each other.",
            "with torch.no_grad():",
            f"    {self.model}({stars}{self.example})",
            "",
        ]

    def _export(self) -> str:
        if self.own is not None and self.own.call[0].rstrip("(\n ").endswith("export"):
            head, tail = self.own.call
            return f"{head}{self._outer()}{tail}"
        kind = self._kind()
        given = {
            "tensor": f"({self.example},)",
            "sequence": f"tuple({self.example})",
            "keywords": f"(), {self.example}",
        }[kind]
        dynamic = f", dynamic_shapes={self.plan.dynamic}" if self.plan.dynamic and self.flexible else ""
        return f"torch.export.export({self._outer()}, {given}{dynamic})"

    def _part(self, part: PlannedPart) -> list[str]:
        lines = [
            f"{self.model}{place}.__constants__ = [{', '.join(map(_quoted, own))}]  # coremltools reads no plain attributes"
            for place, own in part.constants
        ]
        source = f"{self.model}{part.places[0]}"
        example = self.example if part.arguments == "example" else part.arguments
        made = f"torch.jit.script({source})" if part.how == "script" else f"torch.jit.trace({source}, {example})"
        if part.places == ("",):
            return [*lines, f"scripted = {made}"]
        targets = " = ".join(f"{self.model}{place}" for place in part.places)
        return [*lines, f"{targets} = {made}"]

    def _composed(self) -> str:
        """What takes the place of the ops that coremltools does not convert; registered once, so it stands below the model."""
        if not self.plan.composites:
            return ""
        return "\n" + "\n\n\n".join(composites.definitions(self.plan.composites)) + "\n"

    # -- the conversion -----------------------------------------------------------------------------------------------

    def _conversion(self) -> str:
        own = self.own
        less = []
        if self.plan.dropped:
            left_out = ", ".join(map(_quoted, self.plan.dropped))
            less = [
                "pipeline = ct.PassPipeline.DEFAULT",
                f"pipeline.remove_passes({{{left_out}}})  # what it computes would be changed",
            ]
        if own is not None and own.conversion is not None:
            head, tail = own.conversion
            if less and "pass_pipeline" in tail:
                left_out = ", ".join(self.plan.dropped)
                raise CannotWrite(f"its own call of `ct.convert` has a `pass_pipeline`: leave {left_out} out of that")
            if less:
                tail = f", pass_pipeline=pipeline{tail}"
            lines = [*less, f"{own.result} = {head}{self.program}{tail}"]
            after = list(own.after)
        else:
            types = self.plan.types if self.flexible else self.plan.fixed
            sizes = [f"{name} = {code}" for name, code in self.plan.sizes] if self.flexible else []
            options = [*self.plan.options, *(["pass_pipeline=pipeline"] if less else [])]
            given = [self.program, f"inputs={_list([*map(_broken, types)])}", *options]
            lines = [*sizes, *less, _call("mlmodel = ct.convert", given)]
            after = []
        result = own.result if own is not None else "mlmodel"
        if not any(f"{result}.save(" in text for text in after):
            after.append(f'{result}.save("{self.plan.class_name}.mlpackage")')
        return "\n".join([*lines, *after])


def _beside(root: str, path: Path) -> str:
    """Code for the directory ROOT, seen from the script at PATH."""
    steps = Path(os.path.relpath(root, path.parent)).parts
    up = next((index for index, step in enumerate(steps) if step != ".."), len(steps))
    code = f"Path(__file__).resolve(){'.parent' * (up + 1)}"
    return f'{code} / "{"/".join(steps[up:])}"' if steps[up:] else code


def _spaced(statements: Sequence[str]) -> list[str]:
    """STATEMENTS with two empty lines around definitions."""
    found: list[str] = []
    for index, text in enumerate(statements):
        text = text.lstrip("\n") if _defines(text) or index == 0 or _defines(statements[index - 1]) else text
        if _defines(text) or (index and _defines(statements[index - 1])):
            text = ("\n\n" if index else "\n") + text  # an empty line is there already below the imports
        found.append(text)
    return found


def _defines(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return bool(lines) and lines[0].startswith(("class ", "def ", "async def ", "@"))


def _broken(code: str) -> str:
    """A call or a list, a part a line where it is long."""
    node = ast.parse(code, mode="eval").body
    if len(code) <= WIDTH or not isinstance(node, (ast.Call, ast.List)):
        return code
    if isinstance(node, ast.List):
        head, parts, tail = "[", [_broken(_text(code, item)) for item in node.elts], "]"
    else:
        parts = [_broken(_text(code, argument)) for argument in node.args]
        parts += [f"{keyword.arg}={_broken(_text(code, keyword.value))}" for keyword in node.keywords]
        head, tail = f"{ast.unparse(node.func)}(", ")"
    return "\n".join([head, *(f"    {_indented(part)}," for part in parts), tail])


def _text(code: str, node: ast.expr) -> str:
    return ast.get_source_segment(code, node) or ast.unparse(node)


def _built_in_eval(text: str, name: str) -> bool:
    return text.lstrip("\n").startswith(f"{name} = ") and text.rstrip().endswith(".eval()")


def _call(function: str, arguments: Sequence[str]) -> str:
    line = f"{function}({', '.join(arguments)})"
    if len(line) <= WIDTH and "\n" not in line:
        return line
    return "\n".join(
        [f"{function}(", *(f"    {text}," for argument in arguments for text in [_indented(argument)]), ")"]
    )


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")


def _list(items: Sequence[str]) -> str:
    line = f"[{', '.join(items)}]"
    if len(line) <= WIDTH - 12 and "\n" not in line:
        return line
    return "\n".join(["[", *(f"    {_indented(item)}," for item in items), "]"])


def _from(module: str, taken: Iterable[str]) -> str:
    found = list(taken)
    line = f"from {module} import {', '.join(found)}"
    return line if len(line) <= WIDTH else "\n".join([f"from {module} import (", *(f"    {n}," for n in found), ")"])


def _quoted(name: str) -> str:
    return f'"{name}"'


def _top(line: str) -> str:
    return line.split()[1].partition(".")[0]


def _order(line: str) -> tuple[bool, str]:
    return line.startswith("from "), line.lower()
