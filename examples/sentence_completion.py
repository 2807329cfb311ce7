"""Convert a sentence completer to Core ML: a predictor of the next token, and the loop around it.

The predictor is a small GPT-2: token and position embeddings, blocks of causal attention, and a head that shares its
weights with the token embedding. It is traced. The loop appends one predicted token after the other until the end token
comes; how often it goes round depends on the sentence, so it is scripted.
"""

from typing import Final

import coremltools as ct
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

VOCABULARY = 128
END_TOKEN = 0
MAX_LENGTH = 32


class Attention(nn.Module):
    def __init__(self, width, heads, positions):
        super().__init__()
        self.heads = heads
        self.c_attn = nn.Linear(width, 3 * width)
        self.c_proj = nn.Linear(width, width)
        causal = torch.tril(torch.ones(positions, positions, dtype=torch.bool))
        self.register_buffer("bias", causal.view(1, 1, positions, positions))

    def split_heads(self, x):
        batch, length, width = x.size()
        return x.view(batch, length, self.heads, width // self.heads).transpose(1, 2)

    def forward(self, x):
        query, key, value = self.c_attn(x).chunk(3, dim=-1)
        query = self.split_heads(query)
        key = self.split_heads(key)
        value = self.split_heads(value)

        scores = query @ key.transpose(-1, -2)
        scores = scores / (float(value.size(-1)) ** 0.5)
        nd, ns = scores.size(-2), scores.size(-1)
        mask = self.bias[:, :, ns - nd : ns, :ns]
        scores = torch.where(mask, scores, torch.full_like(scores, -1e4))

        context = F.softmax(scores, dim=-1) @ value
        context = context.transpose(1, 2).reshape(x.size(0), x.size(1), x.size(2))
        return self.c_proj(context)


class Block(nn.Module):
    def __init__(self, width, heads, positions):
        super().__init__()
        self.ln_1 = nn.LayerNorm(width)
        self.attn = Attention(width, heads, positions)
        self.ln_2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width), nn.Dropout(0.1))

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class NextTokenPredictor(nn.Module):
    """Logits of the token after each one of a sentence: [length] integers in, [length, vocabulary] out."""

    def __init__(self, vocabulary=VOCABULARY, width=64, heads=4, depth=2, positions=64):
        super().__init__()
        self.wte = nn.Embedding(vocabulary, width)
        nn.init.normal_(self.wte.weight, std=0.2)
        self.wpe = nn.Embedding(positions, width)
        self.blocks = nn.ModuleList([Block(width, heads, positions) for _ in range(depth)])
        self.ln_f = nn.LayerNorm(width)
        self.head = nn.Linear(width, vocabulary, bias=False)
        self.head.weight = self.wte.weight

    def forward(self, tokens):
        positions = torch.arange(tokens.size(0), device=tokens.device)
        x = (self.wte(tokens) + self.wpe(positions)).unsqueeze(0)
        for block in self.blocks:
            x = block(x)
        return self.head(self.ln_f(x)).squeeze(0)


class SentenceCompleter(nn.Module):
    max_length: Final[int]

    def __init__(self, predictor, end_token=END_TOKEN, max_length=MAX_LENGTH):
        super().__init__()
        self.predictor = predictor
        self.max_length = max_length
        self.register_buffer("end_token", torch.tensor([end_token]))
        self.register_buffer("default_token", torch.tensor([-1]))

    def forward(self, context):
        sentence = context
        token = self.default_token
        while token != self.end_token and sentence.size(0) < self.max_length:
            predictions = self.predictor(sentence)
            token = torch.argmax(predictions[-1], dim=0, keepdim=True)
            sentence = torch.cat((sentence, token), dim=0)
        return sentence


torch.manual_seed(0)
predictor = NextTokenPredictor().eval()
tokens = torch.randint(1, VOCABULARY, (9,))

traced = torch.jit.trace(predictor, tokens)
scripted = torch.jit.script(SentenceCompleter(traced).eval())

print("completed:", scripted(tokens).tolist())

mlmodel = ct.convert(
    scripted,
    inputs=[ct.TensorType(name="context", shape=(ct.RangeDim(1, MAX_LENGTH),), dtype=np.int32)],
)

mlmodel.short_description = "Completes a sentence, given as the tokens of its beginning"
mlmodel.author = "tslint"
mlmodel.license = "MIT"
mlmodel.version = "1.0"
mlmodel.save("SentenceCompletion.mlpackage")
