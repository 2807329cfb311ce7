"""Scripts that convert, as people write them, and with which nothing is wrong: no rule about conversion says anything.

They need weights, data or libraries that are not here, so that they are read and never run.
"""

from __future__ import annotations

import pytest

from tslint import engine
from tslint.diagnostic import Severity
from tslint.facts.facts import Facts
from tslint.source.text import Source

SCRIPTS = {
    "the format and the suffix are chosen together": """
import argparse
import coremltools as ct
import torch
from project import build

def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--format", choices=["mlprogram", "neuralnetwork"], default="neuralnetwork")
    parser.add_argument("--half", action="store_true")
    args = parser.parse_args()
    model = build().eval()
    if args.half:
        model.half()
    im = torch.zeros(1, 3, 640, 640)
    ts = torch.jit.trace(model, im, strict=True)
    scale, bias = (1 / 255, [0.0, 0.0, 0.0])
    ct_model = ct.convert(ts, inputs=[ct.ImageType("image", shape=im.shape, scale=scale, bias=bias)], convert_to=args.format)
    suffix = ".mlpackage" if args.format == "mlprogram" else ".mlmodel"
    ct_model.save("yolo" + suffix)
    ct_model.save(f"yolo-{args.format}{suffix}")
""",
    "an exporter class keeps the model and the program in attributes": """
import coremltools as ct
import torch

class Exporter:
    def __init__(self, model, size=224):
        self.model = model.eval()
        self.example = torch.rand(1, 3, size, size)
        self.coreml = None

    def trace(self):
        self.program = torch.jit.freeze(torch.jit.trace(self.model, self.example))

    def convert(self, **options):
        options.setdefault("inputs", [ct.TensorType("x", self.example.shape)])
        self.coreml = ct.convert(self.program, **options)
        return self

    def save(self, path):
        self.coreml.save(path)

Exporter(torch.hub.load("a/b", "net")).convert().save("net.mlmodel")
""",
    "a language model that answers with tuples": """
import coremltools as ct
import numpy as np
import torch
from transformers import AutoModelForCausalLM

model = AutoModelForCausalLM.from_pretrained("gpt2", torchscript=True).eval()
tokens = torch.randint(0, 1000, (1, 16))
traced = torch.jit.trace(model, tokens)
length = ct.RangeDim(1, 128, default=16)
inputs = [ct.TensorType(name="tokens", shape=(1, length), dtype=np.int32)]
mlmodel = ct.convert(traced, inputs=inputs, outputs=[ct.TensorType(name="logits")], minimum_deployment_target=ct.target.iOS17)
mlmodel.short_description = "GPT-2"
mlmodel.save("gpt2.mlpackage")
""",
    "Keras": """
import coremltools as ct
import tensorflow as tf

keras_model = tf.keras.applications.MobileNetV2()
image = ct.ImageType(scale=1 / 127.5, bias=[-1, -1, -1])
mlmodel = ct.convert(keras_model, inputs=[image], classifier_config=ct.ClassifierConfig("labels.txt"))
mlmodel.save("mobilenet.mlpackage")
other = ct.convert("model.h5", source="tensorflow", convert_to="neuralnetwork")
other.save("other.mlmodel")
""",
    "torch.export": """
import coremltools as ct
import torch
from project import Net

program = torch.export.export(Net().eval(), (torch.rand(1, 3, 224, 224),))
program = program.run_decompositions({})
ct.convert(program, minimum_deployment_target=ct.target.iOS18).save("net.mlpackage")
""",
    "a notebook that names everything model": """
import coremltools as ct
import torch
import torchvision
from torchvision.transforms import Normalize

mean, std = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
normalize = Normalize(mean, std)
model = torchvision.models.resnet18(weights="DEFAULT")
model = model.eval()
model = torch.jit.trace(model, torch.rand(1, 3, 224, 224))
scale = 1 / (sum(std) / 3 * 255.0)
bias = [-m / s for m, s in zip(mean, std)]
model = ct.convert(model, inputs=[ct.ImageType(name="image", shape=(1, 3, 224, 224), scale=scale, bias=bias)])
model = ct.optimize.coreml.palettize_weights(model, ct.optimize.coreml.OptimizationConfig())
model.save("resnet.mlmodel")
""",
    "a specification that is edited and made a model again": """
import coremltools as ct
import torch
from project import Net

mlmodel = ct.convert(torch.jit.script(Net().eval()), inputs=[ct.TensorType(shape=(1, 3))], convert_to="neuralnetwork")
spec = mlmodel.get_spec()
ct.utils.rename_feature(spec, "var_5", "scores")
ct.utils.save_spec(spec, "net.mlmodel")
mlmodel = ct.models.MLModel(spec)
mlmodel.save("again.mlmodel")
""",
    "the normalisation stands in the model": """
import coremltools as ct
import torch
from torch import nn
from project import Net

class Normalised(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))

    def forward(self, x):
        x = (x - self.mean) / self.std
        y = self.model(x)
        return y[0], y[1]

net = Normalised(Net()).eval()
traced = torch.jit.trace(net, torch.rand(1, 3, 64, 64))
ct.convert(traced, inputs=[ct.ImageType(shape=(1, 3, 64, 64), scale=1 / 255.0, color_layout=ct.colorlayout.BGR)])
""",
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_nothing_is_wrong_with_the_conversion(name: str) -> None:
    source = Source.from_text(SCRIPTS[name])
    facts = Facts(source, source.parse())
    found, crashes = engine.predict(facts)
    loud = [d for d in engine.weigh(found, facts, ()) if d.severity is not Severity.INFO and d.group == "coreml"]
    assert [(d.rule, d.message) for d in loud] == [] and not crashes
