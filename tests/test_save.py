"""``--save``: the recommended program as a package, converted and described as the configuration says, or nothing at all."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest
from commandline import tslint

from tslint.saving import Saving
from tslint.settings import OPTIONS, SettingsError
from tslint.settings.files import read

pytest.importorskip("torch")

MODEL = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3)

    def forward(self, image):
        return torch.softmax(self.conv(image).mean((2, 3)), -1){more}
"""
CONFIGURATION = """
[[models]]
target = "model.py"
model = "Net()"
inputs = ["image:float32[1,3,32..64,32]"]

[models.coreml]
image = true
scale = 0.0039
bias = [-0.5, -0.5, -0.25]
classes = ["a", "b", "c", "d", "e"]
author = "Somebody"
description = "Tells five things apart"
license = "MIT"
version = "1.2"
preview = "imageClassifier"
preview-parameters = { labels = ["a"] }
"""


def project(folder: Path, configuration: str = "", more: str = "") -> None:
    (folder / "model.py").write_text(MODEL.format(more=more), encoding="utf-8")
    if configuration:
        (folder / "tslint.toml").write_text(configuration, encoding="utf-8")


def described(package: Path) -> Any:
    ct = pytest.importorskip("coremltools")
    return ct.models.MLModel(str(package), skip_model_load=True).get_spec()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {".tslint_cache"}


def test_what_coremltools_converts_wrongly_is_saved_as_a_composite(tmp_path: Path) -> None:
    project(tmp_path, CONFIGURATION.partition("[models.coreml]")[0], more=" * image[:, :, 0, :2].std()")
    answer = tslint("check", "model.py", "--save", "Out.mlpackage", "--show-refuted", cwd=tmp_path)
    said = " ".join(answer.out.split())
    assert answer.status == 1, answer.out + answer.err
    assert "error[known-miscompilation]" in said
    assert "converts with composites for aten::std, verified" in said
    assert "Out.mlpackage: written, by the trace; as saved, it agrees with the model" in said


def test_a_package_is_written_as_the_configuration_describes_it(tmp_path: Path) -> None:
    project(tmp_path, CONFIGURATION)
    answer = tslint("check", "model.py", "--save", "Out.mlpackage", "--target", "iOS16", cwd=tmp_path)
    assert answer.status == 0, answer.out + answer.err
    said = " ".join(answer.out.split())
    assert "note: Out.mlpackage: written, by the trace; as saved, it agrees with the model" in said
    assert names(tmp_path) == {"model.py", "tslint.toml", "Out.mlpackage"}
    spec = described(tmp_path / "Out.mlpackage")
    (image,) = spec.description.input
    assert image.name == "image"
    assert image.type.imageType.imageSizeRange.heightRange.upperBound == 64
    assert spec.specificationVersion == 7  # iOS 16
    assert [output.name for output in spec.description.output] == ["classLabel", "classLabel_probs"]
    metadata = spec.description.metadata
    assert (metadata.author, metadata.license, metadata.versionString) == ("Somebody", "MIT", "1.2")
    assert metadata.shortDescription == "Tells five things apart"
    own = dict(metadata.userDefined)
    assert own["com.apple.coreml.model.preview.type"] == "imageClassifier"
    assert json.loads(own["com.apple.coreml.model.preview.parameters"]) == {"labels": ["a"]}


def test_what_stands_there_goes_once_the_new_one_is_there_and_stays_where_none_is(tmp_path: Path) -> None:
    project(tmp_path)
    save = ("--save", "Out.mlpackage", "--input", "1,3,8,8", "--model", "Net()")
    assert tslint("check", "model.py", *save, cwd=tmp_path).status == 0
    first = (tmp_path / "Out.mlpackage" / "Manifest.json").read_bytes()
    assert tslint("check", "model.py", *save, cwd=tmp_path).status == 0
    second = (tmp_path / "Out.mlpackage" / "Manifest.json").read_bytes()
    assert first != second  # every package has an identifier of its own
    project(tmp_path, more=" + torch.lgamma(image).sum()")
    answer = tslint("check", "model.py", *save, cwd=tmp_path)
    assert answer.status == 2
    said = " ".join((answer.out + answer.err).split())
    assert "Out.mlpackage was not written: no way to Core ML that works was found" in said
    assert (tmp_path / "Out.mlpackage" / "Manifest.json").read_bytes() == second
    assert names(tmp_path) == {"model.py", "Out.mlpackage"}


def test_what_coremltools_says_of_a_wrong_description_is_said(tmp_path: Path) -> None:
    project(tmp_path, CONFIGURATION.replace('"d", "e"]', '"d"]'))
    answer = tslint("check", "model.py", "--save", "Out.mlpackage", cwd=tmp_path)
    assert answer.status == 2
    said = " ".join((answer.out + answer.err).split())
    assert "Out.mlpackage was not written: ValueError: In op 'classify', number of classes must match" in said
    assert "Out.mlpackage" not in names(tmp_path)


def test_what_only_composites_convert_is_saved(tmp_path: Path) -> None:
    project(tmp_path, more=" + torch.diff(image).sum()")
    answer = tslint("check", "model.py", "--save", "Out.mlpackage", "--input", "1,3,8,8", cwd=tmp_path)
    assert answer.status == 1  # `ct.convert` alone fails
    assert "written, by the trace" in answer.out
    assert (tmp_path / "Out.mlpackage" / "Manifest.json").is_file()


def test_no_stand_in_is_ever_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What converts to be verified may be refused as it is to be saved, in another precision or with another input."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("coremltools")
    from coremltools.converters.mil.frontend.torch.torch_op_registry import _TORCH_OPS_REGISTRY

    from tslint.probe.convert.save import save
    from tslint.probe.subject import Inputs, Subject
    from tslint.probe.table import Candidate
    from tslint.request import Request

    class Net(torch.nn.Module):
        def forward(self, x: Any) -> Any:
            return torch.relu(x).sum(1)

    def refuses(context: Any, node: Any) -> None:
        raise ValueError("not in float16")

    monkeypatch.setitem(_TORCH_OPS_REGISTRY.name_to_func_mapping, "relu", refuses)
    monkeypatch.setattr("tslint.probe.compose.compose.agrees", lambda compiled, use: False)
    subject = Subject(0, Net().eval(), Inputs("example", (torch.rand(2, 3),)))
    program = torch.jit.trace(subject.module, subject.example.args, check_trace=False)
    package = tmp_path / "Out.mlpackage"
    best = Candidate("trace", subject.module, program)
    problem = save(subject, Request("x", save=str(package)), best, lambda model: None, lambda said: None)
    assert problem == "as it would be saved, coremltools refuses `aten::relu`: not in float16"
    assert not package.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("model.py", "--save", "model.mlmodel"), "an ML program is saved under a name that ends in .mlpackage"),
        (("model.py", "--save", "nowhere/Out.mlpackage"), "there is no directory"),
        (("model.py", "--save", "taken.mlpackage"), "what stands there is no .mlpackage"),
        (("model.py", "--save", "Out.mlpackage", "--static"), "--save and --static contradict each other"),
        (("model.py", "--save", "Out.mlpackage", "--no-convert"), "--save and --no-convert contradict each other"),
        ((".", "--save", "Out.mlpackage"), "--save writes one model: name one target"),
        (("model.py", "--target", "iOS7"), "`--target` must be iOS15"),
    ],
)
def test_where_nothing_can_be_saved_nothing_is_run(arguments: tuple[str, ...], sentence: str, tmp_path: Path) -> None:
    project(tmp_path)
    (tmp_path / "taken.mlpackage").mkdir()
    (tmp_path / "taken.mlpackage" / "letters.txt").write_text("dear", encoding="utf-8")
    answer = tslint("check", *arguments, cwd=tmp_path)
    assert answer.status == 2
    assert sentence in " ".join((answer.err + answer.out).split())
    assert names(tmp_path) == {"model.py", "taken.mlpackage"}
    assert (tmp_path / "taken.mlpackage" / "letters.txt").is_file()


def test_a_package_that_cannot_be_put_in_its_place_leaves_the_old_one(tmp_path: Path) -> None:
    saving = Saving(str(tmp_path / "Out.mlpackage"))
    (tmp_path / "Out.mlpackage").mkdir()
    (tmp_path / "Out.mlpackage" / "Manifest.json").write_text("old", encoding="utf-8")
    with pytest.raises(OSError):
        saving.finish(True)  # the child wrote nothing
    assert (tmp_path / "Out.mlpackage" / "Manifest.json").read_text(encoding="utf-8") == "old"
    assert names(tmp_path) == {"Out.mlpackage"}


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("imag = true", "unknown key `imag` in `coreml` of a `models` table of tslint.toml; did you mean `image`?"),
        ("image = 1", "`image` in `coreml` of a `models` table of tslint.toml cannot be 1"),
        ("scale = true", "`scale` in `coreml` of a `models` table of tslint.toml cannot be true"),
        ('bias = ["0.5"]', "`bias` in `coreml` of a `models` table of tslint.toml cannot be a list"),
        ("classes = [1]", "`classes` in `coreml` of a `models` table of tslint.toml cannot be a list"),
        ('precision = "half"', "`precision` in `coreml` of a `models` table of tslint.toml must be float16 or float32"),
    ],
)
def test_a_key_that_cannot_be_used_is_named(line: str, sentence: str, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    text = f'[[models]]\ntarget = "a.py"\n[models.coreml]\n{line}\n'
    (tmp_path / "tslint.toml").write_text(textwrap.dedent(text), encoding="utf-8")
    with pytest.raises(SettingsError) as raised:
        read(tmp_path / "tslint.toml", OPTIONS)
    assert sentence in str(raised.value)
