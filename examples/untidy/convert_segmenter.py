"""Makes Segmenter.mlpackage."""

import coremltools as ct
import torch

from nets.segmenter import Segmenter

model = Segmenter()
example = torch.rand(1, 3, 64, 64)
traced = torch.jit.trace(model, example)

mlmodel = ct.convert(traced, inputs=[ct.ImageType(name="x", shape=example.shape, scale=1 / 255)])
mlmodel.save("Segmenter.mlpackage")
