"""Convert a semantic segmentation network to Core ML.

A DeepLab-style network: a ResNet backbone with dilated last stages, atrous spatial pyramid pooling, and upsampling to
the size of the image. It answers with the logits of its main head and of an auxiliary one, as torchvision's do.
"""

import json
import math

import coremltools as ct
import torch
import torch.nn as nn
import torch.nn.functional as F

LABELS = [
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
]  # fmt: skip
COLORS = [
    "#000000", "#800000", "#008000", "#808000", "#000080", "#800080", "#008080", "#808080", "#400000", "#C00000", "#408000",
    "#C08000", "#400080", "#C00080", "#408080", "#C08080", "#004000", "#804000", "#00C000", "#80C000", "#004080",
]  # fmt: skip


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, inplanes, planes, stride=1, dilation=1):
        super().__init__()
        outplanes = planes * self.expansion
        self.conv1 = nn.Conv2d(inplanes, planes, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride=stride, padding=dilation, dilation=dilation, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3 = nn.Conv2d(planes, outplanes, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outplanes)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or inplanes != outplanes:
            self.downsample = nn.Sequential(
                nn.Conv2d(inplanes, outplanes, 1, stride=stride, bias=False),
                nn.BatchNorm2d(outplanes),
            )

    def forward(self, x):
        identity = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        if self.downsample is not None:
            identity = self.downsample(x)
        return self.relu(out + identity)


class Backbone(nn.Module):
    """ResNet with a stride of 8: the last two stages are dilated instead of strided."""

    def __init__(self, layers=(2, 2, 2, 2), width=16):
        super().__init__()
        self.inplanes = width
        self.stem = nn.Sequential(
            nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(3, stride=2, padding=1),
        )
        self.layer1 = self._make_layer(width, layers[0])
        self.layer2 = self._make_layer(width * 2, layers[1], stride=2)
        self.layer3 = self._make_layer(width * 4, layers[2], dilation=2)
        self.layer4 = self._make_layer(width * 8, layers[3], dilation=4)

    def _make_layer(self, planes, blocks, stride=1, dilation=1):
        layers = [Bottleneck(self.inplanes, planes, stride, dilation)]
        self.inplanes = planes * Bottleneck.expansion
        for _ in range(1, blocks):
            layers.append(Bottleneck(self.inplanes, planes, dilation=dilation))
        return nn.Sequential(*layers)

    def forward(self, x):
        x = self.stem(x)
        x = self.layer2(self.layer1(x))
        mid = self.layer3(x)
        return mid, self.layer4(mid)


class ASPPPooling(nn.Module):
    """What the whole image is about. No batch norm: a batch of one image has one value a channel here."""

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.conv = nn.Conv2d(in_channels, out_channels, 1)

    def forward(self, x):
        size = x.shape[-2:]
        x = F.relu(self.conv(self.pool(x)))
        return F.interpolate(x, size=size, mode="bilinear", align_corners=False)


class ASPP(nn.Module):
    def __init__(self, in_channels, out_channels=64, rates=(6, 12, 18)):
        super().__init__()
        branches = [self._branch(in_channels, out_channels, 1, 0, 1)]
        for rate in rates:
            branches.append(self._branch(in_channels, out_channels, 3, rate, rate))
        branches.append(ASPPPooling(in_channels, out_channels))
        self.branches = nn.ModuleList(branches)
        self.project = nn.Sequential(
            nn.Conv2d(len(branches) * out_channels, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
            nn.Dropout(0.5),
        )

    def _branch(self, in_channels, out_channels, kernel_size, padding, dilation):
        return nn.Sequential(
            nn.Conv2d(in_channels, out_channels, kernel_size, padding=padding, dilation=dilation, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(inplace=True),
        )

    def forward(self, x):
        outputs = []
        for branch in self.branches:
            outputs.append(branch(x))
        return self.project(torch.cat(outputs, dim=1))


class SegmentationNet(nn.Module):
    def __init__(self, num_classes=21):
        super().__init__()
        self.backbone = Backbone()
        self.aspp = ASPP(512)
        self.head = nn.Conv2d(64, num_classes, 1)
        self.aux_head = nn.Sequential(
            nn.Conv2d(256, 64, 3, padding=1),
            nn.ReLU(),
            nn.Dropout(0.1),
            nn.Conv2d(64, num_classes, 1),
        )
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        size = x.shape[-2:]
        # Larger images collect more context: keep the logits comparable between sizes.
        scale = math.sqrt(x.size(2))
        mid, high = self.backbone(x)
        out = self.head(self.aspp(high)) / scale
        aux = self.aux_head(mid)
        return {
            "out": F.interpolate(out, size=size, mode="bilinear", align_corners=False),
            "aux": F.interpolate(aux, size=size, mode="bilinear", align_corners=False),
        }


torch.manual_seed(0)
model = SegmentationNet(num_classes=len(LABELS))
example = torch.rand(1, 3, 128, 128)

traced = torch.jit.trace(model, example)

mlmodel = ct.convert(
    traced,
    inputs=[
        ct.ImageType(
            name="image",
            shape=example.shape,
            scale=1 / (255 * 0.226),
            bias=[-0.485 / 0.229, -0.456 / 0.224, -0.406 / 0.225],
        )
    ],
)

mlmodel.short_description = "Labels every pixel of an image with one of the 21 classes of Pascal VOC"
mlmodel.author = "tslint"
mlmodel.license = "MIT"
mlmodel.version = "1.0"
mlmodel.user_defined_metadata["com.apple.coreml.model.preview.type"] = "imageSegmenter"
preview = {"labels": LABELS, "colors": COLORS}
mlmodel.user_defined_metadata["com.apple.coreml.model.preview.params"] = json.dumps(preview)
mlmodel.save("Segmentation.mlpackage")
