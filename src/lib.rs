//! Learn Φ and Ψ so that Φ(W)·Ψ(x) ≈ GELU(Wx).
