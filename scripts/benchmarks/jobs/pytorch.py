"""The job in PyTorch: batches are cut from tensors by index; with --loader they come from a DataLoader, as in PyTorch's
own tutorial.
"""

import sys

import pandas as pd
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

EPOCHS, BATCH = 10, 128


def main() -> None:
    train_path, test_path, out = sys.argv[1:4]
    torch.manual_seed(0)
    train = pd.read_csv(train_path, dtype="uint8")
    labels = torch.from_numpy(train["label"].to_numpy().astype("int64"))
    pixels = torch.from_numpy(train.drop(columns="label").to_numpy().copy()).float() / 255

    model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    loss_function = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, fused=True)

    def step(x: torch.Tensor, y: torch.Tensor) -> None:
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()

    loader = DataLoader(TensorDataset(pixels, labels), batch_size=BATCH, shuffle=True)
    for _ in range(EPOCHS):
        if "--loader" in sys.argv:
            for x, y in loader:
                step(x, y)
        else:
            order = torch.randperm(len(pixels))
            for start in range(0, len(order), BATCH):
                rows = order[start : start + BATCH]
                step(pixels[rows], labels[rows])

    test = pd.read_csv(test_path, dtype="uint8")
    with torch.no_grad():
        scores = model(torch.from_numpy(test.to_numpy().copy()).float() / 255)
    predicted = pd.DataFrame({"ImageId": range(1, len(test) + 1), "Label": scores.argmax(dim=1).numpy()})
    predicted.to_csv(out, index=False)


if __name__ == "__main__":
    main()
