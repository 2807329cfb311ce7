"""What four tools say about the same ten faulty models: tslint, coremltools, torch.export and PyTorch's ONNX exporter.

    python benchmarks/messages.py [--only NAME ...] [--results F] [--write]

The models are the files of ``faulty/``, whose faulty lines end in ``# fault``. Each tool takes each model in a process of its
own, as its documentation says; sizes that differ between ``example_inputs()`` and ``other_inputs()`` are declared as flexible:

- tslint: ``tslint check FILE``;
- coremltools: ``torch.jit.trace``, or ``script`` where the file is ``SCRIPTED``, then ``ct.convert``; the tracer's words count;
- torch.export: ``torch.export.export``;
- ONNX: ``torch.onnx.export``, which needs ``onnx`` and ``onnxscript`` (``pip install -e '.[messages]'``).

What a tool says is the first line of the error that it raises, else of its first warning about the model. Then what it made is
run: the Core ML program by tslint's evaluator, the ONNX one by ONNX's reference evaluator; its answers are held against the
model as it is meant (``meant()``, else ``build_model()``), on both inputs.

RESULTS keeps what came out; what it holds is not asked again. ``--write`` writes MESSAGES.md and README.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import json
import os
import re
import subprocess
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
FAULTY = HERE / "faulty"
PAGE, README = HERE / "MESSAGES.md", ROOT / "README.md"
PACKAGES = ("torch", "coremltools", "onnx", "onnxscript")
TOOLS = {"tslint": "tslint", "coremltools": "coremltools", "export": "torch.export", "onnx": "ONNX exporter"}
FAULT = re.compile(r"  # fault$")
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
NOISE = (
    "deprecated",
    "Torch version",
    "scikit-learn",
    "legacy",
    "BlobWriter",
    "libcoremlpython",
    "`isinstance(treespec",
    "has been renamed to",
)
"""Words of warnings that are about versions and names, and not about what the model computes."""
ASIDE = (ResourceWarning, DeprecationWarning, PendingDeprecationWarning, FutureWarning)
WIDTH = 100
RTOL, ATOL = 1e-3, 1e-4

Program = Callable[..., Sequence[Any]]


# -- one tool and one model, in a process of its own -----------------------------------------------------------------------


def loaded(path: Path) -> ModuleType:
    """The model's file as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def seeded(make: Callable[[], Any]) -> Any:
    import torch

    torch.manual_seed(0)
    return make()


def inputs_of(module: ModuleType) -> list[tuple[Any, ...]]:
    names = [name for name in ("example_inputs", "other_inputs") if hasattr(module, name)]
    return [seeded(getattr(module, name)) for name in names]


def flexible(module: ModuleType) -> list[list[int]]:
    """For each argument the dimensions that are not the same in all inputs."""
    both = inputs_of(module)
    return [
        [d for d, size in enumerate(one.shape) if size != other.shape[d]]
        for one, other in zip(both[0], both[-1], strict=True)
    ]


def coremltools(module: ModuleType) -> Program:
    import coremltools as ct
    import numpy as np
    import torch

    model, inputs = seeded(module.build_model), inputs_of(module)[0]
    script = getattr(module, "SCRIPTED", False)
    program = torch.jit.script(model) if script else torch.jit.trace(model, inputs)
    described = []
    for tensor, dims in zip(inputs, flexible(module), strict=True):
        sizes = [ct.RangeDim(1, 128, default=size) if d in dims else size for d, size in enumerate(tensor.shape)]
        described.append(ct.TensorType(shape=sizes, dtype=np.float32))
    converted = ct.convert(
        program,
        inputs=described,
        convert_to="mlprogram",
        compute_precision=ct.precision.FLOAT32,
        skip_model_load=True,
    )
    from tslint.probe.evaluate import Run, read

    graph = read(converted)
    return lambda *given: Run(graph)(list(given))


def dynamic(module: ModuleType) -> Any:
    from torch.export import Dim

    return tuple(dict.fromkeys(dims, Dim.DYNAMIC) for dims in flexible(module))


def export(module: ModuleType) -> Program:
    import torch

    program = torch.export.export(seeded(module.build_model), inputs_of(module)[0], dynamic_shapes=dynamic(module))
    return lambda *given: flat(program.module()(*given))


def onnx(module: ModuleType) -> Program:
    import torch
    from onnx.reference import ReferenceEvaluator

    model, inputs = seeded(module.build_model), inputs_of(module)[0]
    program = torch.onnx.export(model, inputs, dynamo=True, dynamic_shapes=dynamic(module), verbose=False)
    assert program is not None
    evaluator = ReferenceEvaluator(program.model_proto)
    names = [value.name for value in program.model_proto.graph.input]

    def run(*given: Any) -> list[Any]:
        found = evaluator.run(None, dict(zip(names, (tensor.numpy() for tensor in given), strict=True)))
        return [torch.as_tensor(value) for value in found]

    return run


def flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    return [item for each in value for item in flat(each)] if isinstance(value, (list, tuple)) else [value]


def alike(program: Program, module: ModuleType) -> str:
    """right, wrong (it answers otherwise than what is meant), or the refusal of an input."""
    import torch

    meant = seeded(getattr(module, "meant", module.build_model))
    for given in inputs_of(module):
        with torch.no_grad():
            wanted = flat(seeded(lambda given=given: meant(*given)))
        try:
            with torch.no_grad():
                answered = list(program(*given))
        except Exception as error:
            return f"refuses other inputs: {one_line(str(error))}"
        same = len(answered) == len(wanted) and all(
            one.shape == other.shape and torch.allclose(one.double(), other.double(), rtol=RTOL, atol=ATOL)
            for one, other in zip(answered, wanted, strict=True)
        )
        if not same:
            return "wrong"
    return "right"


def heard(tool: str, path: Path) -> dict[str, Any]:
    """What TOOL says of the model in PATH, which lines of PATH it names, and what comes of what it made."""
    convert: Callable[[ModuleType], Program] = {"coremltools": coremltools, "export": export, "onnx": onnx}[tool]
    module = loaded(path)
    with warnings.catch_warnings(record=True) as issued:
        warnings.simplefilter("always")
        try:
            program = convert(module)
        except Exception as error:
            text = "".join(traceback.format_exception(error))
            return {
                "said": one_line(str(error) or type(error).__name__),
                "lines": lines_in(text, path),
                "came": "fails",
            }
        mine = [w for w in issued if not issubclass(w.category, ASIDE) and not any(n in str(w.message) for n in NOISE)]
        about = [w for w in mine if w.filename == str(path)] or mine
    said = one_line(str(about[0].message)) if about else ""
    named = {w.lineno for w in about if w.filename == str(path)}
    lines = sorted(named.union(*(lines_in(str(w.message), path) for w in about)))
    return {"said": said, "lines": lines, "came": alike(program, module)}


def tslint(path: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "tslint", "check", str(path), "--output-format", "json"]
    command += ["--route", "script,trace"] if "\nSCRIPTED = True\n" in path.read_text(encoding="utf-8") else []
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment(), check=False)
    report = json.loads(run.stdout)
    found = [d for d in report["diagnostics"] if d["basis"] != "refuted" and d["severity"] != "info"]
    lines = sorted({d["line"] for d in found if d["path"] and (ROOT / d["path"]).resolve() == path and d["line"]})
    subject = path.stem.replace("_", "-")  # the rule that the file is about
    meant = sorted(found, key=lambda d: (not subject.startswith(d["rule"]), d["line"] not in faults(path)))
    said = f"{meant[0]['rule']}: {meant[0]['message']}" if found else ""
    return {"said": one_line(said), "lines": lines, "came": "fails" if found else "right", "count": len(found)}


def one_line(text: str) -> str:
    lines = [line.strip() for line in ESCAPES.sub("", text).splitlines()]
    return next((line for line in lines if re.search(r"\w", line)), "")


def lines_in(text: str, path: Path) -> list[int]:
    """Lines of PATH's model that a traceback or a message names: those of this script's own calls of it are none."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {n for c in tree.body if isinstance(c, ast.ClassDef) for n in range(c.lineno, (c.end_lineno or 0) + 1)}
    named = re.findall(rf'(?<!\w){re.escape(path.name)}"?(?:, line |:)(\d+)', text)
    return sorted(inside & set(map(int, named)))


# -- the tables ------------------------------------------------------------------------------------------------------------


def environment() -> dict[str, str]:
    before = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry]
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *before]), "NO_COLOR": "1"}


def asked(tool: str, path: Path) -> dict[str, Any]:
    if tool == "tslint":
        return tslint(path)
    command = [sys.executable, __file__, "--tool", tool, str(path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment(), check=False)
    if run.returncode:
        raise SystemExit(f"{tool} on {path.name}: the process ended with {run.returncode}\n{run.stderr[-2000:]}")
    answer = json.loads(run.stdout.splitlines()[-1])
    assert isinstance(answer, dict)
    return answer


def faults(path: Path) -> set[int]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return {number for number, line in enumerate(lines, 1) if FAULT.search(line)}


def place(answer: dict[str, Any], path: Path) -> str:
    wanted = faults(path)
    named = wanted & set(answer["lines"])
    if len(wanted) > 1 and named:
        return f"{len(named)} of {len(wanted)} lines"
    return "the line" if named else "another line" if answer["lines"] else "no line"


def outcome(answer: dict[str, Any]) -> str:
    came = answer["came"]
    return {"fails": "", "wrong": "wrong numbers", "right": "right numbers"}.get(came, came.partition(":")[0])


def cell(answer: dict[str, Any], path: Path) -> str:
    more = f", and {answer['count'] - 1} more" if answer.get("count", 0) > 1 else ""
    parts = [f"“{shortened(answer['said'])}”{more}, {place(answer, path)}" if answer["said"] else "says nothing"]
    return escaped("; ".join(filter(None, [*parts, outcome(answer)])))


def brief(answer: dict[str, Any], path: Path) -> str:
    """A few words, for README."""
    where = place(answer, path)
    if not answer["said"]:
        words = "says nothing"
    else:
        how = "reports" if "count" in answer else "fails" if answer["came"] == "fails" else "warns"
        words = f"{how}, {where}"
    return escaped("; ".join(filter(None, [words, outcome(answer)])))


def shortened(text: str) -> str:
    text = re.sub(r"\s+", " ", text)
    return text if len(text) <= WIDTH else text[: WIDTH - 1].rsplit(" ", 1)[0] + " …"


def escaped(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def table(
    answers: dict[Path, dict[str, dict[str, Any]]], say: Callable[[dict[str, Any], Path], str], folder: str
) -> str:
    rows = [f"| model | {' | '.join(TOOLS.values())} |", f"|---|{'---|' * len(TOOLS)}"]
    for path, by_tool in answers.items():
        name = path.stem.replace("_", " ")
        rows.append(f"| [{name}]({folder}{path.name}) | {' | '.join(say(by_tool[tool], path) for tool in TOOLS)} |")
    return "\n".join(rows)


def models(only: Sequence[str]) -> Iterator[Path]:
    paths = sorted(FAULTY.glob("*.py"))
    unknown = set(only) - {path.stem for path in paths}
    if unknown:
        raise SystemExit(f"no model is called {min(unknown)}: {', '.join(path.stem for path in paths)}")
    return (path for path in paths if not only or path.stem in only)


def main() -> None:
    parser = argparse.ArgumentParser(description="What four tools say about the same faulty models.")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME")
    parser.add_argument("--results", type=Path, metavar="F", help="a file that keeps what came out")
    parser.add_argument("--write", action="store_true", help=f"write the tables into {PAGE.name} and README")
    parser.add_argument("--tool", nargs=2, metavar=("TOOL", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.tool:
        sink = os.dup(1)
        os.dup2(2, 1)  # what the tools print is not the answer
        answer = heard(options.tool[0], Path(options.tool[1]))
        os.write(sink, f"{json.dumps(answer)}\n".encode())
        return
    answers: dict[Path, dict[str, dict[str, Any]]] = {}
    kept: dict[str, dict[str, Any]] = {}
    if options.results and options.results.exists():
        kept = json.loads(options.results.read_text(encoding="utf-8"))
    for path in models(options.only):
        for tool in TOOLS:
            known = f"{path.stem} {tool}"
            answer = kept.setdefault(known, {}) or asked(tool, path)
            kept[known] = answers.setdefault(path, {})[tool] = answer
            print(f"{path.stem:22} {tool:12} {cell(answer, path)}", flush=True)
            if options.results:
                options.results.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    print(table(answers, cell, "faulty/"), table(answers, brief, "benchmarks/faulty/"), sep="\n\n")
    if options.write:
        import pages

        if options.only:
            raise SystemExit("--write wants all models")
        pages.write(PAGE, "messages", table(answers, cell, "faulty/"), PACKAGES)
        if "<!-- messages -->" in README.read_text(encoding="utf-8"):
            pages.write(README, "messages", table(answers, brief, "benchmarks/faulty/"), PACKAGES)


if __name__ == "__main__":
    main()
