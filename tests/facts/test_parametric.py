"""The table of layers with parameters, held against PyTorch: each listed one has some, every other layer has none."""

from __future__ import annotations

from typing import Any

import pytest

from tslint.facts.parametric import DROPOUT, PARAMETRIC, SWITCHES

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "Bilinear": (2, 2, 2), "GroupNorm": (1, 2), "LayerNorm": (2,), "RMSNorm": (2,), "PReLU": (), "MultiheadAttention": (2, 1),
    "Transformer": (2, 1, 1, 1, 2), "TransformerEncoderLayer": (2, 1, 2), "TransformerDecoderLayer": (2, 1, 2),
    **dict.fromkeys(("BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm"), (2,)),
    **dict.fromkeys((f"{n}{d}d" for n in ("Conv", "ConvTranspose") for d in (1, 2, 3)), (2, 2, 1)),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(PARAMETRIC))
def test_layers_of_the_table_have_parameters(name: str) -> None:
    layer = getattr(torch.nn, name)(*ARGUMENTS.get(name, (2, 2)))
    assert any(parameter.requires_grad for parameter in layer.parameters())


@pytest.mark.parametrize("name", ["BatchNorm2d", "LayerNorm", "GroupNorm", "RMSNorm"])
def test_a_switch_leaves_the_parameters_out(name: str) -> None:
    switch = "elementwise_affine" if name in ("LayerNorm", "RMSNorm") else "affine"
    assert switch in SWITCHES
    assert not list(getattr(torch.nn, name)(*ARGUMENTS[name], **{switch: False}).parameters())


@pytest.mark.parametrize("name", sorted(DROPOUT))
def test_dropout_has_no_parameters(name: str) -> None:
    assert not list(getattr(torch.nn, name)().parameters())
