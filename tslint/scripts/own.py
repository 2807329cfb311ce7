"""What of the user's file a script needs: the statements that build the model and its inputs, and the file's own conversion.

A file that can be imported without converting is imported from, and what stands under its main guard or in its function is
repeated. One that converts as it is imported has its definitions repeated, too, as far as they are needed.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tslint.diagnostic import Place
from tslint.request import CallSite
from tslint.scripts import names
from tslint.scripts.names import segment


class CannotWrite(Exception):
    """No script can be written; the message is a clause that says why."""


class Elsewhere(CannotWrite):
    """The file's own conversion does not stand where its model is built."""


@dataclass
class Own:
    """Code of the user's file. ``imports`` are whole statements, ``taken`` the names to import from the file itself.

    ``before`` are statements that build ``model`` and ``example`` (expressions; the latter None where the file has none,
    ``inputs`` says what it is), ``conversion`` is the text of the file's own `ct.convert` call before and behind its program,
    and ``call`` that of the call that names the model; ``after`` is what the file does with the ``result``.
    """

    model: str
    example: str | None
    inputs: str = "tensor"
    imports: list[str] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    before: list[str] = field(default_factory=list)
    call: tuple[str, str] = ("", "")
    conversion: tuple[str, str] | None = None
    result: str = "mlmodel"
    after: list[str] = field(default_factory=list)


def own_code(source: str, calls: Sequence[CallSite], place: Place, conversion: Place | None) -> Own:
    """What the file SOURCE has for the model that it gives to the call at PLACE. CALLS are all its calls of that kind.

    Raises CannotWrite.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise CannotWrite("its source cannot be read") from None
    return _File(source, tree, calls).own(place, conversion)


class _File:
    def __init__(self, source: str, tree: ast.Module, calls: Sequence[CallSite]) -> None:
        self.source = source
        self.lines = names.lines_of(source)
        self.tree = tree
        found = [
            (call.function, node) for call in calls if (node := _call_at(tree, self.lines, call.place)) is not None
        ]
        self.calls = [node for _, node in found]
        self.programs = [node for function, node in found if function != "coremltools.convert"]
        self.functions = {s.name: s for s in tree.body if isinstance(s, ast.FunctionDef)}
        self.guarded = [s for s in tree.body if isinstance(s, ast.If) and _is_guard(s)]
        self.imported = {
            names.bound(alias): (statement, alias)
            for statement in tree.body
            if isinstance(statement, (ast.Import, ast.ImportFrom))
            for alias in statement.names
        }
        self.renames: dict[str, ast.expr] = {}

    # -- where things stand -------------------------------------------------------------------------------------------

    def own(self, place: Place, conversion: Place | None) -> Own:
        call = _call_at(self.tree, self.lines, place)
        if call is None:
            raise CannotWrite(f"the call on line {place.span.line} was not found in the source")
        before, block, outer = self._around(call)
        block = list(self._flat(block))
        at = next(i for i, statement in enumerate(block) if _holds(statement, call))
        if isinstance(block[at], (ast.For, ast.While)):
            raise CannotWrite(f"line {call.lineno} stands in a loop: name one model with `--model` and `--input`")
        convert = _call_at(self.tree, self.lines, conversion) if conversion is not None else None
        end = next((i for i, s in enumerate(block) if convert is not None and _holds(s, convert)), -1)
        if convert is not None and end < at:
            raise Elsewhere(
                f"`ct.convert`, line {convert.lineno}, is not called where the model is, line {call.lineno}: name the model "
                "with `--model` and `--input`"
            )
        return self._sliced(call, convert, [*before, *block[:at]], block[at:], outer)

    def _around(self, call: ast.Call) -> tuple[list[ast.stmt], list[ast.stmt], bool]:
        """What runs before the block that holds CALL, that block, and whether it is the file's outermost one."""
        for statement in self.tree.body:
            if not _holds(statement, call):
                continue
            if statement in self.guarded and isinstance(statement, ast.If):
                return [], statement.body, False
            if isinstance(statement, ast.FunctionDef):
                return self._parameters(statement), statement.body, False
            if isinstance(statement, (ast.ClassDef, ast.AsyncFunctionDef)):
                break
            return [], self.tree.body, True
        raise CannotWrite(
            f"the model is built for line {call.lineno} inside of a class: name it with `--model` and `--input`"
        )

    def _flat(self, statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
        """STATEMENTS as they run: those within a `with`, `if` or `try` that holds a call stand beside the others."""
        for statement in statements:
            if not isinstance(statement, (ast.With, ast.If, ast.Try)) or statement in self.guarded:
                yield statement
                continue
            branches = [statement.body, getattr(statement, "orelse", []), getattr(statement, "finalbody", [])]
            holding = [branch for branch in branches if any(_holds(s, call) for s in branch for call in self.calls)]
            if not holding:
                yield statement
            for branch in holding:
                yield from self._flat(branch)

    def _parameters(self, function: ast.FunctionDef) -> list[ast.stmt]:
        """Assignments for the parameters of FUNCTION: their defaults, and what the one call of it gives."""
        spec = function.args
        if spec.vararg or spec.kwarg or spec.posonlyargs:
            raise CannotWrite(f"`{function.name}` takes arguments that are not known: name the model with `--model`")
        parameters = [*spec.args, *spec.kwonlyargs]
        given: dict[str, ast.expr] = dict(
            zip([p.arg for p in spec.args][len(spec.args) - len(spec.defaults) :], spec.defaults, strict=True)
        )
        given |= {p.arg: d for p, d in zip(spec.kwonlyargs, spec.kw_defaults, strict=True) if d is not None}
        uses = [
            node
            for statement in self._run()
            for node in ast.walk(statement)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == function.name
        ]
        if len(uses) == 1 and not any(isinstance(argument, ast.Starred) for argument in uses[0].args):
            given |= dict(zip([p.arg for p in spec.args], uses[0].args, strict=False))
            given |= {keyword.arg: keyword.value for keyword in uses[0].keywords if keyword.arg}
        lost = [p.arg for p in parameters if p.arg not in given]
        if lost:
            raise CannotWrite(
                f"`{function.name}` is given `{lost[0]}`, whose value is not known: name the model with `--model`"
            )
        return [
            ast.copy_location(ast.Assign([ast.Name(p.arg, ast.Store())], given[p.arg]), given[p.arg])
            for p in parameters
        ]

    def _run(self) -> Iterator[ast.stmt]:
        """The statements that running the file executes, definitions aside."""
        for statement in self.tree.body:
            if isinstance(statement, ast.If) and statement in self.guarded:
                yield from statement.body
            elif not isinstance(statement, (ast.FunctionDef, ast.ClassDef)):
                yield statement

    def importable(self) -> bool:
        """Whether importing the file reaches none of its calls."""
        calling = {name for name, function in self.functions.items() if any(_holds(function, c) for c in self.calls)}
        while True:
            more = {n for n, f in self.functions.items() if n not in calling and names.reads(f) & calling}
            if not more:
                break
            calling |= more
        at_import = [s for s in self._run() if not any(s in guard.body for guard in self.guarded)]
        return not any(names.reads(s) & calling or any(_holds(s, call) for call in self.calls) for s in at_import)

    # -- what is needed -----------------------------------------------------------------------------------------------

    def _sliced(
        self, call: ast.Call, convert: ast.Call | None, before: list[ast.stmt], behind: list[ast.stmt], outer: bool
    ) -> Own:
        """BEFORE are the statements up to the one with CALL, which BEHIND begins with; OUTER ones are the file's own."""
        top = [statement for statement in self.tree.body if statement not in self.guarded]
        self._rename([*([] if outer else top), *before, *behind])
        model, example, inputs = _given(call)
        found = Own("", None, inputs)
        needed = self._names(model, *([example] if example is not None else []))
        if _exports(call):
            needed |= self._names(*call.args[1:], *(keyword.value for keyword in call.keywords))
        if convert is not None:
            at = next(i for i, statement in enumerate(behind) if _holds(statement, convert))
            target = _target(behind[at], convert)
            found.result = target or found.result
            found.after = [self._text(s) for s in self._after(behind[at + 1 :], target or "", needed)]
            program = _program(convert)
            needed |= self._names(
                *(a for a in [*convert.args, *(k.value for k in convert.keywords)] if a is not program)
            )
            found.conversion = self._around_hole(convert, program)
            before = [*before, *behind[1:at]]
        kept = self._backward(before, needed)
        if not outer:
            needed -= {name for statement in before for name in names.binds(statement)}
            if not self.importable():
                kept = [*self._backward(top, needed), *kept]
        found.before = [self._text(statement) for statement in kept if not _is_import(statement)]
        inner = [s for s in kept if _is_import(s) and s not in top]
        found.before = [*map(self._text, inner), *found.before]
        self._import(found, needed, top, self.importable() and not outer)
        found.model = segment(self.source, model, self.renames)
        found.example = segment(self.source, example, self.renames) if example is not None else None
        found.call = self._around_hole(call, model)
        return found

    def _names(self, *expressions: ast.expr) -> set[str]:
        """What EXPRESSIONS read, programs taken for the models that they are made of."""
        found = {name for expression in expressions for name in names.reads(expression)}
        for name in [name for name in found if name in self.renames]:
            found |= names.reads(self.renames[name])
        return found

    def _rename(self, before: Iterable[ast.stmt]) -> None:
        """A variable that holds a program stands for the model that the program was made of."""
        for statement in before:
            for call in self.programs:
                target = _target(statement, call)
                if target is not None and call.args and _holds(statement, call):
                    self.renames[target] = call.args[0]

    def _backward(self, statements: Sequence[ast.stmt], needed: set[str]) -> list[ast.stmt]:
        """Those of STATEMENTS that give NEEDED names their values; NEEDED grows by what they read themselves."""
        kept: list[ast.stmt] = []
        variables = {name for s in statements if not isinstance(s, _DEFINITIONS) for name in names.binds(s)}
        for statement in reversed(statements):
            if any(_holds(statement, call) for call in self.calls):
                continue
            mine = names.binds(statement) & needed or names.changes(statement) & needed & variables
            if mine or names.prepares(statement):
                kept.insert(0, statement)
                needed |= self._names(*(n for n in ast.walk(statement) if isinstance(n, ast.Name)))
        return kept

    def _after(self, statements: Sequence[ast.stmt], result: str, needed: set[str]) -> list[ast.stmt]:
        """What the file sets of its converted model, and where it saves it, with what these need of the lines between."""
        own = [s for s in statements if result and _concerns(s, result)]
        wanted = {name for statement in own for name in names.reads(statement)} - {result}
        others = [s for s in statements if s not in own and names.binds(s) & wanted and result not in names.reads(s)]
        needed |= wanted | {name for statement in others for name in names.reads(statement)}
        return [s for s in statements if s in own or s in others]

    def _import(self, found: Own, needed: set[str], top: Sequence[ast.stmt], importable: bool) -> None:
        """Fills in the imports that NEEDED names come from, and what is taken from the file itself."""
        relative = False
        known = {n for s in top for n in names.binds(s)} | set(self.imported) | set(vars(builtins))
        if needed - known:  # one of the stars may have it
            needed.add("*")
        for name in sorted(needed & set(self.imported)):
            statement, alias = self.imported[name]
            if isinstance(statement, ast.Import):
                found.imports.append(ast.unparse(ast.Import([alias])))
            elif not statement.level:
                found.imports.append(ast.unparse(ast.ImportFrom(statement.module, [alias], 0)))
            else:
                relative = True
                found.taken.add(name)
        future = [s for s in top if isinstance(s, ast.ImportFrom) and s.module == "__future__"]
        found.imports += [ast.unparse(statement) for statement in future if not importable]
        if importable:
            defined = {n for s in top if not _is_import(s) for n in names.binds(s)}
            found.taken |= defined & needed
        elif relative:
            raise CannotWrite(
                "it imports from its own package and converts as soon as it is imported: put its calls under "
                '`if __name__ == "__main__":`'
            )

    # -- text ---------------------------------------------------------------------------------------------------------

    def _text(self, statement: ast.stmt) -> str:
        """A statement with the comment right above it, dedented; behind an empty line where it has one in the file."""
        lines = [line.rstrip("\r\n") for line in self.lines]
        first = min([statement.lineno, *(d.lineno for d in getattr(statement, "decorator_list", []))])
        head: list[str] = []
        number = first - 1
        if isinstance(statement, ast.Assign) and not hasattr(statement.targets[0], "lineno"):  # a parameter's value
            return f"{ast.unparse(statement.targets[0])} = {segment(self.source, statement.value)}"
        while number > 0 and lines[number - 1].lstrip().startswith("#"):
            head.insert(0, lines[number - 1].strip())
            number -= 1
        head += [f"@{segment(self.source, d)}" for d in getattr(statement, "decorator_list", [])]
        text = segment(self.source, statement, self.renames)
        tail = lines[(statement.end_lineno or first) - 1].encode()[statement.end_col_offset :].decode().strip()
        apart = number > 0 and not lines[number - 1].strip()
        return "\n" * apart + "\n".join([*head, text + (f"  {tail}" if tail.startswith("#") else "")])

    def _around_hole(self, call: ast.Call, argument: ast.expr) -> tuple[str, str]:
        """The text of CALL before and behind ARGUMENT."""
        head, _, tail = segment(self.source, call, self.renames, argument).partition("\0")
        return head, tail


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


def _is_import(statement: ast.stmt) -> bool:
    return isinstance(statement, (ast.Import, ast.ImportFrom))


def _is_guard(statement: ast.If) -> bool:
    return "__name__" in names.reads(statement.test)


def _call_at(tree: ast.AST, lines: Sequence[str], place: Place | None) -> ast.Call | None:
    """The call at PLACE; the widest one that begins on its line where the place knows no columns."""
    if place is None:
        return None
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and n.lineno == place.span.line]
    exact = [n for n in found if names.span(n, lines) == place.span]
    return next(iter(exact or found), None)


def _holds(statement: ast.AST, node: ast.AST) -> bool:
    return any(inner is node for inner in ast.walk(statement))


def _given(call: ast.Call) -> tuple[ast.expr, ast.expr | None, str]:
    """The model and the example inputs of a call that traces, scripts, exports or converts, and what those are."""
    keywords = {keyword.arg: keyword.value for keyword in call.keywords}
    model = (
        call.args[0]
        if call.args
        else next((keywords[k] for k in ("func", "mod", "obj", "model") if k in keywords), None)
    )
    if model is None:
        raise CannotWrite(f"the call on line {call.lineno} does not say which model it is about")
    if isinstance(model, ast.Attribute) and model.attr == "forward":
        model = model.value
    name = ast.unparse(call.func).rpartition(".")[2]
    if name == "export":
        args = call.args[1] if len(call.args) > 1 else keywords.get("args")
        return model, None if len(call.args) > 2 or "kwargs" in keywords else args, "sequence"
    if name != "trace":
        return model, None, "tensor"
    if "example_kwarg_inputs" in keywords:
        return model, keywords["example_kwarg_inputs"], "keywords"
    given = call.args[1] if len(call.args) > 1 else keywords.get("example_inputs")
    return model, given, "sequence" if isinstance(given, (ast.Tuple, ast.List)) else "tensor"


def _exports(call: ast.Call) -> bool:
    return ast.unparse(call.func).rpartition(".")[2] == "export"


def _program(call: ast.Call) -> ast.expr:
    """What `ct.convert` is given to convert."""
    given = call.args[0] if call.args else next((k.value for k in call.keywords if k.arg == "model"), None)
    if given is None:
        raise CannotWrite(f"`ct.convert`, line {call.lineno}, is given no model")
    return given


def _target(statement: ast.stmt, call: ast.Call) -> str | None:
    """The variable that STATEMENT assigns the very result of CALL."""
    if isinstance(statement, ast.Assign) and len(statement.targets) == 1 and isinstance(statement.targets[0], ast.Name):
        value: ast.expr = statement.value
        while isinstance(value, ast.Call) and value is not call and isinstance(value.func, ast.Attribute):
            value = value.func.value  # `.eval()` behind it
        return statement.targets[0].id if value is call else None
    return None


def _concerns(statement: ast.stmt, result: str) -> bool:
    """Whether STATEMENT sets something of RESULT, or saves it."""
    if isinstance(statement, ast.Assign):
        return any(not isinstance(t, ast.Name) and names.root_of(t) == result for t in statement.targets)
    call = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and names.root_of(call.func) == result
