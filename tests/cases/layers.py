"""Every layer of the vocabulary, each said four times: in Python, in JSON, as a formula, and in PyTorch.

The one table the tests of layers share: the battery (tests/framework/test_layers.py), gradcheck, formulas, specs and
the comparison with PyTorch (tests/reference) run on its cases.
"""

from collections.abc import Callable
from dataclasses import dataclass

from framework import (
    ELU,
    GELU,
    AveragePool2D,
    BatchNorm,
    Constant,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GaussianNoise,
    GlobalAveragePool2D,
    GlorotUniform,
    Layer,
    LayerNorm,
    LeakyReLU,
    MaxPool2D,
    ReLU,
    Rescale,
    Reshape,
    Residual,
    Sigmoid,
    SiLU,
    Softplus,
    Tanh,
)
from framework.fused import RescaledDense
from framework.sharing.partial import Partial
from framework.specs.complaints import Json
from framework.types import Shape
from tests.cases import peers
from tests.cases.peers import Buffers, Peer

STAND_INS = {Partial, RescaledDense}
"""Layers that training puts in the place of others, and nobody puts into a model: they have no case."""

FEATURES = 9
IMAGE = (7, 6, 3)
"""An odd and an even side, so that windows fit here and not there."""


@dataclass(frozen=True)
class LayerCase:
    """A layer, and what is special about its kind."""

    make: Callable[[], Layer]
    json: dict[str, Json]
    """What a spec file says by hand, sizes that follow from the input left out."""
    formula: str
    """As the first layer of a model."""
    peer: Peer | None
    """The same in PyTorch; None for a layer that draws random numbers, as PyTorch draws others."""
    shape: Shape = (FEATURES,)
    """Of one sample."""
    multiply_adds: int = 0
    """Products that one sample's forward sums up."""
    buffers: Buffers | None = None
    """The same buffers after one training step in PyTorch, from x."""
    random: bool = False
    """Training draws random numbers, so its output is not that of inference."""
    forgets: bool = False
    """Backward needs nothing from forward, but what inner layers keep."""
    fewest: int = 0
    """Rows a training batch must have. Where that is more than 0, training is not what inference does."""
    last_axis: bool = False
    """It fixes the last size of a sample, and no other."""

    @property
    def name(self) -> str:
        return repr(self.make())


NORM = "X ← γ0 ⊙ (X − μ) / √(σ² + ε) + β0"

LAYERS = (
    LayerCase(
        lambda: Dense(9, 4), {"type": "dense", "out_features": 4}, "Z1 = W1·X + b1", peers.dense, multiply_adds=36
    ),
    LayerCase(
        lambda: Dense(9, 1, use_bias=False),
        {"type": "dense", "out_features": 1, "use_bias": False},
        "Z1 = W1·X",
        lambda F, x, w: x @ w["weight"],
        multiply_adds=9,
    ),
    LayerCase(
        lambda: Dense(9, 3, weight_initializer=GlorotUniform(), bias_initializer=Constant(0.5)),
        {
            "type": "dense",
            "out_features": 3,
            "weight_initializer": {"type": "glorot_uniform"},
            "bias_initializer": {"type": "constant", "value": 0.5},
        },
        "Z1 = W1·X + b1",
        peers.dense,
        multiply_adds=27,
    ),
    LayerCase(
        lambda: Rescale(0.25), {"type": "rescale", "scale": 0.25}, "X ← X / 4", lambda F, x, w: x * 0.25, forgets=True
    ),
    LayerCase(
        lambda: Rescale(-3.0), {"type": "rescale", "scale": -3}, "X ← X · -3", lambda F, x, w: x * -3, forgets=True
    ),
    LayerCase(lambda: Dropout(0.4), {"type": "dropout", "rate": 0.4}, "X ← X ⊙ mask / 0.6", None, random=True),
    LayerCase(lambda: Dropout(0.0), {"type": "dropout", "rate": 0}, "X ← X ⊙ mask / 1", None, random=True),
    LayerCase(
        lambda: GaussianNoise(0.3),
        {"type": "gaussian_noise", "deviation": 0.3},
        "X ← X + 0.3·noise",
        None,
        random=True,
        forgets=True,
    ),
    LayerCase(ReLU, {"type": "relu"}, "A0 = max(0, X)", lambda F, x, w: F.relu(x)),
    LayerCase(LeakyReLU, {"type": "leaky_relu"}, "A0 = max(X, 0.01·X)", lambda F, x, w: F.leaky_relu(x, 0.01)),
    LayerCase(
        lambda: LeakyReLU(0.3),
        {"type": "leaky_relu", "negative_slope": 0.3},
        "A0 = max(X, 0.3·X)",
        lambda F, x, w: F.leaky_relu(x, 0.3),
    ),
    LayerCase(Sigmoid, {"type": "sigmoid"}, "A0 = 1 / (1 + exp −X)", lambda F, x, w: F.sigmoid(x)),
    LayerCase(Tanh, {"type": "tanh"}, "A0 = tanh X", lambda F, x, w: F.tanh(x)),
    LayerCase(ELU, {"type": "elu"}, "A0 = max(0, X) + 1·(exp min(0, X) − 1)", lambda F, x, w: F.elu(x)),
    LayerCase(
        lambda: ELU(0.3),
        {"type": "elu", "alpha": 0.3},
        "A0 = max(0, X) + 0.3·(exp min(0, X) − 1)",
        lambda F, x, w: F.elu(x, 0.3),
    ),
    LayerCase(Softplus, {"type": "softplus"}, "A0 = log(1 + exp X)", lambda F, x, w: F.softplus(x, threshold=1e9)),
    LayerCase(SiLU, {"type": "silu"}, "A0 = X / (1 + exp −X)", lambda F, x, w: F.silu(x)),
    LayerCase(
        GELU,
        {"type": "gelu"},
        "A0 = X / (1 + exp −1.596·(X + 0.044715·X³))",
        lambda F, x, w: F.gelu(x, approximate="tanh"),
    ),
    LayerCase(
        lambda: Reshape((2, 63)),
        {"type": "reshape", "shape": [2, 63]},
        "X ← X as 2 × 63",
        lambda F, x, w: x.reshape(len(x), 2, 63),
        IMAGE,
    ),
    LayerCase(Flatten, {"type": "flatten"}, "X ← flatten(X)", lambda F, x, w: x.reshape(len(x), -1), IMAGE),
    LayerCase(
        lambda: Conv2D(3, 4),
        {"type": "conv2d", "out_channels": 4},
        "Z1 = W1 ∗ X + b1",
        peers.conv(1, same=False),
        IMAGE,
        multiply_adds=5 * 4 * 3 * 3 * 3 * 4,
    ),
    LayerCase(
        lambda: Conv2D(3, 4, kernel_size=4, padding="same"),
        {"type": "conv2d", "out_channels": 4, "kernel_size": 4, "padding": "same"},
        "Z1 = W1 ∗ X + b1",
        peers.conv(1, same=True),
        IMAGE,
        multiply_adds=7 * 6 * 4 * 4 * 3 * 4,
    ),
    LayerCase(
        lambda: Conv2D(3, 2, stride=2, padding="same"),
        {"type": "conv2d", "out_channels": 2, "stride": 2, "padding": "same"},
        "Z1 = W1 ∗ X + b1",
        peers.conv(2, same=True),
        IMAGE,
        multiply_adds=4 * 3 * 3 * 3 * 3 * 2,
    ),
    LayerCase(
        lambda: Conv2D(3, 2, kernel_size=2, stride=2, padding="same", use_bias=False),
        {"type": "conv2d", "out_channels": 2, "kernel_size": 2, "stride": 2, "padding": "same", "use_bias": False},
        "Z1 = W1 ∗ X",
        peers.conv(2, same=True),
        IMAGE,
        multiply_adds=4 * 3 * 2 * 2 * 3 * 2,
    ),
    LayerCase(MaxPool2D, {"type": "max_pool2d"}, "X ← max 2×2 of X", peers.pool("max_pool2d", 2, 2), IMAGE),
    LayerCase(
        lambda: MaxPool2D(3, stride=2),
        {"type": "max_pool2d", "pool_size": 3, "stride": 2},
        "X ← max 3×3 of X",
        peers.pool("max_pool2d", 3, 2),
        IMAGE,
    ),
    LayerCase(
        lambda: MaxPool2D(3, stride=1),
        {"type": "max_pool2d", "pool_size": 3, "stride": 1},
        "X ← max 3×3 of X",
        peers.pool("max_pool2d", 3, 1),
        IMAGE,
    ),
    LayerCase(AveragePool2D, {"type": "average_pool2d"}, "X ← mean 2×2 of X", peers.pool("avg_pool2d", 2, 2), IMAGE),
    LayerCase(
        lambda: AveragePool2D(3, stride=1),
        {"type": "average_pool2d", "pool_size": 3, "stride": 1},
        "X ← mean 3×3 of X",
        peers.pool("avg_pool2d", 3, 1),
        IMAGE,
    ),
    LayerCase(
        GlobalAveragePool2D,
        {"type": "global_average_pool2d"},
        "X ← mean of X",
        lambda F, x, w: x.mean(dim=(1, 2)),
        IMAGE,
    ),
    LayerCase(
        lambda: BatchNorm(9),
        {"type": "batch_norm"},
        NORM,
        peers.batch_norm(1e-5),
        buffers=peers.running(0.9),
        fewest=2,
        last_axis=True,
    ),
    LayerCase(
        lambda: BatchNorm(9, momentum=0.5, epsilon=0.1),
        {"type": "batch_norm", "momentum": 0.5, "epsilon": 0.1},
        NORM,
        peers.batch_norm(0.1),
        buffers=peers.running(0.5),
        fewest=2,
        last_axis=True,
    ),
    LayerCase(
        lambda: BatchNorm(3),
        {"type": "batch_norm"},
        NORM,
        peers.batch_norm(1e-5),
        IMAGE,
        buffers=peers.running(0.9),
        fewest=2,
        last_axis=True,
    ),
    LayerCase(lambda: LayerNorm(9), {"type": "layer_norm"}, NORM, peers.layer_norm(1e-5), last_axis=True),
    LayerCase(
        lambda: LayerNorm(9, epsilon=0.1),
        {"type": "layer_norm", "epsilon": 0.1},
        NORM,
        peers.layer_norm(0.1),
        last_axis=True,
    ),
    LayerCase(
        lambda: Residual([Tanh()]),
        {"type": "residual", "layers": [{"type": "tanh"}]},
        "X ← X + f(X)",
        lambda F, x, w: x + F.tanh(x),
        forgets=True,
    ),
    LayerCase(
        lambda: Residual([Dropout(0.4)]),
        {"type": "residual", "layers": [{"type": "dropout", "rate": 0.4}]},
        "X ← X + f(X)",
        None,
        random=True,
        forgets=True,
    ),
    LayerCase(
        lambda: Residual([Dense(9, 3), Residual([Sigmoid()]), Dense(3, 9)]),
        {
            "type": "residual",
            "layers": [
                {"type": "dense", "out_features": 3},
                {"type": "residual", "layers": [{"type": "sigmoid"}]},
                {"type": "dense", "out_features": 9},
            ],
        },
        "X ← X + f(X)",
        peers.residual_of_three,
        multiply_adds=54,
        forgets=True,
    ),
    LayerCase(
        lambda: Residual([Dense(9, 3, use_bias=False), BatchNorm(3), Dense(3, 9)]),
        {
            "type": "residual",
            "layers": [
                {"type": "dense", "out_features": 3, "use_bias": False},
                {"type": "batch_norm"},
                {"type": "dense", "out_features": 9},
            ],
        },
        "X ← X + f(X)",
        peers.residual_with_batch_norm,
        multiply_adds=54,
        forgets=True,
        fewest=2,
    ),
)
