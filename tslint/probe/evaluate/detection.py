"""Boxes (MIL: non_maximum_suppression). No PyTorch op becomes ``crop_resize``, which therefore has no evaluator."""

from __future__ import annotations

import torch
from torch import Tensor

from tslint.probe.evaluate.registry import Ties, UnevaluableError, evaluates, flag, integer, number


def _overlap(box: Tensor, others: Tensor) -> Tensor:
    """Intersection over union of one box (centre x, centre y, width, height) with others."""
    low = torch.maximum(box[:2] - box[2:] / 2, others[:, :2] - others[:, 2:] / 2)
    high = torch.minimum(box[:2] + box[2:] / 2, others[:, :2] + others[:, 2:] / 2)
    shared = (high - low).clamp(min=0).prod(-1)
    return shared / (box[2:].prod() + others[:, 2:].prod(-1) - shared)


@evaluates("non_maximum_suppression", ties=True)
def non_maximum_suppression(
    boxes: Tensor,
    scores: Tensor,
    iou_threshold: Tensor,
    max_boxes: Tensor,
    ties: Ties,
    score_threshold: Tensor | None = None,
    per_class_suppression: Tensor | bool = False,
) -> tuple[Tensor, ...]:
    """The form that `torchvision.ops.nms` becomes: a single class. Before iOS 17, with ``score_threshold``, boxes are rows."""
    rows = score_threshold is not None
    if not rows:
        boxes, scores = boxes.transpose(1, 2), scores.transpose(1, 2)
    if scores.shape[-1] != 1 or flag(per_class_suppression):
        raise UnevaluableError("several classes")
    limit, threshold = integer(max_boxes), number(iou_threshold)
    kept_boxes = torch.zeros(boxes.shape[0], limit, 4, dtype=boxes.dtype)
    kept_scores = torch.zeros(boxes.shape[0], limit, 1, dtype=scores.dtype)
    indices = torch.full((boxes.shape[0], limit), -1, dtype=torch.int32)
    counts = torch.zeros(boxes.shape[0], dtype=torch.int32)
    for batch in range(boxes.shape[0]):
        own = scores[batch, :, 0]
        order = [int(index) for index in torch.argsort(own, descending=True, stable=True)]
        if score_threshold is not None:
            order = [index for index in order if float(own[index]) >= number(score_threshold)]
        kept: list[int] = []
        for index in order:
            if len(kept) == limit:
                break
            if kept:
                overlaps = _overlap(boxes[batch, index], boxes[batch, kept])
                edge = torch.full_like(overlaps, threshold)
                nearest = overlaps > edge
                if bool(ties.choose(ties.near(overlaps, edge), nearest, ~nearest).any()):
                    continue
            kept.append(index)
        chosen = torch.tensor(kept, dtype=torch.int64)
        kept_boxes[batch, : len(kept)] = boxes[batch, chosen]
        kept_scores[batch, : len(kept)] = scores[batch, chosen]
        indices[batch, : len(kept)] = chosen.to(torch.int32)
        counts[batch] = len(kept)
    if rows:
        return kept_boxes, kept_scores, indices, counts
    return kept_boxes.transpose(1, 2), kept_scores.transpose(1, 2), indices
