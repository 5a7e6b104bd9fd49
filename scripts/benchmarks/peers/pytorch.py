"""PyTorch, eager, Adam fused: batches cut from tensors by index, or with a DataLoader as in its tutorial."""

import os
from collections.abc import Callable, Iterator

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from framework import Sequential
from framework.types import Array, Numbers
from scripts.benchmarks.peers.job import CHUNK, StepJob, weights_of

Batch = tuple[torch.Tensor, torch.Tensor]


def contender(job: StepJob, x: Numbers, y: Numbers, *, loader: bool = False) -> Callable[[], int]:
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    torch.manual_seed(0)
    pixels, labels = torch.from_numpy(x).float() / 255, torch.from_numpy(y).long()
    model = nn.Sequential(nn.Linear(784, job.hidden), nn.ReLU(), nn.Linear(job.hidden, 10))
    loss = nn.CrossEntropyLoss()
    kind = torch.optim.SGD if job.optimizer == "sgd" else torch.optim.Adam
    optimizer = kind(model.parameters(), lr=job.rate, fused=True)

    def endless() -> Iterator[Batch]:
        data = DataLoader(TensorDataset(pixels, labels), batch_size=job.batch, shuffle=True)
        while True:
            if loader:
                yield from data
                continue
            order = torch.randperm(len(pixels))
            for start in range(0, len(order) - job.batch + 1, job.batch):
                rows = order[start : start + job.batch]
                yield pixels[rows], labels[rows]

    batches = endless()

    def run() -> int:
        seen = 0
        for _ in range(CHUNK):
            images, digits = next(batches)
            optimizer.zero_grad()
            loss(model(images), digits).backward()
            optimizer.step()
            seen += len(images)
        return seen

    return run


def answerer(model: Sequential, images: Numbers) -> Callable[[], Array]:
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    w1, b1, w2, b2 = map(torch.from_numpy, weights_of(model))
    first, second = nn.Linear(*w1.shape), nn.Linear(*w2.shape)
    with torch.no_grad():
        for layer, weight, bias in ((first, w1, b1), (second, w2, b2)):
            layer.weight.copy_(weight.T)
            layer.bias.copy_(bias)
    network = nn.Sequential(first, nn.ReLU(), second).eval()
    pixels = torch.from_numpy(images).float() / 255

    def answer() -> Array:
        with torch.inference_mode():
            scores: Array = network(pixels).numpy()
        return scores

    return answer
