"""What the words of a sentence are: one tag after the other, each seen by the next. The first tag stands before the sentence."""

import torch
from torch import nn


class Scores(nn.Module):
    """The scores of every tag for one word, behind the tag before it."""

    def __init__(self, words=50, tags=6, width=16):
        super().__init__()
        self.words = nn.Embedding(words, width)
        self.tags = nn.Embedding(tags, width)
        self.out = nn.Linear(width, tags)

    def forward(self, word, tag):
        return self.out(torch.tanh(self.words(word) + self.tags(tag)))


class Tagger(nn.Module):
    def __init__(self, scores):
        super().__init__()
        self.scores = scores

    def forward(self, sentence):
        tag = torch.zeros(1, dtype=torch.int64)
        tags = tag
        position = 0
        while position < sentence.size(0):
            tag = self.scores(sentence[position].view(1), tag).argmax(1)
            tags = torch.cat((tags, tag))
            position += 1
        return tags
