"""Evaluators against MIL's definition: the documentation's own examples, and coremltools' value inference of random inputs."""

from __future__ import annotations

from typing import Any

import numpy
import pytest
from converted import quiet

pytestmark = [pytest.mark.torch, pytest.mark.coreml]
torch = pytest.importorskip("torch")
with quiet():
    pytest.importorskip("coremltools")
    from coremltools.converters.mil.mil import Builder, Function

from tslint.probe.evaluate import Ties, UnevaluableError  # noqa: E402
from tslint.probe.evaluate.graph import as_tensor  # noqa: E402
from tslint.probe.evaluate.registry import EVALUATORS  # noqa: E402
from tslint.probe.evaluate.resize import grid  # noqa: E402


def evaluated(kind: str, **arguments: Any) -> Any:
    """What the evaluator of KIND gives for NumPy values and Python numbers."""

    def given(value: Any) -> Any:
        if isinstance(value, str):
            return value
        if isinstance(value, list) and value and isinstance(value[0], numpy.ndarray):
            return [given(item) for item in value]
        return as_tensor(value)

    registered = EVALUATORS[kind]
    extra = {"ties": Ties()} if registered.ties else {}
    return registered.function(**{name: given(value) for name, value in arguments.items()}, **extra)


def floats(*shape: int, low: float = -2, high: float = 2) -> numpy.ndarray:
    return numpy.random.default_rng(sum(shape)).uniform(low, high, shape).astype(numpy.float32)


def whole(*shape: int, low: int = 0, high: int = 5) -> numpy.ndarray:
    return numpy.random.default_rng(sum(shape)).integers(low, high, shape).astype(numpy.int32)


X = floats(2, 3, 4)
Y = floats(2, 3, 4, low=0.3)[::-1].copy()

INFERRED: list[tuple[str, dict[str, Any]]] = [
    *(
        (kind, {"x": X})
        for kind in ("abs", "atan", "ceil", "cos", "cosh", "erf", "exp", "exp2", "floor", "sign", "sin")
    ),
    *((kind, {"x": X}) for kind in ("round", "sinh", "square", "tan", "tanh", "relu", "relu6", "sigmoid", "softplus")),
    *((kind, {"x": X / 4}) for kind in ("acos", "asin", "atanh")),
    *((kind, {"x": Y}) for kind in ("sqrt", "rsqrt", "log", "inverse", "softsign")),
    *((kind, {"x": X, "y": Y}) for kind in ("add", "sub", "mul", "real_div", "floor_div", "mod", "maximum", "minimum")),
    *((kind, {"x": whole(3, 4), "y": whole(3, 4, low=1)}) for kind in ("floor_div", "mod", "maximum", "sub")),
    *((kind, {"x": X, "y": X[0]}) for kind in ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal")),
    *((kind, {"x": X > 0, "y": Y > 1}) for kind in ("logical_and", "logical_or", "logical_xor")),
    ("logical_not", {"x": X > 0}),
    ("pow", {"x": Y, "y": X}),
    ("clip", {"x": X, "alpha": -0.5, "beta": 0.7}),
    ("threshold", {"x": X, "alpha": 0.2}),
    ("select", {"cond": X > 0, "a": X, "b": Y}),
    ("cast", {"x": X, "dtype": "int32"}),
    ("cast", {"x": X, "dtype": "bool"}),
    ("clamped_relu", {"x": X, "alpha": 0.3, "beta": 0.8}),
    ("elu", {"x": X, "alpha": 0.7}),
    ("gelu", {"x": X, "mode": "EXACT"}),
    ("gelu", {"x": X, "mode": "TANH_APPROXIMATION"}),
    ("gelu", {"x": X, "mode": "SIGMOID_APPROXIMATION"}),
    ("leaky_relu", {"x": X, "alpha": 0.2}),
    ("linear_activation", {"x": X, "alpha": 0.2, "beta": 1.5}),
    ("prelu", {"x": floats(2, 3, 4, 5), "alpha": floats(3)}),
    ("scaled_tanh", {"x": X, "alpha": 0.5, "beta": 1.5}),
    ("sigmoid_hard", {"x": X, "alpha": 0.2, "beta": 0.5}),
    ("softplus_parametric", {"x": X, "alpha": floats(3), "beta": floats(3, low=0.1)}),
    ("softmax", {"x": X, "axis": 1}),
    ("thresholded_relu", {"x": X, "alpha": 0.4}),
    ("l2_norm", {"x": floats(2, 3, 4, 5)}),
    ("layer_norm", {"x": X, "axes": [1, 2], "gamma": floats(3, 4), "beta": floats(4, 3).T.copy()}),
    ("layer_norm", {"x": X, "axes": [1], "gamma": floats(3), "beta": floats(3)}),
    ("linear", {"x": X, "weight": floats(5, 4), "bias": floats(5)}),
    ("matmul", {"x": X, "y": Y, "transpose_y": True}),
    ("einsum", {"values": [floats(2, 3, 4, 5), floats(2, 5, 4, 3)], "equation": "nchw,nwhu->nchu"}),
    *(
        (f"reduce_{kind}", {"x": Y, "axes": [0, 2], "keep_dims": True})
        for kind in ("sum", "mean", "max", "min", "prod")
    ),
    *(
        (f"reduce_{kind}", {"x": Y, "axes": [1]})
        for kind in ("l1_norm", "l2_norm", "log_sum", "log_sum_exp", "sum_square")
    ),
    ("reduce_sum", {"x": whole(3, 4)}),
    ("reduce_argmax", {"x": X, "axis": 1}),
    ("reduce_argmin", {"x": X, "axis": -1, "keep_dims": True}),
    ("cumsum", {"x": X, "axis": 1, "reverse": True}),
    ("argsort", {"x": X, "axis": 1}),
    ("argsort", {"x": X, "axis": 1, "ascending": True}),
    ("topk", {"x": X, "k": 2, "axis": 1}),
    ("topk", {"x": X, "k": 2, "axis": 1, "ascending": True}),
    ("reshape", {"x": X, "shape": [4, -1]}),
    ("reshape", {"x": X, "shape": [0, -1, 2]}),
    ("transpose", {"x": X, "perm": [2, 0, 1]}),
    ("expand_dims", {"x": X, "axes": [0, -1]}),
    ("squeeze", {"x": X[:1], "axes": [0]}),
    ("flatten2d", {"x": X, "axis": 2}),
    ("reverse", {"x": X, "axes": [0, 2]}),
    ("slice_by_index", {"x": X, "begin": [0, 0, 1], "end": [1, 3, -1], "stride": [1, 2, 1]}),
    (
        "slice_by_index",
        {
            "x": X,
            "begin": [0, 2, 0],
            "end": [0, 0, 0],
            "stride": [1, -1, 1],
            "begin_mask": [1, 0, 1],
            "end_mask": [1, 1, 1],
        },
    ),
    ("slice_by_index", {"x": X, "begin": [1, 0, -1], "end": [0, 2, 0], "squeeze_mask": [1, 0, 1]}),
    ("slice_by_size", {"x": X, "begin": [0, 1, 0], "size": [1, -1, 3]}),
    ("gather", {"x": X, "indices": whole(2, 2, high=3), "axis": 1}),
    ("gather_along_axis", {"x": X, "indices": whole(2, 2, 4, high=3), "axis": 1}),
    ("concat", {"values": [X, Y], "axis": 1}),
    ("stack", {"values": [X, Y], "axis": 1}),
    ("split", {"x": X, "split_sizes": [1, 3], "axis": 2}),
    ("split", {"x": X, "num_splits": 3, "axis": 1}),
    ("tile", {"x": X, "reps": [1, 2, 3]}),
    ("fill", {"shape": [2, 3], "value": 1.5}),
    ("range_1d", {"end": 7, "start": 1, "step": 2}),
    ("band_part", {"x": X[0], "lower": 1, "upper": 0}),
    ("non_zero", {"x": whole(3, 4, high=2)}),
    ("pad", {"x": X, "pad": [1, 2, 0, 3], "mode": "constant", "constant_val": 0.5}),
    ("pad", {"x": X, "pad": [1, 2, 3, 1], "mode": "reflect"}),
    ("pad", {"x": X, "pad": [1, 2, 3, 1], "mode": "replicate"}),
    ("shape", {"x": X}),
]


def inferred(kind: str, arguments: dict[str, Any]) -> list[numpy.ndarray]:
    """The outputs of an op built with constant inputs, as coremltools computes them."""
    masks = {name: numpy.array(value, dtype=bool) for name, value in arguments.items() if name.endswith("mask")}
    with Function({}), quiet():
        outputs = getattr(Builder, kind)(**{**arguments, **masks})
    return [output.val for output in (outputs if isinstance(outputs, (tuple, list)) else (outputs,))]


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [pytest.param(kind, arguments, id=f"{number}-{kind}") for number, (kind, arguments) in enumerate(INFERRED)],
)
def test_evaluator_agrees_with_value_inference(kind: str, arguments: dict[str, Any]) -> None:
    expected = inferred(kind, arguments)
    assert all(value is not None for value in expected)
    answer = evaluated(kind, **arguments)
    found = answer if isinstance(answer, tuple) else (answer,)
    assert len(found) == len(expected)
    for value, definition in zip(found, expected, strict=True):
        assert tuple(value.shape) == numpy.shape(definition)
        numpy.testing.assert_allclose(value.numpy(), definition, rtol=1e-5, atol=1e-5)


# -- examples of the documentation -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "count", "points"),
    [
        ("UNALIGN_CORNERS", 5, [0, 0.1, 0.5, 0.9, 1]),
        ("STRICT_ALIGN_CORNERS", 5, [0, 0.25, 0.5, 0.75, 1]),
        ("ALIGN_CORNERS", 5, [0, 0.25, 0.5, 0.75, 1]),
        ("DEFAULT", 5, [0, 0.4, 0.8, 1, 1]),
        ("OFFSET_CORNERS", 5, [0.1, 0.3, 0.5, 0.7, 0.9]),
        ("UNALIGN_CORNERS", 6, [0, 0, 0.33, 0.67, 1, 1]),
        ("STRICT_ALIGN_CORNERS", 6, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        ("DEFAULT", 6, [0, 0.33, 0.67, 1, 1, 1]),
        ("OFFSET_CORNERS", 6, [0.08, 0.25, 0.42, 0.58, 0.75, 0.92]),
        ("STRICT_ALIGN_CORNERS", 1, [0]),
        ("ALIGN_CORNERS", 1, [0.5]),
    ],
)
def test_grid_of_two_points(mode: str, count: int, points: list[float]) -> None:
    numpy.testing.assert_allclose(grid(2, count, mode).numpy(), points, atol=0.005)


@pytest.mark.parametrize("mode", ["UNALIGN_CORNERS", "STRICT_ALIGN_CORNERS", "DEFAULT", "OFFSET_CORNERS"])
def test_resize_bilinear_samples_the_grid_of_both_axes(mode: str) -> None:
    x = numpy.arange(6, dtype=numpy.float32).reshape(1, 1, 2, 3)  # 3 a row, 1 a column
    found = evaluated("resize_bilinear", x=x, target_size_height=5, target_size_width=7, sampling_mode=mode)
    expected = 3 * grid(2, 5, mode).reshape(-1, 1) + grid(3, 7, mode).reshape(1, -1)
    numpy.testing.assert_allclose(found[0, 0].numpy(), expected.numpy(), atol=1e-5)


DATA = numpy.array([[1, 2, 3], [4, 5, 6]], dtype=numpy.float32)
UPDATES = numpy.array([[5, 6, 7], [8, 9, 10]], dtype=numpy.float32)
PAIRS = [numpy.array([[1, 2], [3, 4], [5, 6]]), numpy.array([[7, 8], [9, 10], [11, 12]])]
EIGHT = numpy.arange(8).reshape(1, 8, 1, 1)
SQUARE = numpy.arange(4).reshape(1, 1, 2, 2)


def scattered(indices: Any, mode: str, updates: Any = UPDATES, **arguments: Any) -> dict[str, Any]:
    return {"data": DATA, "indices": indices, "updates": updates, "mode": mode, **arguments}


@pytest.mark.parametrize(
    ("kind", "arguments", "expected"),
    [
        ("scatter", scattered([1, 0], "add", axis=0), [[9, 11, 13], [9, 11, 13]]),
        ("scatter", scattered([1, 1], "max"), [[1, 2, 3], [8, 9, 10]]),
        ("scatter", scattered([-1, 0], "update"), [[8, 9, 10], [5, 6, 7]]),
        ("scatter", scattered([2, 0, 1], "update", axis=1), [[6, 7, 5], [9, 10, 8]]),
        ("scatter_along_axis", scattered([[1, 0, 0]], "mul", UPDATES[:1]), [[1, 12, 21], [20, 5, 6]]),
        ("scatter_nd", scattered([[0, 1], [0, 2]], "update", [5.0, 10.0]), [[1, 5, 10], [4, 5, 6]]),
        ("scatter_nd", scattered([[0, 1], [0, 1]], "add", [5.0, 10.0]), [[1, 17, 3], [4, 5, 6]]),
        ("gather_nd", {"x": DATA, "indices": [[0, 2], [1, 0]]}, [3, 4]),
        ("gather_nd", {"x": DATA, "indices": [[2], [0]], "batch_dims": 1}, [3, 4]),
        ("gather", {"x": DATA, "indices": [[2, 0], [1, 1]], "axis": 1, "batch_dims": 1}, [[3, 1], [5, 5]]),
        (
            "concat",
            {"values": PAIRS, "axis": 0, "interleave": True},
            [[1, 2], [7, 8], [3, 4], [9, 10], [5, 6], [11, 12]],
        ),
        (
            "one_hot",
            {"indices": [0, 2, 5], "one_hot_vector_size": 3, "axis": 0, "on_value": 7, "off_value": 1},
            [[7, 1, 1], [1, 1, 1], [1, 7, 1]],
        ),
        ("cumsum", {"x": DATA, "axis": 1, "exclusive": True}, [[0, 1, 3], [0, 4, 9]]),
        ("band_part", {"x": DATA, "lower": 0, "upper": -1}, [[1, 2, 3], [0, 5, 6]]),
        ("band_part", {"x": DATA, "lower": 0, "upper": 0}, [[1, 0, 0], [0, 5, 0]]),
        ("reverse_sequence", {"x": DATA, "lengths": [2, 3], "seq_axis": 1, "batch_axis": 0}, [[2, 1, 3], [6, 5, 4]]),
        ("sliding_windows", {"x": [1, 2, 3, 4, 5], "axis": 0, "size": 3, "stride": 2}, [[1, 2, 3], [3, 4, 5]]),
        ("depth_to_space", {"x": EIGHT, "block_size": 2}, [[[[0, 2], [4, 6]], [[1, 3], [5, 7]]]]),
        ("pixel_shuffle", {"x": EIGHT, "upscale_factor": 2}, [[[[0, 1], [2, 3]], [[4, 5], [6, 7]]]]),
        (
            "space_to_batch",
            {"x": SQUARE, "block_shape": [2, 2], "paddings": [[0, 0], [0, 0]]},
            [[[[0]]], [[[1]]], [[[2]]], [[[3]]]],
        ),
        (
            "crop",
            {"x": numpy.arange(12).reshape(1, 3, 4), "crop_height": [1, 0], "crop_width": [0, 2]},
            [[[4, 5], [8, 9]]],
        ),
        ("round", {"x": [0.5, 1.5, -0.5, 2.4]}, [0, 2, 0, 2]),
        ("cast", {"x": [-1.7, 1.7], "dtype": "int32"}, [-1, 1]),
        ("upsample_nearest_neighbor", {"x": [[[0, 1]]], "scale_factor_width": 2}, [[[0, 0, 1, 1]]]),
        ("fill_like", {"ref_tensor": DATA, "value": 3}, [[3, 3, 3], [3, 3, 3]]),
    ],
)
def test_documented_example(kind: str, arguments: dict[str, Any], expected: Any) -> None:
    assert evaluated(kind, **arguments).tolist() == expected


def test_squeeze_keeps_a_named_dimension_that_is_not_one() -> None:
    assert evaluated("squeeze", x=numpy.zeros((2, 3, 1)), axes=[0, 2]).shape == (2, 3)


def test_reshape_takes_zeros_from_the_right() -> None:
    """The documentation of iOS 17: (2, 50) with the shape (1, 0, -1, 0)."""
    assert evaluated("reshape", x=numpy.zeros((2, 50)), shape=[1, 0, -1, 0]).shape == (1, 1, 2, 50)


def test_reshape_like_joins_parts_of_shapes() -> None:
    like = [numpy.zeros((2, 3, 4)), numpy.zeros((1, 5, 6))]
    arguments = {"begins": [0, 1], "ends": [2, 0], "end_masks": [False, True]}
    scalars = {name: [numpy.array(item) for item in value] for name, value in arguments.items()}
    assert evaluated("reshape_like", x=numpy.zeros(180), ref_tensors=like, **scalars).shape == (2, 3, 5, 6)


def test_average_pool_leaves_the_rest_of_ceil_mode_out_of_its_divisor() -> None:
    arguments = {
        "x": numpy.ones((1, 1, 4)),
        "kernel_sizes": [3],
        "strides": [2],
        "pad_type": "custom",
        "ceil_mode": True,
    }
    counted = evaluated("avg_pool", **arguments, pad=[1, 1])
    assert counted.tolist() == pytest.approx(numpy.array([[[2 / 3, 1, 1 / 2]]]))
    excluded = evaluated("avg_pool", **arguments, pad=[1, 1], exclude_padding_from_average=True)
    assert excluded.tolist() == [[[1, 1, 1]]]


def test_same_padding_puts_the_odd_element_where_it_belongs() -> None:
    arguments = {"x": numpy.arange(1.0, 5).reshape(1, 1, 4), "weight": numpy.ones((1, 1, 2))}
    assert evaluated("conv", **arguments, pad_type="same").tolist() == [[[3, 5, 7, 4]]]
    assert evaluated("conv", **arguments, pad_type="same_lower").tolist() == [[[1, 3, 5, 7]]]
    arguments["x"] = numpy.arange(1.0, 6).reshape(1, 1, 5)
    assert evaluated("conv", **arguments, pad_type="same", strides=[2]).tolist() == [[[3, 7, 5]]]


def test_transposed_convolution_cuts_its_padding_and_obeys_its_output_shape() -> None:
    arguments = {"x": numpy.array([[[1.0, 2.0]]]), "weight": numpy.ones((1, 1, 3)), "strides": [2], "bias": [10.0]}
    assert evaluated("conv_transpose", **arguments).tolist() == [[[11, 11, 13, 12, 12]]]
    assert evaluated("conv_transpose", **arguments, pad_type="custom", pad=[1, 0]).tolist() == [[[11, 13, 12, 12]]]
    wanted = {"pad_type": "custom", "pad": [1, 1], "output_shape": [1, 1, 4]}
    assert evaluated("conv_transpose", **arguments, **wanted).tolist() == [[[11, 13, 12, 12]]]


def test_suppression_keeps_the_best_of_overlapping_boxes() -> None:
    boxes = numpy.array([[[1, 1, 2, 2], [1.2, 1, 2, 2], [5, 5, 2, 2]]], dtype=numpy.float32)
    scores = numpy.array([[[0.3], [0.9], [0.5]]], dtype=numpy.float32)
    arguments = {"iou_threshold": 0.5, "max_boxes": 3}
    _, _, indices, counts = evaluated(
        "non_maximum_suppression", boxes=boxes, scores=scores, score_threshold=-1.0, **arguments
    )
    assert (indices.tolist(), counts.tolist()) == ([[1, 2, -1]], [2])
    newer = evaluated(
        "non_maximum_suppression", boxes=boxes.transpose(0, 2, 1), scores=scores.transpose(0, 2, 1), **arguments
    )
    assert newer[2].tolist() == [[1, 2, -1]]


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("real_div", {"x": numpy.array([7]), "y": numpy.array([2])}),
        ("upsample_nearest_neighbor", {"x": numpy.zeros((1, 1, 10)), "scale_factor_width": 1.25}),
        (
            "resize",
            {
                "x": numpy.zeros((1, 2, 2)),
                "shape": [4, 4],
                "resized_dims": 2,
                "interpolation_mode": "NEAREST_NEIGHBOR",
                "sampling_mode": "UNALIGN_CORNERS",
            },
        ),
    ],
)
def test_what_the_documentation_leaves_open_gives_no_verdict(kind: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(UnevaluableError):
        evaluated(kind, **arguments)


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        ("gather", {"x": DATA, "indices": [2]}),
        ("slice_by_index", {"x": DATA, "begin": [2, 0], "end": [0, 0], "squeeze_mask": [1, 0]}),
        ("pad", {"x": DATA, "pad": [3, 0], "mode": "reflect"}),
        ("topk", {"x": DATA, "k": 4}),
        ("split", {"x": DATA, "num_splits": 2, "axis": 1}),
    ],
)
def test_what_does_not_fit_is_refused(kind: str, arguments: dict[str, Any]) -> None:
    with pytest.raises((IndexError, ValueError)):
        evaluated(kind, **arguments)


def test_turned_run_takes_the_other_side_of_a_tie_alone() -> None:
    ties = Ties(turned=True)
    x = torch.tensor([[1.0, 1.00005, 0.2, 1.0]])
    assert EVALUATORS["reduce_argmax"].function(x=x, axis=1, ties=ties).tolist() == [3]
    assert ties.seen
    assert EVALUATORS["greater"].function(x=x, y=torch.tensor(1.0), ties=ties).tolist() == [[True, False, False, True]]
    assert EVALUATORS["argsort"].function(x=x, axis=1, ascending=True, ties=ties).tolist() == [[2, 1, 3, 0]]
    assert EVALUATORS["floor"].function(x=torch.tensor([0.99999, 0.5, -1.0]), ties=ties).tolist() == [1, 0, -2]


def test_integers_have_no_ties() -> None:
    ties = Ties(turned=True)
    x = torch.tensor([1, 2], dtype=torch.int32)
    assert EVALUATORS["equal"].function(x=x, y=x, ties=ties).tolist() == [True, True]
    assert not ties.seen


# -- random numbers: of the distribution that the documentation names ---------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "arguments", "mean", "deviation"),
    [
        ("random_normal", {"mean": 3.0, "stddev": 0.5}, 3.0, 0.5),
        ("random_normal", {}, 0.0, 1.0),
        ("random_uniform", {"low": -1.0, "high": 5.0}, 2.0, 6 / 12**0.5),
        ("random_uniform", {}, 0.5, 1 / 12**0.5),
        ("random_bernoulli", {"prob": 0.2}, 0.2, 0.4),
        ("random_bernoulli", {}, 0.5, 0.5),
    ],
)
def test_drawn_numbers_have_the_distribution(kind: str, arguments: Any, mean: float, deviation: float) -> None:
    torch.manual_seed(0)
    drawn = evaluated(kind, shape=numpy.array([40, 500], dtype=numpy.int32), **arguments)
    assert drawn.shape == (40, 500) and drawn.dtype == torch.float32
    assert abs(float(drawn.mean()) - mean) < 0.03 * deviation
    assert abs(float(drawn.std()) - deviation) < 0.03 * deviation
    if kind == "random_uniform":
        assert arguments.get("low", 0.0) <= float(drawn.min()) and float(drawn.max()) < arguments.get("high", 1.0)


@pytest.mark.parametrize("mode", ["logits", "probs"])
def test_categories_are_drawn_as_often_as_they_are_likely(mode: str) -> None:
    weights = numpy.array([[0.1, 0.6, 0.3], [0.0, 0.0, 1.0]], dtype=numpy.float32)
    with numpy.errstate(divide="ignore"):
        given = numpy.log(weights) if mode == "logits" else weights
    torch.manual_seed(0)
    drawn = evaluated("random_categorical", x=given, mode=mode, size=20_000)
    assert drawn.shape == (2, 20_000) and drawn.dtype == torch.float32
    shares = [[float((row == category).float().mean()) for category in range(3)] for row in drawn]
    assert numpy.allclose(shares, weights, atol=0.01)
