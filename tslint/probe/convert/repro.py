"""The smallest script that shows what coremltools refuses, or converts wrongly: the op alone, what it was given, the versions.

It is run first.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from tslint.probe import installed
from tslint.probe.compose.use import Use
from tslint.probe.compose.written import literal

SMALL, LARGER = 64, 2048
"""Elements of a tensor whose values are written down; of a larger one the kind of its values is enough, as a rule."""

PATIENCE = 120
"""Seconds for the script, which imports PyTorch and coremltools."""

SCRIPT = '''"""{title}

    {message}

{versions}
"""

{imports}import coremltools as ct
import torch


class Model(torch.nn.Module):
    def forward(self, {parameters}):
        return {call}


torch.manual_seed(0)
example = (
{example}
)
traced = torch.jit.trace(Model().eval(), example)
{conversion}
'''

REFUSED = """ct.convert(
    traced,
    inputs=[
{inputs}
    ],{target}
)"""

WRONG = """mlmodel = ct.convert(
    traced,
    inputs=[
{inputs}
    ],
    compute_precision=ct.precision.FLOAT32,{target}
)

with torch.no_grad():
    print("eager:", Model()(*example))
if sys.platform == "darwin":
    names = [described.name for described in mlmodel.get_spec().description.input]
    print("Core ML:", mlmodel.predict({{name: value.numpy() for name, value in zip(names, example)}}))
else:
    print("What it was converted to (only macOS can run it):", mlmodel._mil_program)"""


def reproduced(use: Use, message: str, asked: str | None) -> str:
    """The script for USE, which coremltools refuses with MESSAGE for the deployment target ASKED.

    Empty where it cannot be written, or does not end with that message when it is run.
    """
    if not use.given or not all(isinstance(value, torch.Tensor) for value in use.given):
        return ""
    try:
        text = _script(use, message, asked)
    except Exception:  # a value that has no words
        return ""
    ran = _run(text)
    if ran is None:
        return ""
    last = ran.stderr.strip().splitlines()[-12:]
    alike = any(_gist(message)[:60] in _gist(line) for line in last)
    return text if ran.returncode and alike else ""


def shown(use: Use, wrong: str, right: Callable[[Use], bool | None]) -> str:
    """The script for USE, which coremltools converts to something else, WRONG by so much.

    RIGHT says whether another use of the op is right. Empty where that of the script is, and where it does not run.
    """
    for most in (SMALL, LARGER):
        try:
            text = _script(use, wrong, None, most, refused=False)
            given = _given(use, most)
        except Exception:
            return ""
        if right(use.given_anew(given)) is False:
            ran = _run(text)
            return text if ran is not None and ran.returncode == 0 else ""
    return ""


def _given(use: Use, most: int) -> list[torch.Tensor]:
    """What the script hands to its op."""
    torch.manual_seed(0)
    return [eval(_tensor(value, most), {"torch": torch, "float": float}) for value in use.given]


def _run(text: str) -> subprocess.CompletedProcess[str] | None:
    """A script run by itself; None where it does not come to an end."""
    with tempfile.TemporaryDirectory(prefix="tslint-repro-") as folder:
        path = Path(folder) / "repro.py"
        path.write_text(text, encoding="utf-8")
        try:
            return subprocess.run(
                [sys.executable, str(path)], capture_output=True, text=True, timeout=PATIENCE, cwd=folder, check=False
            )
        except subprocess.TimeoutExpired:
            return None


def _gist(text: str) -> str:
    """A message without the names of values, which differ from one program to the other."""
    return " ".join(word for word in text.replace('"', " ").split() if not any(map(str.isdigit, word)))


def _script(use: Use, message: str, asked: str | None, most: int = SMALL, refused: bool = True) -> str:
    parameters = [use.parameter(slot) for slot in use.live]
    arguments: list[Any] = [list(item) if isinstance(item, (list, tuple)) else item for item in use.arguments]
    words: dict[int, Any] = {}
    for (index, item), name in zip(use.live, parameters, strict=True):
        if item < 0:
            words[index] = name
        else:
            words.setdefault(index, {})[item] = name
    schema = use.op._schema.arguments
    given: list[str] = []
    for index, (value, declared) in enumerate(zip(arguments, schema, strict=True)):
        named = words.get(index)
        text = f"[{', '.join(named[i] for i in sorted(named))}]" if isinstance(named, dict) else named or literal(value)
        default = declared.has_default_value() and named is None and declared.default_value == value
        if not default:
            keyword = declared.kwarg_only or len(given) < index
            given.append(f"{declared.name}={text}" if keyword else text)
    known = installed.versions()
    versions = ", ".join(f"{name} {known.get(name)}" for name in ("torch", "coremltools", "numpy"))
    target = f"\n    minimum_deployment_target=ct.target.{asked}," if asked else ""
    space = use.op._schema.name.replace("::", ".")
    title = (
        "What coremltools says of" if refused else "What coremltools converts to something else than eager computes:"
    )
    inputs = "\n".join(f"        {_type(value)}," for value in use.given)
    return SCRIPT.format(
        title=f"{title} `{use.op._schema.name}` alone" + (":" if refused else "."),
        imports="" if refused else "import sys\n\n",
        message=message.replace("\\", "\\\\").replace('"""', "'''"),
        versions=f"Python {platform.python_version()}, {versions}; {platform.system()}.",
        parameters=", ".join(parameters),
        call=f"torch.ops.{space}({', '.join(given)})",
        example="\n".join(f"    {_tensor(value, most)}," for value in use.given),
        conversion=(REFUSED if refused else WRONG).format(inputs=inputs, target=target),
    )


def _tensor(value: torch.Tensor, most: int) -> str:
    if value.numel() <= most and not value.is_complex():
        return f"torch.tensor({literal(value.tolist())}, dtype={value.dtype})"
    shape = list(value.shape)
    if value.dtype is torch.bool:
        return f"torch.rand({shape}) > 0.5"
    if value.is_floating_point():
        return f"torch.rand({shape}, dtype={value.dtype})"
    return f"torch.randint({int(value.min())}, {int(value.max()) + 1}, {shape}, dtype={value.dtype})"


def _type(value: torch.Tensor) -> str:
    shape = tuple(value.shape) or (1,)
    kind = "" if value.is_floating_point() else ", dtype=bool" if value.dtype is torch.bool else ", dtype=int"
    return f"ct.TensorType(shape={shape}{kind})"
