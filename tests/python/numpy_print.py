"""Writes ../golden/numpy-print.json: float32 vectors, as bits, and what NumPy prints of them; and the notebook's demo by its own print statements.

    pip install numpy && python numpy_print.py
"""

import contextlib
import io
import json
import struct
from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).parent.parent / "golden" / "numpy-print.json"

f32 = np.float32
generator = np.random.default_rng(42)


def normals(d, scale=1.0):
    return (generator.standard_normal(d) * scale).astype(f32)


def any_bits(d):
    return generator.integers(0, 2**32, d, dtype=np.uint32).view(f32)


def near(*values):
    """Each value, and the float32 before it and after it."""
    middle = np.array(values, f32)
    return [np.nextafter(middle, f32(-np.inf)), middle, np.nextafter(middle, f32(np.inf))]


def vectors():
    """Vectors of every kind that changes the print: width, notation, padding, digits, lines."""
    for d in range(1, 65):
        yield normals(d)
    for d in (1, 2, 3, 5, 17):
        for exponent in range(-9, 10):
            yield normals(d, 10.0**exponent)
    for d in (2, 3, 4, 9, 33):
        for spread in (1, 2, 4, 12):
            yield (generator.standard_normal(d) * 10.0 ** generator.uniform(-spread, spread, d)).astype(f32)
    for d in (1, 2, 8, 64):
        yield generator.integers(-9, 10, d).astype(f32)
        yield generator.integers(-999999, 10**6, d).astype(f32)
        yield (generator.integers(-999, 1000, d) / 8).astype(f32)
        yield (generator.integers(1, 1000, d) / 1000).astype(f32)
        yield (1 - generator.uniform(0, 1e-6, d)).astype(f32)
        yield any_bits(d)
        yield any_bits(d)
        yield (generator.integers(0, 2**23, d, dtype=np.uint32)).view(f32)
    # Digits below the eighth decimal are rounded away, up to the next place where it comes to that.
    for d in (1, 2, 6):
        yield generator.uniform(1e-4, 1e-3, d).astype(f32)
        yield generator.uniform(9.9999e-4, 1e-3, d).astype(f32)
    # Unequal distances to the neighbours, and ties.
    yield (2.0 ** np.arange(-13, 20)).astype(f32)
    yield (2.0 ** np.arange(-7, 3)).astype(f32)
    for exponent in range(-149, 128, 4):
        yield np.array([2.0**exponent], f32)
    for exponent in range(-45, 39, 3):
        yield from near(10.0**exponent)
    yield from near(1e6)
    yield from near(1e-4)
    yield from near(0.1, 100)
    for ratio in near(1000):
        yield np.array([1, ratio[0]], f32)
    yield np.array([0.1, 16777217, 3.4028235e38, 1e-45], f32)
    yield np.array([999999.94, 1000], f32)
    yield np.array([9.9999999e-9, 99999.99, 1.5], f32)
    for special in (
        [0],
        [-0.0],
        [0, -0.0, 0],
        [0, 1],
        [-0.0, 0.25, 0],
        [-0.0, 1e-7],
        [0, 1e7, -1e-3],
        [np.nan],
        [np.inf],
        [-np.inf],
        [np.nan, -np.inf],
        [np.inf, np.nan],
        [1, np.nan],
        [1, np.inf],
        [1, -np.inf],
        [-1, np.inf, 2.5],
        [0.12345, np.nan, -7],
        [1e-9, np.nan, -np.inf],
        [1e9, np.inf, 0],
        [np.nan] * 30,
        [-np.inf, 0.5] * 20,
        [],
    ):
        yield np.array(special, f32)
    # Lines end before and behind the last column.
    for width in range(1, 9):
        for d in (16, 18, 24, 37):
            yield np.full(d, 1 + 10.0**-width, f32)
    yield np.array([1.5, 2] * 20, f32)


def demo(wx, approx, gelu_tanh, rmse):
    """The notebook's last lines."""
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        print("==== Neural φ/ψ Linearization of GELU ====\n")
        print("x' = Wx =", wx)
        print("Learned φ(W) · ψ(x) =", approx)
        print("GELU_tanh(x')      =", gelu_tanh)
        print(f"\nRMSE: Linearized φ · ψ vs GELU_tanh = {rmse:.5f}")
    return printed.getvalue().removesuffix("\n")


def demos():
    yield *(np.array(v, f32) for v in ([-0.7917412, 0.51313776], [-0.14708376, 0.3033128], [-0.16971655, 0.35716218])), 0.0413
    for d in (1, 2, 3, 6, 7, 16, 64):
        wx, noise = normals(d, d**0.5), normals(d, 0.1)
        gelu_tanh = (0.5 * wx * (1 + np.tanh(np.sqrt(2 / np.pi) * (wx + 0.044715 * wx**3)))).astype(f32)
        approx = gelu_tanh + noise
        yield wx, approx, gelu_tanh, float(np.sqrt(np.mean((approx - gelu_tanh) ** 2)))
    for rmse in (0.0, 4.9e-6, 5e-6, 1 / 64, 3 / 64, 5 / 64, 7 / 64, 1 / 32, 12345 + 1 / 64, 0.999995, 2.0**53, 1e21, 1.5e38, np.inf, np.nan):
        yield *(np.array([v], f32) for v in (1, 2, 3)), rmse


def bits(values):
    return values.astype(">f4").tobytes().hex()


def main():
    printed = [{"bits": bits(v), "text": str(v)} for v in vectors()]
    shown = [{"vectors": [bits(v) for v in vs], "rmse": struct.pack(">d", rmse).hex(), "text": demo(*vs, rmse)} for *vs, rmse in demos()]
    lines = [f'"numpy": {json.dumps(np.__version__)}']
    for name, cases in (("vectors", printed), ("demos", shown)):
        lines.append(f'"{name}": [\n' + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]")
    GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{len(printed)} vectors, {len(shown)} demos, {GOLDEN.stat().st_size} bytes")


if __name__ == "__main__":
    main()
