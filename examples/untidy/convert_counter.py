"""Makes Counter.mlmodel."""

import coremltools as ct
import torch

from nets.counter import Counter

model = Counter()
model.eval
traced = torch.jit.trace(model, torch.rand(1, 3, 32, 32))

mlmodel = ct.convert(traced, inputs=[ct.TensorType(name="x", shape=(1, 3, 32, 32))])
mlmodel.save("Counter.mlmodel")
