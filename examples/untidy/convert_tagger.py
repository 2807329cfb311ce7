"""Makes Tagger.mlpackage: the scores are traced, the loop around them is scripted."""

import coremltools as ct
import numpy as np
import torch

from nets.tagger import Scores, Tagger

word = torch.zeros(1, dtype=torch.int64)
scores = torch.jit.trace(Scores(), (word, word))
tagger = torch.jit.script(Tagger(scores))

sentence = ct.TensorType(name="sentence", shape=(ct.RangeDim(1, 64),), dtype=np.int32)
mlmodel = ct.convert(tagger, inputs=[sentence])
mlmodel.save("Tagger.mlpackage")
