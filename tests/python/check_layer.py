"""Computes anew, with NumPy, what was told of a layer, and answers how far each figure is from its own at most.

Asked {layer: {d, weight, bias, inputs, headWeight?, headBias?, labels?}, found, hidden: {psi, phi}} as JSON, the hidden layers being those whose last
layers were solved for.
"""

import json
import math
import sys

import numpy

RIDGE = 1e-4
told = json.load(sys.stdin)
layer, found = told["layer"], told["found"]
d = layer["d"]
w = numpy.array(layer["weight"]).reshape(-1, d)
b = numpy.array(layer["bias"])
x = numpy.array(layer["inputs"]).reshape(-1, d)
kept = numpy.array(found["kept"])
seen = numpy.setdiff1d(numpy.arange(len(x)), kept)
erf = numpy.vectorize(math.erf)


def gelu(z):
    return z / 2 * (1 + erf(z / math.sqrt(2)))


def accuracy(y):
    if "headWeight" not in layer:
        return None
    head = numpy.array(layer["headWeight"]).reshape(-1, len(w))
    answers = (y @ head.T + numpy.array(layer["headBias"])).argmax(1)
    return (answers == numpy.array(layer["labels"])[kept]).mean()


def r2(y, answers):
    return 1 - ((answers - y) ** 2).sum() / ((y - y.mean(0)) ** 2).sum()


def features(vectors, hidden):
    weight = numpy.array(hidden["weight"]).reshape(len(hidden["bias"]), -1)
    relu = numpy.maximum(vectors @ weight.T + numpy.array(hidden["bias"]), 0)
    return numpy.c_[relu, numpy.ones(len(vectors))]


def solved(g, h, y):
    """Every width's last layers, from the reduced-rank regression with the ridge."""

    def half(f):
        sigma = f.T @ f / len(f)
        return numpy.linalg.cholesky(sigma + RIDGE / len(f) * numpy.trace(sigma) * numpy.eye(len(sigma)))

    left, right = half(g), half(h)
    c = g.T @ y.T @ h / (len(g) * len(h))
    u, s, v = numpy.linalg.svd(numpy.linalg.solve(left, numpy.linalg.solve(right, c.T).T))
    return numpy.linalg.solve(left.T, u * numpy.sqrt(s)), numpy.linalg.solve(right.T, v.T * numpy.sqrt(s))


z = x @ w.T + b
y = gelu(z)
worst = {}


def hold(name, mine, theirs):
    if mine is None:
        return
    worst[name] = max(worst.get(name, 0), abs(float(mine) - float(theirs)))


hold("original", accuracy(y[kept]), found["original"])
hold("unbent", accuracy(z[kept]), found["unbent"])
u, s, v = numpy.linalg.svd(y[kept], full_matrices=False)
for m in range(len(found["floor"])):
    hold("floor", (s[m:] ** 2).sum() / y[kept].size, found["floor"][m])
    hold("best", accuracy((u[:, :m] * s[:m]) @ v[:m]), found["best"][m])
ones = numpy.c_[x, numpy.ones(len(x))]
linear = ones[kept] @ numpy.linalg.lstsq(ones[seen], y[seen], rcond=numpy.finfo(numpy.float32).eps * max(ones.shape))[0]
hold("linear R2", r2(y[kept], linear), found["linearR2"])
hold("linear", accuracy(linear), found["linear"])
rows = numpy.c_[w, b]
g, h = features(rows, told["hidden"]["phi"]), features(ones, told["hidden"]["psi"])
a, c = solved(g, h[seen], y[seen])
for m in range(1, found["width"] + 1):
    answers = h[kept] @ c[:, :m] @ (g @ a[:, :m]).T
    hold("ours R2", r2(y[kept], answers), found["oursR2"][m])
    hold("ours MSE", ((answers - y[kept]) ** 2).mean(), found["oursMse"][m])
    hold("ours", accuracy(answers), found["ours"][m])
json.dump(worst, sys.stdout)
