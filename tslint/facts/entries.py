"""What the source says about how to build and run its models: the outline that the child is sent."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from tslint.diagnostic import Place
from tslint.facts.facts import Facts
from tslint.facts.names import Names, dotted
from tslint.facts.tree import walk, words
from tslint.request import CallSite, Outline, SideEffect

ENTRY_CALLS = (
    "torch.jit.trace",
    "torch.jit.trace_module",
    "torch.jit.script",
    "torch.export.export",
    "coremltools.convert",
)
EFFECT_CALLS = words("""
    torch.save numpy.save numpy.savez os.system os.remove os.unlink os.rename os.rmdir shutil.rmtree shutil.move
    shutil.copy shutil.copyfile shutil.copytree pickle.dump json.dump huggingface_hub.upload_file
    huggingface_hub.upload_folder huggingface_hub.create_repo wandb.init requests.post requests.put os.replace
    os.popen os.execv os.kill joblib.dump numpy.savetxt numpy.savez_compressed shutil.copy2 shutil.make_archive
    torch.utils.tensorboard.SummaryWriter tensorboardX.SummaryWriter mlflow.start_run mlflow.log_artifact
    torchvision.utils.save_image cv2.imwrite imageio.imwrite safetensors.torch.save_file safetensors.torch.save_model
    urllib.request.urlretrieve gdown.download wget.download comet_ml.Experiment neptune.init_run clearml.Task.init
""")
EFFECT_METHODS = words("""
    backward push_to_hub save_pretrained write_text write_bytes fit manual_backward to_csv unlink rmtree upload_file
    upload_folder savefig
""")
WRITING = frozenset("wax+")


def outline(facts: Facts) -> Outline:
    """Functions, classes, call sites and what stands in the way of running the file; positions only where it has calls."""
    module = facts.module
    functions = tuple(s.name.value for s in module.body if isinstance(s, cst.FunctionDef))
    classes = tuple(c.name for c in facts.module_classes if facts.parent(c.node) is module)
    roots = tuple(c.name for c in facts.module_classes if not c.is_inner and facts.parent(c.node) is module)
    calls, statements = _reached_calls(facts)
    stop_line = None
    effects: tuple[SideEffect, ...] = ()
    if calls:
        stop_line = facts.span(statements[-1]).end_line
        effects = tuple(_side_effects(facts, statements))
    path = str(facts.source.path)
    sites = tuple(CallSite(name, Place(path, facts.span(call), facts.symbol(call))) for name, call in calls)
    return Outline(path, functions, classes, roots, sites, stop_line, effects)


def top_level(module: cst.Module) -> Iterator[cst.CSTNode]:
    """The statements that running the file executes one after the other; those under the main guard count as such."""
    for statement in module.body:
        if isinstance(statement, cst.If) and is_main_guard(statement):
            yield from statement.body.body
        else:
            yield statement


def is_main_guard(node: cst.If) -> bool:
    """``if __name__ == "__main__":`` in either order."""
    test = node.test
    if not isinstance(test, cst.Comparison) or len(test.comparisons) != 1:
        return False
    sides = (test.left, test.comparisons[0].comparator)
    return any(isinstance(s, cst.Name) and s.value == "__name__" for s in sides)


def _reached_calls(facts: Facts) -> tuple[list[tuple[str, cst.Call]], list[cst.CSTNode]]:
    """The entry calls that running the file reaches, and the top-level statements up to the one that holds the last."""
    found: list[tuple[str, cst.Call]] = []
    statements: list[cst.CSTNode] = []
    last = 0
    for statement in top_level(facts.module):
        statements.append(statement)
        if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
            continue
        here = [
            (name, node)
            for node in executed(facts, statement, set())
            if isinstance(node, cst.Call) and (name := facts.qualified(node.func)) in ENTRY_CALLS and name is not None
        ]
        if here:
            last = len(statements)
            found += [entry for entry in here if entry not in found]
    return found, statements[:last]


def executed(facts: Facts, statement: cst.CSTNode, entered: set[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    """The nodes of a statement and, after each call of a function of the file, those of its body, each function once.

    Methods are functions, too, where the file tells of what class the object is, and building one runs its ``__init__``.
    """
    for node in walk(statement, nested=False):
        if node is not statement and isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            continue
        yield node
        if isinstance(node, cst.Call):
            target = _called(facts, node.func)
            if target is not None and target not in entered:
                entered.add(target)
                yield from executed(facts, target.body, entered)


def _called(facts: Facts, func: cst.BaseExpression) -> cst.FunctionDef | None:
    """The function of the file that a call of FUNC runs."""
    if isinstance(func, cst.Name):
        binding = facts.names.definition(func)
        if binding is not None and isinstance(binding.node, cst.FunctionDef):
            return binding.node
        cls = _class(facts.names, func)
        return _method(facts, cls, "__init__") if cls is not None else None
    if isinstance(func, cst.Attribute):
        cls = _class(facts.names, func.value) or _class_of(facts, func.value)
        return _method(facts, cls, func.attr.value) if cls is not None else None
    return None


def _class(names: Names, node: cst.BaseExpression) -> cst.ClassDef | None:
    """The class of the file that NODE names."""
    binding = names.definition(node) if isinstance(node, cst.Name) else None
    return binding.node if binding is not None and isinstance(binding.node, cst.ClassDef) else None


def _class_of(facts: Facts, node: cst.BaseExpression) -> cst.ClassDef | None:
    """The class of the file of which NODE is an instance: built there, a variable for one, or ``self``."""
    if isinstance(node, cst.Call):
        found = _class(facts.names, node.func)
        if found is not None:
            return found
    if isinstance(node, cst.Name):
        binding = facts.names.definition(node)
        if binding is not None and isinstance(binding.value, cst.Call):
            found = _class(facts.names, binding.value.func)
            if found is not None:
                return found
        function = facts.enclosing_function(node)
        body = facts.parent(function) if function is not None else None
        cls = facts.parent(body) if body is not None else None
        if isinstance(function, cst.FunctionDef) and isinstance(cls, cst.ClassDef) and function.params.params:
            return cls if function.params.params[0].name.value == node.value else None
    module = facts.instance_class(node)
    return module.node if module is not None else None


def _method(facts: Facts, cls: cst.ClassDef, name: str, depth: int = 0) -> cst.FunctionDef | None:
    """The method NAME of a class, its own or one that it inherits from a class of the file."""
    for statement in cls.body.body:
        if isinstance(statement, cst.FunctionDef) and statement.name.value == name:
            return statement
    bases = [base for argument in cls.bases if (base := _class(facts.names, argument.value)) is not None]
    found = (_method(facts, base, name, depth + 1) for base in bases if depth < 8)
    return next((method for method in found if method is not None), None)


def _side_effects(facts: Facts, statements: list[cst.CSTNode]) -> Iterator[SideEffect]:
    """What trains, writes or uploads in STATEMENTS, in the order of being executed."""
    seen: set[int] = set()
    entered: set[cst.CSTNode] = set()
    for statement in statements:
        if isinstance(statement, (cst.FunctionDef, cst.ClassDef)):
            continue
        for node in executed(facts, statement, entered):
            if isinstance(node, cst.Call) and is_side_effect(facts, node):
                line = facts.span(node).line
                if line not in seen:
                    seen.add(line)
                    yield SideEffect(line, facts.source.line(line).strip())


def is_side_effect(facts: Facts, call: cst.Call) -> bool:
    """Whether a call trains, writes a file, starts a process or uploads."""
    func = call.func
    name = facts.qualified(func)
    if name is not None:
        if name in EFFECT_CALLS or name.startswith("subprocess."):
            return True
        return name in ("builtins.open", "io.open") and _opens_for_writing(call, 1)
    if not isinstance(func, cst.Attribute):
        return False
    method = func.attr.value
    if method in EFFECT_METHODS:
        return True
    if method == "step":
        return _is_optimizer(facts, func.value)
    return method == "open" and _opens_for_writing(call, 0)


def _opens_for_writing(call: cst.Call, index: int) -> bool:
    mode = next((a.value for a in call.args if a.keyword is not None and a.keyword.value == "mode"), None)
    if mode is None and index < len(call.args) and call.args[index].keyword is None:
        mode = call.args[index].value
    return isinstance(mode, cst.SimpleString) and bool(WRITING & set(mode.raw_value))


def _is_optimizer(facts: Facts, node: cst.BaseExpression) -> bool:
    """A variable that an optimizer's constructor was assigned to, or that is called one."""
    text = dotted(node) or ""
    if isinstance(node, cst.Name):
        binding = facts.names.definition(node)
        value = binding.value if binding is not None else None
        if isinstance(value, cst.Call):
            name = facts.qualified(value.func) or ""
            if name.startswith("torch.optim."):
                return True
    return "opt" in text.lower()
