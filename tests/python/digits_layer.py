"""Trains the network of the view “Your layer” and writes it with the pictures that it reads: python digits_layer.py OUT.safetensors

64 -> 128 GELU -> 10 on the 8 x 8 digits that scikit-learn ships (Alpaydin and Kaynak, 1998: Optical Recognition of Handwritten
Digits, UCI, CC BY 4.0, doi 10.24432/C50P49). The last 500 of the pictures, in an order drawn once, are kept back from training, and the
page keeps the same back. Weights are float16, pixels bytes from 0 to 16, which the layer reads as sixteenths.
"""

import sys

import numpy
import torch
from safetensors.numpy import save_file
from sklearn.datasets import load_digits
from torch import nn

KEPT = 500
EPOCHS = 100

torch.manual_seed(0)
torch.set_num_threads(1)
pixels, labels = load_digits(return_X_y=True)
order = numpy.random.default_rng(0).permutation(len(pixels))
pixels, labels = pixels[order], labels[order]

x = torch.tensor(pixels / 16, dtype=torch.float32)
y = torch.tensor(labels)
seen = len(x) - KEPT
net = nn.Sequential(nn.Linear(64, 128), nn.GELU(), nn.Linear(128, 10))
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for _ in range(EPOCHS):
    for batch in torch.randperm(seen).split(64):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x[batch]), y[batch]).backward()
        optimizer.step()
net.half().float()
right = net(x).argmax(1) == y
print(f"right on {right[:seen].float().mean():.4f} of those trained on, on {right[seen:].float().mean():.4f} of the {KEPT} kept back")

layer, _, head = net
save_file(
    {
        "weight": layer.weight.detach().numpy().astype(numpy.float16),
        "bias": layer.bias.detach().numpy().astype(numpy.float16),
        "head.weight": head.weight.detach().numpy().astype(numpy.float16),
        "head.bias": head.bias.detach().numpy().astype(numpy.float16),
        "inputs": pixels.astype(numpy.uint8),
        "labels": labels.astype(numpy.uint8),
    },
    sys.argv[1],
    metadata={
        "inputs_scale": str(1 / 16),
        "kept_back": str(KEPT),
        "made_by": "tests/python/digits_layer.py",
        "data": "Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, UCI 1998, CC BY 4.0, doi 10.24432/C50P49",
    },
)
