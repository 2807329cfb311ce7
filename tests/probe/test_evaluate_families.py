"""Modules of every family of ops that convert well: the evaluated program agrees with eager, each op having an evaluator."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from converted import Calls, quiet, verdict

pytestmark = [pytest.mark.torch, pytest.mark.coreml]
torch = pytest.importorskip("torch")
with quiet():
    coremltools = pytest.importorskip("coremltools")

import torch.nn.functional as F  # noqa: E402
from torch import Tensor, nn  # noqa: E402


def floats(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape) + len(shape)))


def positive(*shape: int) -> Tensor:
    return floats(*shape).abs() + 0.1


def whole(*shape: int, below: int = 5) -> Tensor:
    return torch.randint(0, below, shape, generator=torch.Generator().manual_seed(7))


IMAGE = (2, 4, 8, 8)
Maker = Callable[[], nn.Module]

MODULES: dict[str, tuple[Maker, Sequence[int] | Tensor]] = {
    "conv1d": (lambda: nn.Conv1d(4, 6, 3, stride=2, padding=1), (2, 4, 9)),
    "conv2d_groups_dilation": (lambda: nn.Conv2d(4, 8, 3, groups=2, dilation=2, padding=(1, 2)), IMAGE),
    "conv2d_same_even_kernel": (lambda: nn.Conv2d(4, 4, 4, padding="same"), IMAGE),
    "conv2d_reflect": (lambda: nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"), IMAGE),
    "conv3d": (lambda: nn.Conv3d(2, 3, 3, stride=(1, 2, 1), padding=1), (1, 2, 4, 6, 5)),
    "conv_transpose1d": (lambda: nn.ConvTranspose1d(4, 3, 4, stride=2, padding=1), (2, 4, 5)),
    "conv_transpose2d": (lambda: nn.ConvTranspose2d(4, 3, 3, stride=2, padding=1, output_padding=1), (1, 4, 5, 6)),
    "conv_transpose2d_groups": (lambda: nn.ConvTranspose2d(4, 6, 3, groups=2, dilation=2), (1, 4, 5, 6)),
    "max_pool1d": (lambda: nn.MaxPool1d(3, 2, padding=1), (2, 4, 9)),
    "max_pool2d_ceil": (lambda: nn.MaxPool2d(3, 2, ceil_mode=True), IMAGE),
    "avg_pool2d_padding": (lambda: nn.AvgPool2d(3, 2, padding=1), IMAGE),
    "avg_pool2d_excluding": (lambda: nn.AvgPool2d(3, 2, padding=1, count_include_pad=False), IMAGE),
    "avg_pool3d": (lambda: nn.AvgPool3d(2), (1, 2, 4, 4, 6)),
    "adaptive_avg_pool2d": (lambda: nn.AdaptiveAvgPool2d(2), IMAGE),
    "adaptive_max_pool2d": (lambda: nn.AdaptiveMaxPool2d(2), IMAGE),
    "batch_norm1d": (lambda: trained(nn.BatchNorm1d(4)), (3, 4)),
    "batch_norm2d": (lambda: trained(nn.BatchNorm2d(4)), IMAGE),
    "instance_norm2d": (lambda: nn.InstanceNorm2d(4, affine=True), IMAGE),
    "group_norm": (lambda: nn.GroupNorm(2, 4), IMAGE),
    "layer_norm": (lambda: nn.LayerNorm((8, 8)), IMAGE),
    "local_response_norm": (lambda: nn.LocalResponseNorm(3, alpha=0.5), IMAGE),
    "lstm": (lambda: First(nn.LSTM(5, 6, batch_first=True)), (2, 7, 5)),
    "lstm_bidirectional_layers": (lambda: First(nn.LSTM(5, 6, num_layers=2, bidirectional=True)), (7, 2, 5)),
    "gru": (lambda: First(nn.GRU(5, 6)), (4, 2, 5)),
    "gru_bidirectional": (lambda: First(nn.GRU(5, 6, bidirectional=True)), (4, 2, 5)),
    "rnn_relu": (lambda: First(nn.RNN(5, 6, nonlinearity="relu")), (4, 2, 5)),
    "linear": (lambda: nn.Linear(5, 3), (2, 7, 5)),
    "bilinear_upsampling": (lambda: nn.Upsample(scale_factor=2, mode="bilinear"), IMAGE),
    "bilinear_upsampling_aligned": (lambda: nn.Upsample(size=(13, 17), mode="bilinear", align_corners=True), IMAGE),
    "bilinear_upsampling_to_size": (lambda: nn.Upsample(size=(12, 20), mode="bilinear", align_corners=False), IMAGE),
    "nearest_upsampling": (lambda: nn.Upsample(scale_factor=3), IMAGE),
    "linear_upsampling": (lambda: nn.Upsample(scale_factor=2, mode="linear"), (2, 4, 8)),
    "pixel_shuffle": (lambda: nn.PixelShuffle(2), IMAGE),
    "reflection_pad": (lambda: nn.ReflectionPad2d((1, 2, 3, 0)), IMAGE),
    "replication_pad": (lambda: nn.ReplicationPad2d((1, 2, 3, 0)), IMAGE),
    "constant_pad": (lambda: nn.ConstantPad2d((1, 2, 3, 0), 1.5), IMAGE),
    "embedding": (lambda: nn.Embedding(9, 3), whole(2, 4, below=9)),
    "prelu": (lambda: nn.PReLU(4), IMAGE),
    "multihead_attention": (lambda: Attention(), (1, 6, 8)),
    "residual_block": (lambda: Residual(), IMAGE),
}


def trained(norm: nn.Module) -> nn.Module:
    """Batch normalisation with statistics that are not 0 and 1."""
    with torch.no_grad():
        for value in (*norm.parameters(), *norm.buffers()):
            if value.is_floating_point():
                value.copy_(torch.rand_like(value) + 0.5)
    return norm


class First(nn.Module):
    """What a recurrent layer gives at every step, and its last state."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        sequence, state = self.layer(x)
        return sequence, state[0] if isinstance(state, tuple) else state


class Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.project = nn.Linear(8, 24)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (part.unflatten(-1, (2, 4)).transpose(1, 2) for part in self.project(x).chunk(3, -1))
        return F.scaled_dot_product_attention(query, key, value, is_causal=True).transpose(1, 2).flatten(2)


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(4, 4, 3, padding=1, bias=False),
            trained(nn.BatchNorm2d(4)),
            nn.ReLU(),
            nn.Conv2d(4, 4, 1),
            trained(nn.BatchNorm2d(4)),
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.body(x))


FUNCTIONS: dict[str, tuple[Callable[..., object], Sequence[Tensor]]] = {
    "arithmetic": (lambda x, y: ((x + y) * x - y / 3) // 0.7, (floats(3, 4), floats(3, 4))),
    "integer_arithmetic": (lambda x: (x * 3 + 1) // 2 % 5, (whole(3, 4, below=50),)),
    "powers": (lambda x: x**2.5 + x.sqrt() + x.rsqrt() + x.square(), (positive(3, 4),)),
    "exponentials": (lambda x: x.exp() + x.log() + x.log2() + torch.log1p(x) + torch.exp2(x), (positive(3, 4),)),
    "trigonometry": (
        lambda x: x.sin() + x.cos() + x.tan() + x.atan() + (x / 9).asin() + (x / 9).acos(),
        (floats(3, 4),),
    ),
    "hyperbolic": (lambda x: x.sinh() + x.cosh() + x.tanh() + (x / 9).atanh(), (floats(3, 4),)),
    "roundings": (lambda x: (x.floor(), x.ceil(), x.round(), x.sign(), x.abs()), (floats(3, 4),)),
    "remainder": (lambda x, y: torch.remainder(x, y), (floats(3, 4) * 5, positive(3, 4))),
    "comparisons": (
        lambda x, y: ((x > y), (x <= y), (x == y), (x != y) & (x < 0)),
        (floats(3, 4), floats(3, 4).roll(1, 0)),
    ),
    "where": (lambda x: torch.where(x > 0, x, x * 0.1), (floats(3, 4),)),
    "masked_fill": (lambda x: x.masked_fill(x > 0, 7.0), (floats(3, 4),)),
    "clamp": (lambda x: x.clamp(-0.5, 0.5) + x.clamp(min=0.2), (floats(3, 4),)),
    "activations": (
        lambda x: (F.relu(x), F.relu6(x * 5), F.elu(x), F.selu(x), F.leaky_relu(x, 0.2), F.silu(x), F.softplus(x)),
        (floats(3, 4),),
    ),
    "hard_activations": (
        lambda x: (F.hardtanh(x), F.hardsigmoid(x), F.hardswish(x), F.softsign(x), F.mish(x)),
        (floats(3, 4),),
    ),
    "gelu": (lambda x: (F.gelu(x), F.gelu(x, approximate="tanh")), (floats(3, 4),)),
    "softmax": (lambda x: (x.softmax(-1), x.log_softmax(1)), (floats(3, 4, 5),)),
    "sums": (lambda x: (x.sum(1), x.mean((0, 2), keepdim=True), x.cumsum(1)), (positive(2, 3, 4),)),
    "extremes": (lambda x: (x.amax(1), x.amin((0, 2)), *x.max(1), *x.min(1)), (floats(2, 3, 4),)),
    "arguments": (lambda x: (x.argmax(1), x.argmin(-1, keepdim=True), x.argsort(1)), (floats(2, 3, 4),)),
    "norms": (lambda x: (x.norm(), x.norm(dim=1), x.norm(p=1, dim=2), F.normalize(x)), (floats(2, 3, 4),)),
    "biased_deviation": (lambda x: (x.var(1, unbiased=False), x.std(1, unbiased=False)), (floats(2, 3, 4),)),
    "topk": (lambda x: (*x.topk(3, 1), *x.sort(1, descending=True)), (floats(2, 6),)),
    "logsumexp": (lambda x: x.logsumexp(1), (floats(2, 6),)),
    "matmul": (lambda x, y: (x @ y, torch.bmm(x, y), x @ y[0]), (floats(2, 3, 4), floats(2, 4, 5))),
    "einsum": (lambda x, y: torch.einsum("bhqd,bhkd->bhqk", x, y), (floats(2, 3, 4, 5), floats(2, 3, 6, 5))),
    "reshapes": (
        lambda x: (x.view(2, -1), x.flatten(1, 2), x.permute(2, 0, 1), x.unsqueeze(0).squeeze(1)),
        (floats(1, 4, 6),),
    ),
    "slices": (lambda x: (x[:, 1:3], x[..., ::2], x[-1], x[:, -2:], x.narrow(1, 1, 2)), (floats(3, 5, 6),)),
    "parts": (lambda x: (*x.chunk(3, 1), *x.split([1, 4], 0), *x.unbind(2)), (floats(5, 6, 2),)),
    "joins": (lambda x, y: (torch.cat([x, y], 1), torch.stack([x, y], 2)), (floats(3, 4), floats(3, 4))),
    "repeats": (lambda x: (x.repeat(2, 3), x.expand(5, 3, 4), x.flip(1), x.roll(1, 0)), (floats(3, 4),)),
    "triangles": (lambda x: (x.tril(1), x.triu()), (floats(4, 5),)),
    "making": (
        lambda x: torch.arange(x.size(1)) + torch.zeros_like(x) + x.new_zeros(3, 4) + torch.full((4,), 2.0),
        (floats(3, 4),),
    ),
    "index_select": (lambda x, i: (x.index_select(1, i), x[:, i]), (floats(3, 5), whole(4))),
    "gather": (lambda x, i: x.gather(1, i), (floats(3, 5), whole(3, 2))),
    "scatter": (
        lambda x, i: (torch.zeros_like(x).scatter(1, i, x), torch.zeros_like(x).scatter_add(1, i, x)),
        (floats(3, 5), torch.stack([torch.randperm(5) for _ in range(3)])),
    ),
    "index_put": (lambda x: torch.cat([x[:1] * 0, x[1:]]).index_put((torch.tensor([2, 0]),), x[:2]), (floats(3, 5),)),
    "one_hot": (lambda i: F.one_hot(i, 6), (whole(3, 4),)),
    "grid_sample": (
        lambda x, g: F.grid_sample(x, g.tanh() * 1.2, align_corners=False),
        (floats(1, 2, 5, 6), floats(1, 4, 3, 2)),
    ),
    "grid_sample_border": (
        lambda x, g: F.grid_sample(x, g.tanh() * 1.2, padding_mode="border", align_corners=True),
        (floats(1, 2, 5, 6), floats(1, 4, 3, 2)),
    ),
    "grid_sample_reflection": (
        lambda x, g: F.grid_sample(x, g, padding_mode="reflection", align_corners=False),
        (floats(1, 2, 5, 6), floats(1, 4, 3, 2)),
    ),
    "affine_grid": (
        lambda x, m: F.grid_sample(x, F.affine_grid(m, [1, 2, 4, 4], align_corners=True), align_corners=True),
        (floats(1, 2, 5, 6), floats(1, 2, 3)),
    ),
    "unfold": (lambda x: F.unfold(x, 3, padding=1, stride=2), (floats(1, 2, 6, 6),)),
    "baddbmm": (lambda x, y, z: torch.baddbmm(x, y, z), (floats(2, 3, 5), floats(2, 3, 4), floats(2, 4, 5))),
    "in_place_view": (lambda x: write_in_place(x), (floats(3, 4),)),
    "logic": (lambda x, y: (x & y, x.logical_or(y), x.logical_xor(y), ~x), (floats(3, 4) > 0, floats(4) > 0)),
}


def write_in_place(x: Tensor) -> Tensor:
    y = x.clone()
    y[:, 1] = 3.0
    return y * 2


def rows() -> list[object]:
    modules = [
        pytest.param(make, (given if isinstance(given, Tensor) else floats(*given),), id=name)
        for name, (make, given) in MODULES.items()
    ]
    functions = [
        pytest.param(lambda function=function: Calls(function), inputs, id=name)
        for name, (function, inputs) in FUNCTIONS.items()
    ]
    return [*modules, *functions]


@pytest.mark.parametrize("target", ["iOS15", "iOS18"])
@pytest.mark.parametrize(("make", "inputs"), rows())
def test_good_conversion_is_verified(make: Maker, inputs: Sequence[Tensor], target: str) -> None:
    """The least target of ML programs, and the newest: coremltools chooses other ops and other versions of them."""
    torch.manual_seed(0)
    answer = verdict(make(), *inputs, minimum_deployment_target=getattr(coremltools.target, target))
    assert (answer.verified, answer.message) == (True, "")
    assert answer.difference is not None
    assert answer.difference < 1e-4


def test_op_of_a_newer_target_is_verified() -> None:
    answer = verdict(nn.PixelUnshuffle(2), floats(*IMAGE), minimum_deployment_target=coremltools.target.iOS16)
    assert (answer.verified, answer.difference) == (True, 0.0)


def test_table_is_long_enough() -> None:
    assert len(rows()) >= 60
