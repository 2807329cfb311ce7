"""``tslint.check(model, example_inputs)``: a model that lives in this process is checked in another one, and stays as it was."""

from __future__ import annotations

import importlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
from commandline import ROOT, environment, line_of

import tslint

torch = pytest.importorskip("torch")
numpy = pytest.importorskip("numpy")

pytestmark = pytest.mark.torch

SCHEMA = json.loads((ROOT / "tests" / "report" / "schema.json").read_text(encoding="utf-8"))

HEAD = """
import math
import os
import signal
import time

import torch
from torch import nn

"""

NETS = """
class Stranger(nn.Module):
    def forward(self, x):
        return x / math.sqrt(x.size(2))  # nobody holds it


class Norm(nn.Module):
    def forward(self, x):
        return x / math.sqrt(x.size(2))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3, padding=1)
        self.bn = nn.BatchNorm2d(4)
        self.drop = nn.Dropout()
        self.norm = Norm()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x):
        self.calls += 1
        return self.norm(self.drop(self.bn(self.conv(x))))
"""

Load = Callable[[str], ModuleType]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Imports a text as the module ``nets``, from a folder that is the working directory and has no configuration above it."""
    (tmp_path / "tslint.toml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def imported(text: str) -> ModuleType:
        (tmp_path / "nets.py").write_text(HEAD + textwrap.dedent(text), encoding="utf-8")
        importlib.invalidate_caches()
        sys.modules.pop("nets", None)
        return importlib.import_module("nets")

    yield imported
    sys.modules.pop("nets", None)


@pytest.fixture
def image() -> Any:
    return torch.rand(1, 3, 8, 8)


def quick(model: Any, inputs: Any, **options: Any) -> tslint.Report:
    return tslint.check(model, inputs, convert=False, **options)


def rules(report: tslint.Report, basis: str = "observed") -> dict[str, Any]:
    return {d.rule: d for d in report.diagnostics if d.basis.value == basis and d.severity.value != "info"}


def ended(report: tslint.Report) -> dict[str, str]:
    return {step.name: step.status for run in report.runs for step in run.steps}


def state_of(model: Any) -> dict[str, Any]:
    """Everything of a model and of this process that a check could disturb, as comparable values."""
    return {
        "modes": [child.training for child in model.modules()],
        "tensors": {name: tensor.tolist() for name, tensor in model.state_dict().items()},
        "gradients": {n: None if p.grad is None else p.grad.tolist() for n, p in model.named_parameters()},
        "versions": [tensor._version for tensor in [*model.parameters(), *model.buffers()]],
        "attributes": [sorted(vars(child)) for child in model.modules()],
        "hooks": [(len(child._forward_hooks), len(child._forward_pre_hooks)) for child in model.modules()],
        "torch": torch.get_rng_state().tolist(),
        "python": random.getstate(),
        "numpy": [str(part) for part in numpy.random.get_state()],
        "autograd": (torch.is_grad_enabled(), torch.is_inference_mode_enabled(), torch.is_anomaly_enabled()),
        "threads": (torch.get_num_threads(), threading.active_count()),
        "process": (Path.cwd(), sys.stdout, sys.stderr, tuple(sys.argv), os.environ.get("TMPDIR")),
        "signals": [signal.getsignal(number) for number in (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM)],
    }


def test_a_model_is_checked_after_threads_and_backward_ran_and_stays_as_it_was(load: Load, image: Any) -> None:
    model = load(NETS).Net().train()
    threads = torch.get_num_threads()
    torch.set_num_threads(4)
    try:
        large = torch.rand(1200, 1200)
        assert (large @ large).sum() > 0
        model(image).sum().backward()
        before = state_of(model)
        report = quick(model, image)
        assert state_of(model) == before
        assert model.training
        model(image).sum().backward()  # autograd goes on
    finally:
        torch.set_num_threads(threads)
    assert ended(report) == dict.fromkeys(("entry", "eager", "trace", "compare", "script"), "ok")
    assert {"missing-eval", "math-on-size"} <= set(rules(report))


def test_source_and_run_are_joined_for_the_classes_that_the_model_holds(load: Load, tmp_path: Path, image: Any) -> None:
    nets = load(NETS)
    report = quick(nets.Net().eval(), image)
    lines = [d.span.line for d in report.diagnostics if d.rule == "math-on-size" and d.span]
    (line,) = lines
    assert (tmp_path / "nets.py").read_text(encoding="utf-8").splitlines()[line - 3].startswith("class Norm")
    found = rules(report)["math-on-size"]
    assert (found.path, found.symbol) == (str(tmp_path / "nets.py"), "Norm.forward")
    assert found.fix is not None  # which the source alone knows
    assert "missing-eval" not in rules(report)


def test_a_function_of_the_file_counts_where_the_run_went_through_it(load: Load, image: Any) -> None:
    nets = load("""
        def used(x):
            return x / math.sqrt(x.size(2))

        def unused(x):
            return x / math.sqrt(x.size(3))

        class Net(nn.Module):
            def forward(self, x):
                return used(x)
    """)
    found = [d for d in quick(nets.Net().eval(), image).diagnostics if d.rule == "math-on-size"]
    assert [(d.symbol, d.basis.value, d.fix is not None) for d in found] == [("used", "observed", True)]


def test_a_comment_in_the_file_silences(load: Load, image: Any) -> None:
    nets = load("""
        class Net(nn.Module):
            def forward(self, x):
                return x / math.sqrt(x.size(2))  # tslint: ignore[math-on-size] the app's images have one size
    """)
    report = quick(nets.Net().eval(), image)
    assert (report.diagnostics, report.summary.suppressed) == ((), 1)
    report.raise_if_failed()


def test_training_mode_is_reported_where_the_model_was_handed_over(tmp_path: Path) -> None:
    text = """
        import torch, tslint

        model = torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.Dropout())
        print(tslint.check(model, torch.rand(2, 3), convert=False)._repr_html_() and "shown")
        tslint.check(model, torch.rand(2, 3), convert=False).raise_if_failed()
    """
    ran = run_script(tmp_path, text)
    assert ran.stdout == "shown\n"
    last = ran.stderr.splitlines()[-1]
    assert re.fullmatch(
        r".*CheckFailed: script\.py:6:1: error\[missing-eval\] `model` is checked in training mode", last
    )


def test_select_and_ignore(load: Load, image: Any) -> None:
    model = load(NETS).Net()
    assert set(rules(quick(model, image, select=["mode"]))) == {"missing-eval"}
    assert "missing-eval" not in rules(quick(model, image, ignore="missing-eval"))


def test_the_configuration_of_the_project_holds(load: Load, tmp_path: Path, image: Any) -> None:
    (tmp_path / "tslint.toml").write_text('ignore = ["math-on-size"]\nstatic = true\n', encoding="utf-8")
    report = quick(load(NETS).Net().eval(), image)
    assert "math-on-size" not in rules(report)
    assert report.runs


@pytest.mark.parametrize(
    ("inputs", "others"),
    [
        ({"x": torch.rand(2, 3), "y": torch.rand(2, 3)}, [{"x": torch.rand(5, 3), "y": torch.rand(5, 3)}]),
        ((torch.rand(2, 3), torch.rand(2, 3)), [(torch.rand(5, 3), torch.rand(5, 3))]),
        (((torch.rand(2, 3),), {"y": torch.rand(2, 3)}), ()),
    ],
    ids=["named", "positional", "both"],
)
def test_inputs_are_given_as_the_model_takes_them(load: Load, inputs: Any, others: Any) -> None:
    nets = load("""
        class Net(nn.Module):
            def forward(self, x, y):
                return x + 2 * y
    """)
    report = quick(nets.Net().eval(), inputs, other_inputs=others)
    report.raise_if_failed()
    (run,) = report.runs
    assert [item.shape for item in run.example] == [(2, 3), (2, 3)]
    assert ("other_inputs[0]" in {item.name for item in run.inputs}) == bool(others)


def test_further_inputs_show_what_the_example_hides(load: Load) -> None:
    nets = load("""
        class Net(nn.Module):
            def forward(self, x):
                if x.sum() > 1e6:
                    return x * 2
                return x
    """)
    model, example = nets.Net().eval(), torch.rand(2, 3)
    found = rules(quick(model, example, other_inputs=[torch.full((2, 3), 1e7)]))
    assert found["data-dependent-branch"].claim.value == "trace-differs"


def test_what_is_no_model_and_no_input_is_refused_at_once(load: Load, image: Any) -> None:
    nets = load(NETS)
    with pytest.raises(TypeError, match=r"^`model` must be an `nn.Module`, not the class `Net`$"):
        tslint.check(nets.Net, image)
    with pytest.raises(TypeError, match=r"^`model` must be an `nn.Module`, not a function$"):
        tslint.check(lambda x: x, image)
    with pytest.raises(
        TypeError, match=r"^`example_inputs` does not fit `Net.forward`: too many positional arguments$"
    ):
        tslint.check(nets.Net(), (image, image))
    with pytest.raises(
        TypeError, match=r"^`other_inputs\[0\]` does not fit `Net.forward`: missing a required argument"
    ):
        tslint.check(nets.Net(), image, other_inputs=[{"y": image}])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"routes": ["tracing"]},
            "`routes` must be trace, script, mixed, export or all, not `tracing`; did you mean `trace`?",
        ),
        ({"timeout": 0}, "`timeout` must be a number of seconds above 0, not 0"),
        ({"memory": "much"}, "`memory` must be a size such as `4GiB`, not `much`"),
        ({"select": ["math"]}, "`select`: no rule or group is called `math`"),
        ({"target": "iPhone"}, "`target` must be like `iOS17` or `macOS14`, not `iPhone`"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_an_option_that_cannot_be_used_is_named(options: dict[str, Any], message: str, load: Load, image: Any) -> None:
    model = load(NETS).Net()
    with pytest.raises(tslint.SettingsError, match=f"^{re.escape(message)}"):
        tslint.check(model, image, **options)


# -- accidents ---------------------------------------------------------------------------------------------------------


def test_a_forward_that_raises(load: Load, tmp_path: Path, image: Any) -> None:
    nets = load("""
        class Net(nn.Module):
            def forward(self, x):
                raise ValueError("no images today")
    """)
    report = quick(nets.Net().eval(), image)
    line = line_of(tmp_path / "nets.py", "raise ValueError")
    with pytest.raises(tslint.CheckFailed) as caught:
        report.raise_if_failed()
    # Python 3.10 knows no columns.
    assert re.fullmatch(
        rf"nets\.py:{line}:(1|9): error\[model-failed\] `ValueError` in the eager step: no images today",
        str(caught.value),
    )


def test_a_forward_that_hangs_ends_with_the_time_limit(load: Load, image: Any) -> None:
    nets = load("""
        class Net(nn.Module):
            def forward(self, x):
                while True:
                    time.sleep(0.1)
    """)
    start = time.monotonic()
    report = quick(nets.Net().eval(), image, timeout=12)
    assert time.monotonic() - start < 30
    assert ended(report)["eager"] == "timeout"
    assert "the eager step did not end within 12 s" in rules(report)["model-failed"].message


def test_a_forward_that_kills_its_process(load: Load, tmp_path: Path, image: Any) -> None:
    nets = load("""
        class Net(nn.Module):
            def forward(self, x):
                os.kill(os.getpid(), signal.SIGSEGV)
                return x
    """)
    report = quick(nets.Net().eval(), image)
    assert ended(report)["eager"] == "died"
    found = rules(report)["model-failed"]
    assert "SIGSEGV" in found.message
    assert found.span is not None and found.span.line == line_of(tmp_path / "nets.py", "os.kill")


def test_a_death_in_one_step_leaves_the_others_to_another_fork(load: Load, image: Any) -> None:
    nets = load("""
        class Net(nn.Module):
            def forward(self, x):
                if torch.jit.is_tracing():
                    os._exit(3)
                return x + 1
    """)
    report = quick(nets.Net().eval(), image)
    steps = ended(report)
    assert (steps["eager"], steps["trace"]) == ("ok", "died")
    assert "script" in steps


def test_a_forward_that_exits_does_not_end_the_caller(load: Load, image: Any) -> None:
    nets = load("""
        import sys

        class Net(nn.Module):
            def forward(self, x):
                sys.exit(7)
    """)
    assert (
        "the code called `sys.exit(7)` in the eager step"
        in rules(quick(nets.Net().eval(), image))["model-failed"].message
    )


def test_what_the_model_starts_is_ended_with_it(load: Load, tmp_path: Path, image: Any) -> None:
    nets = load("""
        class Net(nn.Module):
            def forward(self, x):
                if os.fork() == 0:
                    os.setsid()
                    with open("daemons", "a") as file:
                        file.write(f"{os.getpid()}\\n")
                    time.sleep(600)
                return x + 1
    """)
    quick(nets.Net().eval(), image)
    pids = (tmp_path / "daemons").read_text(encoding="utf-8").split()
    assert pids
    for pid in map(int, pids):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        with pytest.raises(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)  # nor is it this process's child


def test_memory_is_limited(load: Load, image: Any) -> None:
    nets = load("""
        class Net(nn.Module):
            def forward(self, x):
                kept = [bytes(range(256)) * 400_000 for _ in range(40)]
                time.sleep(20)
                return x + len(kept)
    """)
    report = quick(nets.Net().eval(), image, memory="1500MiB")
    assert "more memory than 1.46 GiB" in rules(report)["model-failed"].message


# -- the caller's process ----------------------------------------------------------------------------------------------


def test_weights_in_shared_memory_are_not_written(load: Load, image: Any) -> None:
    model = load(NETS).Net().eval()
    model.share_memory()
    before = state_of(model)
    report = quick(model, image)
    assert state_of(model) == before
    assert ended(report)["eager"] == "ok"


def test_lazy_layers_are_made_by_the_run_and_stay_lazy_here() -> None:
    net = torch.nn.Sequential(torch.nn.LazyLinear(4), torch.nn.ReLU()).eval()
    report = tslint.check(net, torch.rand(2, 3), convert=False)
    assert report.errors == ()
    assert {step.name: step.status for step in report.runs[0].steps}["compare"] == "ok"
    assert isinstance(net[0].weight, torch.nn.UninitializedParameter)


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode], ids=["no_grad", "inference_mode"])
def test_the_callers_mode_of_autograd_makes_no_difference(mode: Any, load: Load, image: Any) -> None:
    nets = load("""
        class Net(nn.Module):
            def forward(self, x):
                with torch.enable_grad():
                    y = x.detach().clone().requires_grad_()
                    return torch.autograd.grad((y * y).sum(), y)[0]
    """)
    model = nets.Net().eval()
    with mode():
        inside = ended(quick(model, torch.rand(1, 3, 8, 8)))
    assert inside == ended(quick(model, image))
    assert inside["eager"] == "ok"


def test_a_thread_may_ask(load: Load, image: Any) -> None:
    model = load(NETS).Net().eval()
    found: list[tslint.Report] = []
    thread = threading.Thread(target=lambda: found.append(quick(model, image)))
    thread.start()
    thread.join(120)
    assert "math-on-size" in rules(found[0])


def run_script(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "tslint.toml").touch()
    (folder / "script.py").write_text(textwrap.dedent(text), encoding="utf-8")
    command = [sys.executable, *options, "script.py"]
    return subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, timeout=300)


MAIN = """
    import torch, tslint

    class Net(torch.nn.Module):
        def forward(self, x):
            print("chatter")
            return x / x.size(2) ** 0.5

    print("said once", end=" ")
    report = tslint.check(Net().eval(), torch.rand(1, 3, 8, 8), convert=False)
    print(report)
"""


def test_a_script_with_warnings_as_errors_prints_its_own_words_alone_and_once(tmp_path: Path) -> None:
    ran = run_script(tmp_path, MAIN, "-W", "error", "-W", "ignore::ResourceWarning")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith(
        "said once script.py  entry: the model given to `tslint.check` (inputs float32[1,3,8,8])\n"
    )
    assert ran.stdout.endswith("Found no problems.\n")
    assert "chatter" not in ran.stdout


def test_a_model_of_the_prompt_has_the_result_of_the_run(tmp_path: Path) -> None:
    (tmp_path / "tslint.toml").touch()
    text = textwrap.dedent(MAIN).replace("x.size(2) ** 0.5", "__import__('math').sqrt(x.size(2))")
    command = [sys.executable, "-"]
    ran = subprocess.run(
        command, cwd=tmp_path, env=environment(), input=text, capture_output=True, text=True, timeout=300
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("said once Net  entry: the model given to `tslint.check`")
    assert "not over dimension 2\nFound 1 error" in ran.stdout


def test_the_code_of_a_notebooks_cell_is_shown(load: Load, tmp_path: Path, image: Any) -> None:
    import linecache

    cell = str(tmp_path / "ipykernel" / "1234.py")  # where no file is: the kernel puts the text into linecache
    text = "def forward(self, x):\n    return x / math.sqrt(x.size(2))\n"
    linecache.cache[cell] = (len(text), None, text.splitlines(keepends=True), cell)
    nets = load("class Net(nn.Module):\n    pass\n")
    exec(compile(text, cell, "exec"), vars(nets))
    nets.Net.forward = nets.forward
    assert "return x / math.sqrt(x.size(2))" in str(quick(nets.Net().eval(), image))


CELLS = (
    "import math\nimport torch\nfrom torch import nn\nfrom helpers import twice",
    "class Net(nn.Module):\n    def forward(self, x):\n        return x / math.sqrt(x.size(0)) + twice(x)\n\n"
    "model = nn.Sequential(Net(), nn.Dropout())",
    "import tslint\nreport = tslint.check(model, torch.rand(2, 3), convert=False)",
)
KERNEL = """
import linecache

for number, text in enumerate({cells!r}):
    name = "{folder}/" + str(number) + ".py"
    if {known}:
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    exec(compile(text, name if {known} else "<stdin>", "exec"), globals())
print(report)
"""


@pytest.mark.parametrize("known", [True, False])
def test_a_model_of_a_running_notebook(tmp_path: Path, known: bool) -> None:
    """As kernels run cells: `__main__` has no file, the text of a cell stands in linecache, or at a prompt nowhere."""
    (tmp_path / "tslint.toml").touch()
    (tmp_path / "helpers.py").write_text("twice = lambda x: x * 2\n")  # a function whose name is none
    program = KERNEL.format(cells=CELLS, folder=tmp_path / "kernel", known=known)
    command = [sys.executable, "-c", program]
    ran = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=300)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "not over batch" in ran.stdout
    if known:
        assert "error[math-on-size] `math.sqrt` of a size is recorded as a constant" in ran.stdout
        assert "kernel/1.py:3:20\n" in ran.stdout
        assert "`x.size(0) ** 0.5` stays in the graph" in ran.stdout
        assert "[missing-eval] `model` is checked in training mode" in ran.stdout


def test_without_pytorch_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"^PyTorch is not installed here: `pip install 'tslint\[coreml\]'`$"):
        tslint.check(None, None)


# -- where forking is not safe -----------------------------------------------------------------------------------------


@pytest.fixture
def unforkable(monkeypatch: pytest.MonkeyPatch) -> None:
    from tslint.probe import live

    monkeypatch.setattr(live, "forkable", lambda: False)


@pytest.mark.usefixtures("unforkable")
def test_a_model_is_pickled_where_forking_is_not_safe(load: Load, image: Any) -> None:
    model = load(NETS).Net()
    before = state_of(model)
    report = quick(model, image)
    assert state_of(model) == before
    assert {"missing-eval", "math-on-size"} <= set(rules(report))
    assert report.errors == ()


@pytest.mark.usefixtures("unforkable")
def test_a_model_that_cannot_be_pickled_is_refused_in_one_sentence(load: Load, image: Any) -> None:
    nets = load("""
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.scale = lambda x: x * 2

            def forward(self, x):
                return self.scale(x)
    """)
    with pytest.raises(tslint.IsolationError) as caught:
        quick(nets.Net(), image)
    start = "`Net` cannot be checked: this process cannot be forked, and the model not be pickled, since pickling it raised "
    assert str(caught.value).startswith(start)
    nets.Net.__module__ = "__main__"
    with pytest.raises(tslint.IsolationError, match=r"since `Net` is defined in `__main__`: move it into a module"):
        quick(nets.Net(), image)


@pytest.mark.usefixtures("unforkable")
def test_a_pickle_that_a_fresh_process_cannot_read_is_an_error_of_the_report(
    load: Load, tmp_path: Path, image: Any
) -> None:
    model = load(NETS).Net()
    (tmp_path / "nets.py").unlink()
    report = quick(model, image)
    (error,) = report.errors
    assert error.startswith("the model was pickled, but a fresh process cannot unpickle it (ModuleNotFoundError: ")
    with pytest.raises(tslint.CheckFailed):
        report.raise_if_failed()


# -- the report --------------------------------------------------------------------------------------------------------


def test_the_report_as_text_html_and_json(load: Load, image: Any) -> None:
    report = quick(load(NETS).Net().eval(), image)
    text, page, data = str(report), report._repr_html_(), report.to_json()
    jsonschema.validate(json.loads(json.dumps(data)), SCHEMA)
    assert data["runs"][0]["target"] == "nets.py"
    assert {"math-on-size"} <= {item["rule"] for item in data["diagnostics"]}
    assert text.startswith("nets.py  entry: the model given to `tslint.check` (inputs float32[1,3,8,8])\n")
    assert text.splitlines()[-1].startswith("Found ")
    assert "\x1b" not in text
    assert unescape(re.sub(r"<[^>]+>", "", page)).strip() == text
    assert repr(report).startswith("<Report: error ")
    with pytest.raises(AssertionError, match=r"^nets\.py:\d+:\d+: error\[math-on-size\] `math\.sqrt` of a size"):
        report.raise_if_failed()


def test_html_is_escaped(load: Load, image: Any) -> None:
    nets = load("""
        class Net(nn.Module):
            def forward(self, x):
                raise ValueError("<script>alert(1)</script> & more")
    """)
    html = quick(nets.Net().eval(), image)._repr_html_()
    assert "<script>" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; more" in html


def test_every_style_of_the_full_format_has_its_look_in_html() -> None:
    from tslint.report import full, layout, notebook, routes, snippet

    literal = re.compile(r'"((?:(?:bold|dim|red|green|yellow|cyan|underline|italic|magenta|blue) ?)+)"')
    for module in (full, layout, routes, snippet):
        for style in literal.findall(Path(str(module.__file__)).read_text(encoding="utf-8")):
            assert set(style.split()) <= set(notebook.STYLES), f"{module.__name__}: {style}"


def test_importing_tslint_imports_neither_torch_nor_the_rest_of_it() -> None:
    code = "import sys, tslint; dir(tslint); print([m for m in sys.modules if m.startswith(('tslint.', 'torch'))])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment(), check=True)
    assert ran.stdout.strip() == "[]"
    with pytest.raises(AttributeError, match="no attribute 'chek'"):
        getattr(tslint, "chek")  # noqa: B009


def example_of_readme() -> str:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n((?:(?!```)[\s\S])*?tslint\.check\((?:(?!```)[\s\S])*?)```", text)
    return str(code)


@pytest.mark.coreml
def test_the_example_of_readme_passes(tmp_path: Path) -> None:
    code = example_of_readme()
    ran = run_script(tmp_path, f"{code}\ntest_model_converts()\nprint('passed')\n")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "passed\n", "")
