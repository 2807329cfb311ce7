"""`tslint doctor`: what is said of environments that have this or that installed; none of it is ever imported."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import ROOT, environment, tslint

from tslint.doctor import DoctorError, examine
from tslint.probe import installed

TESTED = '_TORCH_MAX_VERSION = "2.7.0"\n'
CPU, CUDA = "__version__ = '{}+cpu'\n", "__version__: str = '{}+cu130'\n"


class Environment:
    """A virtual environment with packages that have metadata, and would raise if they were imported."""

    def __init__(self, folder: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
        self.folder = str(folder)
        (self.site,) = folder.glob("lib/python*/site-packages")

    def add(self, name: str, version: str, *requires: str, built: str = "") -> Environment:
        """A package with metadata; BUILT is the text of its ``version.py``."""
        package, metadata = self.site / name, self.site / f"{name}-{version}.dist-info"
        package.mkdir()
        metadata.mkdir()
        (package / "__init__.py").write_text("raise SystemExit('imported')\n")
        (package / "version.py").write_text(built)
        lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {text}" for text in requires)]
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\n" + "\n".join(lines) + "\n")
        return self

    def coremltools(self, version: str = "9.0") -> Environment:
        self.add("coremltools", version)
        deps = self.site / "coremltools" / "_deps"
        deps.mkdir()
        (deps / "__init__.py").write_text(TESTED)
        return self

    def problems(self) -> list[tuple[str, str, bool]]:
        return [(one["problem"], one["remedy"], one["known"]) for one in examine(self.folder).problems]


@pytest.fixture
def made(tmp_path: Path) -> Environment:
    return Environment(tmp_path / "env")


def test_versions_that_fit(made: Environment) -> None:
    made.add("torch", "2.7.1", built=CPU.format("2.7.1")).coremltools().add("numpy", "2.3.5")
    made.add("torchvision", "0.22.1", "numpy", "torch==2.7.1", built=CPU.format("0.22.1"))
    found = examine(made.folder)
    assert (found.problems, found.exit_status) == ((), 0)
    assert found.versions == {
        "torch": "2.7.1", "coremltools": "9.0", "numpy": "2.3.5", "torchvision": "0.22.1", "transformers": None, "timm": None
    }  # fmt: skip


def test_numpy_that_coremltools_does_not_know(made: Environment) -> None:
    made.add("torch", "2.7.0").coremltools().add("numpy", "2.4.1")
    assert made.problems() == [
        ("NumPy 2.4 and later with coremltools 9.0 and earlier", 'pip install "numpy<2.4"', True)
    ]


def test_torchvision_for_cuda_beside_torch_for_the_cpu(made: Environment) -> None:
    made.add("torch", "2.7.1", built=CPU.format("2.7.1")).coremltools()
    made.add("torchvision", "0.22.1", "torch (==2.7.1)", built=CUDA.format("0.22.1"))
    ((problem, remedy, known),) = made.problems()
    assert problem == "torchvision 0.22.1 is built for CUDA, torch for the CPU: importing torchvision fails"
    assert '"torchvision==0.22.1" --index-url https://download.pytorch.org/whl/cpu' in remedy and known


@pytest.mark.parametrize(
    ("torch", "torchvision"), [(CUDA, CUDA), (CPU, CPU), (CUDA, CPU), ("", ""), ("__version__ = '2.7.1'\n", CUDA)]
)
def test_what_they_are_built_for_is_no_other_problem(torch: str, torchvision: str, made: Environment) -> None:
    made.add("torch", "2.7.1", built=torch.format("2.7.1")).coremltools()
    made.add("torchvision", "0.22.1", "torch==2.7.1", built=torchvision.format("0.22.1"))
    assert made.problems() == []


def test_torchvision_for_another_torch(made: Environment) -> None:
    made.add("torch", "2.6.0").coremltools().add("torchvision", "0.22.1", "torch==2.7.1", 'torch==1.0; extra == "old"')
    assert made.problems() == [
        (
            "torchvision 0.22.1 is built for torch 2.7.1, and torch 2.6.0 is installed",
            'pip install "torch==2.7.1"',
            True,
        )
    ]


def test_a_torch_that_coremltools_was_not_tested_with_is_no_problem_yet(made: Environment) -> None:
    made.add("torch", "2.13.0+cpu").coremltools()
    assert made.problems() == [
        (
            "coremltools 9.0 was tested with torch up to 2.7.0, and torch 2.13.0+cpu is installed",
            'pip install "torch<2.8"',
            False,
        )
    ]
    assert examine(made.folder).exit_status == 0


def test_what_is_not_there(made: Environment) -> None:
    assert made.problems() == [("torch is not installed, so no model can be run", "pip install 'tslint[coreml]'", True)]
    made.add("torch", "2.7.0")
    assert made.problems() == [
        ("coremltools is not installed, so nothing is converted", "pip install 'tslint[coreml]'", False)
    ]


def test_damaged_packages_are_none(made: Environment) -> None:
    made.add("torch", "2.7.0").add("torchvision", "x", "torch==2.7.0").coremltools("nine")
    (made.site / "torch" / "version.py").write_bytes(b"__version__ = '\xff'")
    (made.site / "coremltools" / "_deps" / "__init__.py").write_text("_TORCH_MAX_VERSION = None")
    assert made.problems() == []


def test_the_docs_show_what_is_printed(made: Environment, tmp_path: Path) -> None:
    made.add("torch", "2.7.1+cpu", built=CPU.format("2.7.1")).coremltools().add("numpy", "2.4.1")
    made.add("torchvision", "0.22.1", "torch==2.7.1", built=CUDA.format("0.22.1"))
    run = tslint("doctor", "--python", made.folder, cwd=tmp_path, env=environment())
    text = (ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    shown = text[text.index("```\ntslint 0.1.0; models are run with") + 4 :].partition("```")[0]
    assert run.out.splitlines()[1:] == shown.splitlines()[1:]
    assert re.sub(r"Python [\d.]+, .*", "", run.out.splitlines()[0]) == re.sub(r"Python .*", "", shown.splitlines()[0])


def test_the_command_line(made: Environment, tmp_path: Path) -> None:
    made.add("torch", "2.7.0").coremltools().add("numpy", "2.4.1")
    run = tslint("doctor", "--python", made.folder, cwd=tmp_path, env=environment())
    assert (run.status, run.err) == (1, "")
    assert run.out.splitlines()[1:] == [
        "installed      torch 2.7.0, coremltools 9.0, numpy 2.4.1",
        "not installed  torchvision, transformers, timm",
        "",
        'error: NumPy 2.4 and later with coremltools 9.0 and earlier: `pip install "numpy<2.4"`',
        "",
        "Found 1 problem.",
    ]
    run = tslint("doctor", "--python", made.folder, "--output-format", "json", cwd=tmp_path, env=environment())
    data = json.loads(run.out)
    assert (run.status, data["versions"]["numpy"], len(data["problems"])) == (1, "2.4.1", 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--python", "nowhere"], "`--python nowhere`: this interpreter is not there"),
        (["--output-format", "concise"], "`--output-format` must be full or json, not `concise`"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(arguments: list[str], said: str, tmp_path: Path) -> None:
    run = tslint("doctor", *arguments, cwd=tmp_path, env=environment())
    assert (run.status, run.out, run.err) == (2, "", f"tslint: error: {said}\n")


def test_an_interpreter_that_is_none(tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho no such library >&2\nexit 3\n")
    broken.chmod(0o755)
    with pytest.raises(DoctorError, match=r"could not tell what it has: no such library$"):
        examine(str(broken))


def test_it_needs_the_standard_library_alone() -> None:
    code = f"import runpy, sys; runpy.run_path({installed.__file__!r}); print({{'tslint', 'torch'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
