"""The lesson, twice: six steps in bare NumPy, and the same network made of layers. Every number agrees to 1e-12.

    python -m scripts.examples.six_steps

Bare NumPy follows the formulas as they are taught, with samples as columns: Z = W·X + b. The layers hold samples as
rows, so what one side has is the other's transposed. The division by m stands in dW and db on the bare side; the
layers' loss has it in dZ2 already, so dZ2 and dZ1 there are the lesson's divided by m.
"""

import numpy as np

from framework import (
    SGD,
    Dense,
    Layer,
    Normal,
    ReLU,
    Rescale,
    Sequential,
    SoftmaxCrossEntropy,
    Step,
    softmax,
)
from framework.types import Array
from models.digits import CLASSES, load_training_digits

SAMPLES = 1000
ITERATIONS = 3
LEARNING_RATE = 0.1
TOLERANCE = 1e-12


def main() -> None:
    digits = load_training_digits()
    pixels, labels = digits.x[:SAMPLES], digits.y[:SAMPLES]

    # Step 1: initialise W and b. Both sides start from the same numbers.
    start = Normal(0, 0.1)
    dense1 = Dense(784, 10, weight_initializer=start, bias_initializer=start)
    dense2 = Dense(10, CLASSES, weight_initializer=start, bias_initializer=start)
    rescale, relu = Rescale(1 / 255), ReLU()
    model = Sequential([rescale, dense1, relu, dense2], seed=0, dtype=np.float64)
    loss, optimizer = SoftmaxCrossEntropy(), SGD(LEARNING_RATE)
    optimizer.begin(model.parameters)
    (w1, c1), (w2, c2) = dense1.parameters, dense2.parameters
    W1, b1 = w1.value.T.copy(), c1.value[:, np.newaxis].copy()
    W2, b2 = w2.value.T.copy(), c2.value[:, np.newaxis].copy()

    X, Y, m = pixels.T / 255, np.eye(CLASSES)[labels].T, SAMPLES
    for index in range(ITERATIONS):  # Step 6: repeat.
        # Step 2: forward.
        Z1 = W1 @ X + b1
        A1 = np.maximum(0, Z1)
        Z2 = W2 @ A1 + b2
        A2 = np.exp(Z2) / np.exp(Z2).sum(axis=0)
        # Step 3: categorical cross-entropy.
        L = -np.sum(Y * np.log(A2)) / m
        # Step 4: backward.
        dZ2 = A2 - Y
        dW2 = dZ2 @ A1.T / m
        db2 = dZ2.sum(axis=1, keepdims=True) / m
        dZ1 = W2.T @ dZ2 * (Z1 > 0)
        dW1 = dZ1 @ X.T / m
        db1 = dZ1.sum(axis=1, keepdims=True) / m
        # Step 5: gradient descent.
        W1, b1 = W1 - LEARNING_RATE * dW1, b1 - LEARNING_RATE * db1
        W2, b2 = W2 - LEARNING_RATE * dW2, b2 - LEARNING_RATE * db2

        # The same with layers; model.forward and model.backward run these lines in a loop.
        step = Step(seed=0, index=index)
        z1 = dense1.forward(rescale.forward(pixels, step=step), step=step)
        a1 = relu.forward(z1, step=step)
        z2 = dense2.forward(a1, step=step)
        value, dz2 = loss.value_and_grad(z2, labels)
        dz1 = back(relu, back(dense2, dz2))
        back(dense1, dz1)
        optimizer.step(model.parameters.values, model.parameters.grads, LEARNING_RATE, index)

        print(f"iteration {index + 1}: loss {L:.6f}")
        agree("Z1 A1 Z2 A2", (Z1, z1.T), (A1, a1.T), (Z2, z2.T), (A2, softmax(z2).T))
        agree("loss dZ2 dZ1", (np.array(L), np.array(value)), (dZ2, dz2.T * m), (dZ1, dz1.T * m))
        agree("dW2 db2 dW1 db1", (dW2, w2.grad.T), (db2[:, 0], c2.grad), (dW1, w1.grad.T), (db1[:, 0], c1.grad))
        agree("W2 b2 W1 b1", (W2, w2.value.T), (b2[:, 0], c2.value), (W1, w1.value.T), (b1[:, 0], c1.value))
    print(f"every quantity agrees to {TOLERANCE:.0e}")


def back(layer: Layer, dy: Array) -> Array:
    """dx of `layer` for dy; its gradients are in its parameters then."""
    dx = layer.backward(dy)
    if dx is None:
        raise SystemExit(f"{layer}: backward gave no dx")
    return dx


def agree(names: str, *pairs: tuple[Array, Array]) -> None:
    """Print how far each pair is apart, and fail where it is more than the tolerance."""
    for name, (bare, layered) in zip(names.split(), pairs, strict=True):
        apart = float(np.abs(bare - layered).max())
        print(f"  {name:<4} apart by {apart:.1e}")
        if bare.shape != layered.shape or not apart <= TOLERANCE:
            raise SystemExit(f"{name}: the layers give other numbers than bare NumPy")


if __name__ == "__main__":
    main()
