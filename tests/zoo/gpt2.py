"""Transformers' own GPT-2, small and with random weights."""

import torch
import torchvision_operators  # noqa: F401
from transformers import GPT2Config, GPT2LMHeadModel


def build_model():
    size = {"vocab_size": 128, "n_positions": 64, "n_embd": 32, "n_layer": 2, "n_head": 2}
    return GPT2LMHeadModel(GPT2Config(**size, bos_token_id=0, eos_token_id=0, use_cache=False)).eval()


def example_inputs():
    return torch.randint(0, 128, (1, 9))
