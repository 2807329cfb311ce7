"""Verification of networks that people convert: silent, and quick enough."""

from __future__ import annotations

import pytest
from converted import convert, quiet, verdict

pytestmark = [pytest.mark.torch, pytest.mark.coreml, pytest.mark.zoo]
torch = pytest.importorskip("torch")
with quiet():
    coremltools = pytest.importorskip("coremltools")

from torch import Tensor, nn  # noqa: E402

from tslint.probe.subject import Inputs, Subject  # noqa: E402
from tslint.probe.verify.verify import verify  # noqa: E402


@pytest.fixture(scope="module")
def torchvision() -> object:
    """A CUDA build beside a CPU torch lacks the schemas of two ops, and its import fails without them."""
    library = torch.library.Library("torchvision", "DEF")
    try:
        for name in ("nms", "qnms"):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    except RuntimeError:  # they are there
        pass
    module = pytest.importorskip("torchvision")
    yield module
    del library


class Out(nn.Module):
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x)["out"]


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small", "squeezenet1_1", "shufflenet_v2_x0_5"])
def test_classifier_is_verified(torchvision, name: str) -> None:  # type: ignore[no-untyped-def]
    torch.manual_seed(0)
    answer = verdict(getattr(torchvision.models, name)(weights=None), torch.rand(1, 3, 64, 64))
    assert (answer.verified, answer.message) == (True, "")


def test_segmentation_is_verified(torchvision) -> None:  # type: ignore[no-untyped-def]
    """benchmarks/verification.py tells how long that takes."""
    torch.manual_seed(0)
    network = torchvision.models.segmentation.deeplabv3_resnet101(weights=None, weights_backbone=None)
    module, example = Out(network).eval(), torch.rand(1, 3, 96, 96)
    subject = Subject(0, module, Inputs("the example", (example,)))
    answer = verify(convert(module, (example,)), subject, module, lambda _: None, "trace")
    assert (answer.verified, answer.message) == (True, "")


class Encoder(nn.Module):
    """BERT without the preparation of its mask, which Transformers 5 writes with ops that coremltools lacks."""

    def __init__(self) -> None:
        super().__init__()
        transformers = pytest.importorskip("transformers")
        config = transformers.BertConfig(
            vocab_size=50,
            hidden_size=16,
            num_hidden_layers=2,
            num_attention_heads=2,
            intermediate_size=32,
            max_position_embeddings=32,
            attn_implementation="eager",
        )
        model = transformers.BertModel(config)
        self.embeddings, self.layers, self.pooler = model.embeddings, model.encoder.layer, model.pooler

    def forward(self, tokens: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        hidden = self.embeddings(tokens)
        blocked = (1.0 - mask[:, None, None, :]) * -1e4
        for layer in self.layers:
            output = layer(hidden, blocked)
            hidden = output[0] if isinstance(output, tuple) else output
        return hidden, self.pooler(hidden)


def test_bert_is_verified_over_a_range_of_lengths() -> None:
    torch.manual_seed(0)
    length = coremltools.RangeDim(1, 16)
    tokens = coremltools.TensorType(name="tokens", shape=(1, length), dtype=int)
    mask = coremltools.TensorType(name="mask", shape=(1, length))
    example = torch.randint(0, 50, (1, 7)), torch.ones(1, 7)
    longer = torch.randint(0, 50, (1, 12)), (torch.arange(12) < 9).float().unsqueeze(0)
    answer = verdict(Encoder(), *example, others=[longer], inputs=[tokens, mask])
    assert (answer.verified, answer.message, answer.tried) == (True, "", ("the example", "other 1"))
