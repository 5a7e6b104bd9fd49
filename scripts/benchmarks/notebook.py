"""The six steps as a first notebook writes them: float64, one-hot, all rows at once, nothing done for speed."""

import numpy as np
from numpy.typing import NDArray

from framework.types import Numbers

Matrix = NDArray[np.float64]


class Notebook:
    """784-10-10 by plain gradient descent; samples are columns."""

    def __init__(self, pixels: Numbers, labels: Numbers, *, learning_rate: float = 0.1) -> None:
        rng = np.random.default_rng(0)
        self.X: Matrix = pixels.astype(np.float64).T / 255.0
        self.labels = labels
        self.learning_rate = learning_rate
        self.W1 = rng.random((10, 784)) - 0.5
        self.b1 = rng.random((10, 1)) - 0.5
        self.W2 = rng.random((10, 10)) - 0.5
        self.b2 = rng.random((10, 1)) - 0.5

    def forward(self, X: Matrix) -> tuple[Matrix, Matrix, Matrix]:
        Z1: Matrix = self.W1.dot(X) + self.b1
        A1 = np.maximum(Z1, 0)
        Z2 = self.W2.dot(A1) + self.b2
        A2: Matrix = np.exp(Z2) / np.sum(np.exp(Z2), axis=0)
        return Z1, A1, A2

    def one_hot(self) -> Matrix:
        Y = np.zeros((self.labels.size, 10))
        Y[np.arange(self.labels.size), self.labels] = 1
        return Y.T

    def iterate(self) -> None:
        m = self.labels.size
        Z1, A1, A2 = self.forward(self.X)
        dZ2 = A2 - self.one_hot()
        dW2 = dZ2.dot(A1.T) / m
        db2 = np.sum(dZ2, axis=1, keepdims=True) / m
        dZ1 = self.W2.T.dot(dZ2) * (Z1 > 0)
        dW1 = dZ1.dot(self.X.T) / m
        db1 = np.sum(dZ1, axis=1, keepdims=True) / m
        self.W1 = self.W1 - self.learning_rate * dW1
        self.b1 = self.b1 - self.learning_rate * db1
        self.W2 = self.W2 - self.learning_rate * dW2
        self.b2 = self.b2 - self.learning_rate * db2

    def accuracy(self, pixels: Numbers, labels: Numbers) -> float:
        predicted = self.forward(pixels.astype(np.float64).T / 255.0)[2].argmax(axis=0)
        return float(np.mean(predicted == labels))
