"""Scale and bias of an image against the mean and standard deviation that its model was trained with."""

from __future__ import annotations

from tslint.frozen import frozen

Row = tuple[float, ...]


@frozen
class Statistics:
    """Mean and standard deviation of pixels from 0 to 1, a number for each channel.

    ``telling``: a bias made of them tells that they are meant, whatever the scale is; halves and ones may be anything.
    """

    name: str
    mean: Row
    std: Row
    telling: bool = True

    @property
    def bias(self) -> Row:
        return tuple(-mean / std for mean, std in zip(self.mean, self.std, strict=True))

    @property
    def average(self) -> float:
        return sum(self.std) / len(self.std)

    @property
    def scale(self) -> float:
        return 1 / (255 * self.average)

    def reversed(self) -> Statistics:
        """The same for channels in the order blue, green, red."""
        return Statistics(self.name, self.mean[::-1], self.std[::-1], self.telling)


@frozen
class Wrong:
    """Which argument is wrong, and how; ``sure`` unless another training would need just that."""

    argument: str
    text: str
    sure: bool = True


KNOWN = (
    Statistics("ImageNet's statistics", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    Statistics("CLIP's statistics", (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)),
    Statistics("CIFAR-10's statistics", (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    Statistics("CIFAR-10's statistics", (0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
    Statistics("MNIST's statistics", (0.1307,), (0.3081,)),
    Statistics("mean 0.5 and deviation 0.5", (0.5, 0.5, 0.5), (0.5, 0.5, 0.5), telling=False),
    Statistics("mean 0.5 and deviation 0.5", (0.5,), (0.5,), telling=False),
)
"""torchvision's and timm's constants, those of OpenAI's CLIP, and the usual ones of CIFAR-10 and MNIST."""


def problem(scale: float, bias: Row, known: Statistics) -> Wrong | None:
    """What is wrong if KNOWN statistics are meant; None where nothing is, or where others are meant.

    Core ML computes ``scale * pixel + bias`` of pixels from 0 to 255, so that ``(pixel / 255 - mean) / std`` needs the scale
    ``1 / (255 * std)``, for which one number must do, and the bias ``-mean / std``.
    """
    low, high = 0.97 / (255 * max(known.std)), 1.03 / (255 * min(known.std))
    fits = low <= scale <= high
    telling = fits or known.telling
    if _alike(bias, known.bias) or _alike(bias, tuple(-mean / known.average for mean in known.mean)):
        return None if fits else _wrong_scale(scale, known)
    if _alike(bias, tuple(-value for value in known.bias)) and telling:
        return Wrong("bias", "the bias has the wrong sign: it is `-mean / std`")
    if _alike(bias, known.mean) and telling:
        return Wrong("bias", "the bias is the mean, and not `-mean / std`")
    if _alike(bias, tuple(-mean for mean in known.mean)) and fits:
        return Wrong("bias", "the bias is not divided by the standard deviation, as the scale is")
    if _alike(bias, tuple(-mean for mean in known.mean)) and telling and _near(scale, 1 / 255):
        return Wrong("bias", "neither scale nor bias is divided by the standard deviation", sure=False)
    if _alike(bias, tuple(-255 * mean for mean in known.mean)) and scale < 0.1:
        return Wrong("bias", "the bias is added after the scaling, and must be scaled itself: `-mean / std`")
    if _alike(bias, tuple(255 * value for value in known.bias)) and telling:
        return Wrong("bias", "the bias is 255 times too large: it is `-mean / std`")
    return None


def _wrong_scale(scale: float, known: Statistics) -> Wrong:
    if _near(scale, 1 / 255):
        return Wrong("scale", "the scale is not divided by the standard deviation, as the bias is")
    if 0.97 / max(known.std) <= scale <= 1.03 / min(known.std):
        return Wrong("scale", "the scale is not divided by 255")
    if _near(scale, 1):
        return Wrong("scale", "the pixels are not scaled, as the bias needs")
    return Wrong("scale", f"the scale does not fit the bias: it is `1 / (255 * {known.average:.3g})`")


def _alike(one: Row, other: Row) -> bool:
    return len(one) == len(other) and all(_near(a, b) for a, b in zip(one, other, strict=True))


def _near(one: float, other: float) -> bool:
    return abs(one - other) <= 0.015 * abs(other)
