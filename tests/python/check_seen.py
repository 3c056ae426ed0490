"""Computes anew, with NumPy, what networks make of a layer by what their run has seen of it, and answers how far each figure is from what was told.

Asked {layer: {d, weight, bias, inputs}, told: {seen, inputs, both, keptRows, keptInputs}, networks: {psi, phi}, m} as JSON, a network being two Linears.
"""

import json
import math
import sys

import numpy

asked = json.load(sys.stdin)
layer, told, m = asked["layer"], asked["told"], asked["m"]
d = layer["d"]
rows = numpy.c_[numpy.array(layer["weight"]).reshape(-1, d), layer["bias"]]
inputs = numpy.array(layer["inputs"]).reshape(-1, d)
inputs = numpy.c_[inputs, numpy.ones(len(inputs))]
erf = numpy.vectorize(math.erf)


def gelu(z):
    return z / 2 * (1 + erf(z / math.sqrt(2)))


def network(vectors, layers):
    first, last = ({key: numpy.array(value) for key, value in one.items()} for one in layers)
    hidden = numpy.maximum(vectors @ first["weight"].reshape(len(first["bias"]), -1).T + first["bias"], 0)
    return hidden @ last["weight"].reshape(len(last["bias"]), -1).T + last["bias"]


def others(kept, count):
    return numpy.setdiff1d(numpy.arange(count), kept)


kept_rows, kept_inputs = told["keptRows"], told["keptInputs"]
seen_rows, seen_inputs = others(kept_rows, len(rows)), others(kept_inputs, len(inputs))
apart = {"mse": 0.0, "r2": 0.0, "linear": 0.0, "floor": 0.0, "sizes": 0}
for name, some_rows, some_inputs in [("seen", seen_rows, seen_inputs), ("inputs", seen_rows, kept_inputs), ("both", kept_rows, kept_inputs)]:
    w, x, part = rows[some_rows], inputs[some_inputs], told[name]
    y = gelu(x @ w.T)
    spread = ((y - y.mean(0)) ** 2).sum()
    squares = ((network(x, asked["networks"]["psi"]) @ network(w, asked["networks"]["phi"]).T - y) ** 2).sum()
    linear = numpy.linalg.lstsq(inputs[seen_inputs], gelu(inputs[seen_inputs] @ w.T), rcond=None)[0]
    tail = (numpy.linalg.svd(y, compute_uv=False)[m:] ** 2).sum() / y.size
    apart["mse"] = max(apart["mse"], abs(part["mse"] / (squares / y.size) - 1))
    apart["r2"] = max(apart["r2"], abs(part["r2"] - (1 - squares / spread)))
    apart["linear"] = max(apart["linear"], abs(part["linearR2"] - (1 - ((x @ linear - y) ** 2).sum() / spread)))
    apart["floor"] = max(apart["floor"], abs(part["floor"][m] - tail) / (y**2).mean())
    apart["sizes"] += abs(part["rows"] - len(w)) + abs(part["inputs"] - len(x))
json.dump(apart, sys.stdout)
