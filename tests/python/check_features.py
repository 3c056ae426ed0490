"""Draws the random features of a function a second time, with NumPy, and answers their mean, its standard error and their quantiles, pair by pair.

Asked {target: "gelu" | "sin" | "square", method: "maclaurin" | "fourier", draws, pairs: [{w, x}]} as JSON. What is estimated is the function less
its multiple of z: of GELU less z/2. Answered [{truth, mean, error, quantiles}], the errors being those of the mean and the
quantiles those of 0.005, 0.015, … 0.995.
"""

import json
import math
import sys

import numpy

asked = json.load(sys.stdin)
target, method, draws = asked["target"], asked["method"], asked["draws"]
generator = numpy.random.default_rng(1)
LEVELS = numpy.arange(0.005, 1, 0.01)


def truth(z):
    return {"gelu": z / 2 * math.erf(z / math.sqrt(2)), "sin": math.sin(z), "square": z * z}[target]


def series(terms):
    """Powers and coefficients."""
    if target == "square":
        return [(2, 1.0)]
    if target == "sin":
        return [(2 * k + 1, (-1) ** k / math.factorial(2 * k + 1)) for k in range(terms)]
    return [(2 * k + 2, (-1) ** k / (math.sqrt(2 * math.pi) * 2**k * math.factorial(k) * (2 * k + 1))) for k in range(terms)]


def maclaurin(w, x):
    powers = series(40)
    last = len(powers) - 1
    places = numpy.minimum(generator.geometric(0.5, draws) - 1, last)
    values = numpy.empty(draws)
    for place in numpy.unique(places):
        power, coefficient = powers[place]
        probability = 0.5**place if place == last else 0.5 ** (place + 1)
        own = places == place
        g = generator.standard_normal((own.sum(), power, len(w)))
        values[own] = coefficient / probability * (g @ w).prod(1) * (g @ x).prod(1)
    return values


def fourier(w, x):
    nu = numpy.ones(draws) if target == "sin" else generator.standard_normal(draws)
    g = generator.standard_normal((draws, len(w)))
    zeta, omega = nu * numpy.exp(0.25j * numpy.pi), nu**2
    one, other = (numpy.exp(zeta * (g @ v) - zeta**2 * (v @ v) / 2) - 1 for v in (w, x))
    if target == "sin":
        return (one * other).imag
    density = numpy.exp(-omega / 2) / numpy.sqrt(2 * numpy.pi * omega)
    h = (1 + omega**2) / (numpy.pi * omega**2) * numpy.exp(-(omega**2) / 2)
    return -h / density * (one * other).real


found = []
for pair in asked["pairs"]:
    w, x = numpy.array(pair["w"]), numpy.array(pair["x"])
    values = {"maclaurin": maclaurin, "fourier": fourier}[method](w, x)
    found.append({"truth": truth(float(w @ x)), "mean": values.mean(), "error": values.std(ddof=1) / math.sqrt(draws), "quantiles": numpy.quantile(values, LEVELS).tolist()})
print(json.dumps(found))
