"""Writes that coremltools loses: what is expected here was measured with coremltools 9.0, body by body."""

from __future__ import annotations

import libcst as cst
import pytest
from support import facts_of

LOST = {
    "y = x * 2; y[:, 0].add_(5); return y": "y",
    "y = x * 2; v = y[:, 0]; v += 5; return y": "y",
    "y = x * 2; y[:, 0].add_(5); return y.sum()": "y",
    "y = x * 2; y.view(-1).add_(5); return y * 1": "y",
    "y = x * 2; y.t().mul_(5); return y": "y",
    "y = x * 2; y.T.mul_(5); return y": "y",
    "y = x * 2; y[:, :2].clamp_(0, 1); return y": "y",
    "y = x * 2; y[..., 0:1].mul_(2).sub_(1); return y": "y",
    "y = x * 2; y[None].add_(5); return y": "y",
    "y = x * 2; a, b = y.split([1, 2], 1); a.add_(5); return y": "y",
    "y = x * 2; a, b = y.unbind(0); a.add_(5); return y": "y",
    "y = x * 2; y.narrow(1, 0, 2).add_(5); return y": "y",
    "y = x * 2; y.unsqueeze(0).add_(5); return y": "y",
    "y = x * 2; y[:, 0:2][:, 0] .add_(1); return y": "y",
    "y = x * 2; v = y[0]; w = v[1:]; w.mul_(5); return v * 1": "v",
    "y = x * 2; v = y[:, :2]; y *= 2; return v + 1": "v",
    "y = x * 2; v = y[:, 0]; y.add_(5); return v": "v",
    "y = x * 2; v = y[:, :2]; F.relu(y, inplace=True); return v": "v",
    "y = x * 2; v = y.view(-1); v[1] = 5; return y * 1": "y",
    "v = x[:, 0]; v.mul_(2); return x.sum()": "x",
    "y = torch.zeros(2, 3)\nfor i in range(3):\n    y[:, i].add_(x[:, i])\nreturn y": "y",
    "y = x * 2; z = y; y[:, 0].add_(5); return z": "z",
    "y = x * 2; y[:, 0].scatter_(0, i, x[:, 0]); return y": "y",
    "y = x * 2; y.view(3, 2)[0].scatter_add_(0, i, x[:, 0]); return y": "y",
    "y = x * 2; y[:, :2].index_put_((i,), x[:, :2]); return y": "y",
    "y = x * 2; y[:, :2].tril_(); return y * 1": "y",
    "y = x * 2; y[:, :2].addmm_(x[:, :2], x[:, :2]); return y": "y",
    "y = x * 2; y.view(3, 2)[:, 1].fill_(9); return y": "y",
    "y = x * 2; y.t()[0].copy_(x[:, 0]); return y": "y",
}
KEPT = [
    "y = x * 2; y[:, 0] += 5; return y",
    "y = x * 2; y[:, 0] = 5; return y",
    "y = x * 2; v = y[0]; v[1] = 5; return y",
    "y = x * 2; y[0][1] = 5; return y",
    "y = x * 2; y.add_(5); return y",
    "y = x * 2; z = y; y += 5; return z",
    "y = x * 2; y[0].fill_(7); return y",
    "y = x * 2; y[:, 0].copy_(x[:, 1]); return y",
    "y = x * 2; v = y[:, 0]; v.add_(5); return v * 1",
    "y = x * 2; y.scatter_(1, i, x); return y",
    "y = x * 2; y[0][1:].copy_(x[0][:2]); return y",
    "y = x * 2; v = y.view(3, 2); v[:, 1].copy_(x[0]); return v",
    "y = x * 2; a, b = y.split([1, 2], 1); a.add_(5); return torch.cat([a, b], 1)",
    "a, b = x[:, :1], x[:, 1:2]; a += b; return torch.cat([a, b], 1)",
    "y = x * 2; y[torch.tensor([0])].add_(5); return y",
    "y = x * 2; y[x > 1].add_(5); return y",
    "y = x * 2; z = y.sum(); y[:, 0].add_(5); return z",
    "y = x * 2; y += 1; v = y[:, :2]; return v + 1",
    "y = (x * 2).view(-1); y += 1; return y",
    "x = x.view(-1); x += 1; return x",
    "y = x * 2; y.contiguous().add_(5); return y",
    "y = x * 2; y[:, 0].requires_grad_(False); return y",
    "y = x * 2; y.t_(); return y",
    "y = x * 2; y[:, 0].add_(5); y = x; return y",
    "y = x * 2; y[:, 0].add_(5); return x.view(y.shape)",
    "y = x * 2; v = y[:, :2].clone(); y += 1; return v",
    "q = x[:, :2]; k = x[:, 2:]; q *= 3; return q.sum() + k.sum()",
    "y = x * 2; v = y[:, :2]\nif self.flag:\n    v = x * 3\nv.add_(1)\nreturn y",
]


def lost(body: str) -> list[str]:
    """The variables that a write goes past."""
    lines = "\n".join(f"        {line}" for line in body.split("\n"))
    facts = facts_of(f"class Net(nn.Module):\n    def forward(self, x):\n{lines}\n")
    (forward,) = facts.nodes(cst.FunctionDef)
    return [found.read.value for found in facts.lost_writes(forward)]


@pytest.mark.parametrize("body", LOST)
def test_what_a_write_goes_past(body: str) -> None:
    assert lost(body) == [LOST[body]]


def test_each_of_several_writes_is_lost() -> None:
    assert lost("y = x * 2; y[:, 0].add_(5); y[:, 1].mul_(2); return y") == ["y", "y"]


@pytest.mark.parametrize("body", KEPT)
def test_what_sees_a_write(body: str) -> None:
    assert lost(body) == []
