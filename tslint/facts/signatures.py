"""Tables: what PyTorch's functions, methods and layers return, and what the tracer keeps or bakes.

The tracer's part was measured on torch 2.13; ``tests/facts/test_tracer_table.py`` measures it again.
"""

from __future__ import annotations

from tslint.facts.tree import words

# -- what the tracer cannot see ----------------------------------------------------------------------------------------

LIBRARIES = ("math", "cmath", "numpy", "scipy", "statistics", "decimal", "fractions", "builtins", "operator")
"""Libraries of plain Python numbers: a size that passes through one of their functions leaves the graph."""

KEPT = words("""
    builtins.abs builtins.min builtins.max builtins.pow builtins.sum math.prod operator.add operator.sub
    operator.mul operator.floordiv operator.truediv operator.mod operator.neg operator.pow numpy.shape numpy.ndim
""")
"""Those that leave a size live: they only apply its own operators, or ask a tensor for its own attribute."""

NUMBER_BUILTINS = words("""
    builtins.int builtins.float builtins.bool builtins.complex builtins.round builtins.divmod builtins.hash
    builtins.str builtins.repr builtins.format builtins.hex builtins.oct builtins.bin builtins.chr
""")

LIBRARY_CONSTANTS = words("""
    math.pi math.e math.tau math.inf math.nan numpy.pi numpy.e numpy.inf numpy.nan numpy.newaxis torch.pi torch.inf
    torch.nan torch.e sys.maxsize torch.__version__ torch.version.cuda
""")

FALSE_WHILE_TRACING = words("""
    torch.jit.is_scripting torch.onnx.is_in_onnx_export torch.compiler.is_compiling
    torch._dynamo.is_compiling torch.compiler.is_dynamo_compiling torch.is_autocast_enabled
""")
TRUE_WHILE_TRACING = frozenset({
    "torch.jit.is_tracing", "torch._C._get_tracing_state", "torch._C._is_tracing", "torchvision._is_tracing"
})  # fmt: skip

COMPILED_BY = frozenset({"torch.jit.script", "torch.jit.script_if_tracing", "torch.jit._script_if_tracing"})
"""Decorators of functions whose Python is never run while tracing: the tracer records a call of the compiled function."""

# -- operators: the same whether called as torch.f(x), x.f() or F.f(x) ---------------------------------------------------

ELEMENTWISE = words("""
    abs absolute acos acosh add addcdiv addcmul angle arccos arcsin arctan asin asinh atan atan2 atanh bernoulli
    bitwise_and bitwise_not bitwise_or bitwise_xor ceil celu clamp clamp_max clamp_min clip clone conj contiguous
    copy_ cos cosh cpu cuda cummax cumprod cumsum data deg2rad detach digamma div divide double dropout dropout1d
    dropout2d dropout3d alpha_dropout feature_alpha_dropout elu eq erf erfc erfinv exp exp2 expm1 fill_ flip float
    fmax fmin fmod frac ge gelu glu_ gt half hardshrink hardsigmoid hardswish hardtanh heaviside hypot int isfinite
    isinf isnan isclose le leaky_relu lerp lgamma log log10 log1p log2 log_softmax logaddexp logical_and logical_not
    logical_or logical_xor logit logsigmoid long lt masked_fill masked_scatter maximum minimum mish mul multiply
    nan_to_num ne neg negative normal_ normalize not_equal ones_like positive pow prelu quantize_per_tensor rad2deg
    rand_like randint_like randn_like reciprocal relu relu6 remainder requires_grad_ rms_norm roll round rrelu rsqrt
    rsub scatter scatter_ scatter_add scatter_add_ selu short sigmoid sign silu sin sinc sinh softmax softmin
    softplus softshrink softsign sqrt square sub subtract tan tanh tanhshrink threshold to tril triu true_divide
    trunc type type_as uniform_ where xlogy zero_ zeros_like empty_like full_like gumbel_softmax floor floor_divide
    batch_norm instance_norm group_norm layer_norm local_response_norm bfloat16 byte char bool char pin_memory
    index_fill index_add index_copy masked_fill_ clamp_ retain_grad greater less greater_equal less_equal argsort
    renorm dequantize cumulative_trapezoid lerp_ index_put index_put_ index_fill_ index_add_ index_copy_ float_power
    gcd ldexp nextafter fliplr flipud
""")
"""The result has the (broadcast) shape of the tensors handed in."""

REDUCTIONS = words("""
    sum mean std var norm prod all any argmax argmin logsumexp amax amin nansum nanmean count_nonzero median_value
""")
PAIRS = frozenset(
    [
        "max",
        "min",
        "median",
        "mode",
        "sort",
        "topk",
        "kthvalue",
        "std_mean",
        "var_mean",
        "aminmax",
        "cummax",
        "cummin",
        "nanmedian",
    ]
)
"""Reductions that return values and indices once a dimension is given (sort, topk: always)."""
ALWAYS_PAIRS = frozenset(["sort", "topk", "kthvalue", "mode", "std_mean", "var_mean", "cummax", "cummin", "aminmax"])

LOSSES = words("""
    cross_entropy nll_loss mse_loss l1_loss smooth_l1_loss huber_loss binary_cross_entropy
    binary_cross_entropy_with_logits kl_div cosine_embedding_loss ctc_loss gaussian_nll_loss hinge_embedding_loss
    margin_ranking_loss multi_margin_loss multilabel_margin_loss multilabel_soft_margin_loss poisson_nll_loss
    soft_margin_loss triplet_margin_loss triplet_margin_with_distance_loss dist trace det logdet
""")

CREATION = frozenset(["zeros", "ones", "empty", "rand", "randn", "new_zeros", "new_ones", "new_empty"])
"""Take a shape first."""
CREATION_SECOND = frozenset(["full", "new_full", "randint", "normal"])

NO_TENSOR = words("""
    is_tensor is_floating_point is_complex is_cuda is_contiguous is_storage get_default_dtype
    get_rng_state is_pinned is_sparse is_leaf is_shared get_device element_size data_ptr stride storage_offset
    is_same_size manual_seed set_grad_enabled no_grad enable_grad inference_mode autocast can_cast promote_types
    result_type set_default_dtype is_grad_enabled register_hook backward storage dim ndimension get_num_threads
    are_deterministic_algorithms_enabled use_deterministic_algorithms clear_autocast_cache compiled_with_cxx11_abi
    initial_seed seed typename save dense_dim sparse_dim dim_order qscheme untyped_storage storage_type record_stream
    register_post_accumulate_grad_hook
""")

EVIDENCE = words("""
    size view unsqueeze squeeze permute contiguous view_as expand expand_as masked_fill detach dim reshape_as
    flatten chunk transpose matmul bmm softmax sigmoid unfold unbind numel masked_fill_ index_select narrow scatter_
    gather repeat_interleave new_zeros new_ones new_tensor type_as item tolist cuda logsumexp log_softmax
    requires_grad_
""")
"""Methods that nothing but a tensor has, for what else is unknown."""

# -- layers ------------------------------------------------------------------------------------------------------------

SAME_LAYERS = words("""
    AlphaDropout CELU Dropout Dropout1d Dropout2d Dropout3d ELU FeatureAlphaDropout GELU Hardshrink Hardsigmoid
    Hardswish Hardtanh Identity InstanceNorm1d InstanceNorm2d InstanceNorm3d LeakyReLU LocalResponseNorm LogSigmoid
    LogSoftmax Mish PReLU RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax Softmax2d Softmin Softplus Softshrink Softsign
    Tanh Tanhshrink Threshold ChannelShuffle Swish
""")
LAYER_RANKS = {
    **dict.fromkeys(words("ReflectionPad1d ReplicationPad1d ConstantPad1d ZeroPad1d CircularPad1d"), 3),
    **dict.fromkeys(
        words("""
            BatchNorm2d InstanceNorm2d Dropout2d PixelShuffle PixelUnshuffle ReflectionPad2d
            ReplicationPad2d ZeroPad2d ConstantPad2d UpsamplingBilinear2d UpsamplingNearest2d Softmax2d
            CircularPad2d
        """),
        4,
    ),
    **dict.fromkeys(
        words("""
            BatchNorm3d InstanceNorm3d ReplicationPad3d ConstantPad3d ReflectionPad3d ZeroPad3d
        """),
        5,
    ),
}
CHANNEL_NORMS = frozenset(["BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "SyncBatchNorm", "GroupNorm"])
LAST_NORMS = frozenset(["LayerNorm", "RMSNorm"])
LOSS_LAYERS_END = "Loss"
RECURRENT = frozenset(["LSTM", "GRU", "RNN"])
CONTAINERS = frozenset(["Sequential", "ModuleList", "ModuleDict"])
