"""Recurrent layers (MIL: recurrent): x is (sequence, batch, input), biases are summed, gates in MIL's own orders."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from tslint.probe.evaluate.registry import UnevaluableError, evaluates, flag

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "linear": lambda x: x,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
}
"""Those with parameters (scaled_tanh, hard_sigmoid) are left out: the documentation gives no values for them."""


def _activation(name: str) -> Callable[[Tensor], Tensor]:
    if name not in ACTIVATIONS:
        raise UnevaluableError(f"activation {name}")
    return ACTIVATIONS[name]


def _steps(projected: Tensor, backwards: bool) -> list[int]:
    order = list(range(projected.shape[0]))
    return order[::-1] if backwards else order


def _sequence(outputs: dict[int, Tensor], last: Tensor, wanted: Tensor | bool) -> Tensor:
    """Every step at its own place, or the final one alone."""
    return torch.stack([outputs[step] for step in sorted(outputs)]) if flag(wanted) else last.unsqueeze(0)


@evaluates("rnn")
def rnn(
    x: Tensor,
    initial_h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None = None,
    direction: str = "forward",
    output_sequence: Tensor | bool = False,
    activation: str = "tanh",
) -> tuple[Tensor, Tensor]:
    function = _activation(activation)
    projected = torch.matmul(x, weight_ih.t()) + (bias if bias is not None else 0)
    hidden, outputs = initial_h, {}
    for step in _steps(projected, direction == "reverse"):
        hidden = outputs[step] = function(projected[step] + torch.matmul(hidden, weight_hh.t()))
    return _sequence(outputs, hidden, output_sequence), hidden


@evaluates("gru")
def gru(
    x: Tensor,
    initial_h: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None = None,
    direction: str = "forward",
    output_sequence: Tensor | bool = False,
    recurrent_activation: str = "sigmoid",
    activation: str = "tanh",
    reset_after: Tensor | bool = False,
    input_bias: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Gates in the order reset, output, update. Whether the reset gate is applied before or after the hidden product
    decides the result, and iOS 18's documentation does not define ``reset_after``: no verdict where it is given."""
    if flag(reset_after) or input_bias is not None:
        raise UnevaluableError("reset_after and input_bias")
    gate, function = _activation(recurrent_activation), _activation(activation)
    size = weight_hh.shape[1]
    projected = torch.matmul(x, weight_ih.t()) + (bias if bias is not None else 0)
    hidden, outputs = initial_h, {}
    for step in _steps(projected, direction == "reverse"):
        from_input, from_hidden = projected[step], torch.matmul(hidden, weight_hh.t())
        reset = gate(from_input[:, :size] + from_hidden[:, :size])
        update = gate(from_input[:, 2 * size :] + from_hidden[:, 2 * size :])
        new = function(from_input[:, size : 2 * size] + reset * from_hidden[:, size : 2 * size])
        hidden = outputs[step] = (1 - update) * new + update * hidden
    return _sequence(outputs, hidden, output_sequence), hidden


@evaluates("lstm")
def lstm(
    x: Tensor,
    initial_h: Tensor,
    initial_c: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None = None,
    peephole: Tensor | None = None,
    weight_ih_back: Tensor | None = None,
    weight_hh_back: Tensor | None = None,
    bias_back: Tensor | None = None,
    peephole_back: Tensor | None = None,
    direction: str = "forward",
    output_sequence: Tensor | bool = False,
    recurrent_activation: str = "sigmoid",
    cell_activation: str = "tanh",
    activation: str = "tanh",
    clip: Tensor | None = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Gates in the order input, forget, output, cell."""
    if clip is not None or peephole is not None or peephole_back is not None:
        raise UnevaluableError("clip and peephole")
    functions = (_activation(recurrent_activation), _activation(cell_activation), _activation(activation))
    size = weight_hh.shape[1]
    if direction != "bidirectional":
        outputs, hidden, cell = _lstm(
            x, initial_h, initial_c, weight_ih, weight_hh, bias, direction == "reverse", functions
        )
        return _sequence(outputs, hidden, output_sequence), hidden, cell
    assert weight_ih_back is not None and weight_hh_back is not None
    starts = (initial_h[:, :size], initial_c[:, :size], initial_h[:, size:], initial_c[:, size:])
    ahead, hidden, cell = _lstm(x, starts[0], starts[1], weight_ih, weight_hh, bias, False, functions)
    back, hidden_back, cell_back = _lstm(
        x, starts[2], starts[3], weight_ih_back, weight_hh_back, bias_back, True, functions
    )
    sequence = torch.cat([_sequence(ahead, hidden, output_sequence), _sequence(back, hidden_back, output_sequence)], -1)
    return sequence, torch.cat([hidden, hidden_back], -1), torch.cat([cell, cell_back], -1)


def _lstm(
    x: Tensor,
    hidden: Tensor,
    cell: Tensor,
    weight_ih: Tensor,
    weight_hh: Tensor,
    bias: Tensor | None,
    backwards: bool,
    functions: tuple[Callable[[Tensor], Tensor], ...],
) -> tuple[dict[int, Tensor], Tensor, Tensor]:
    gate, inner, outer = functions
    projected = torch.matmul(x, weight_ih.t()) + (bias if bias is not None else 0)
    outputs: dict[int, Tensor] = {}
    for step in _steps(projected, backwards):
        entering, forgetting, leaving, new = (projected[step] + torch.matmul(hidden, weight_hh.t())).chunk(4, -1)
        cell = gate(forgetting) * cell + gate(entering) * inner(new)
        hidden = outputs[step] = gate(leaving) * outer(cell)
    return outputs, hidden, cell
