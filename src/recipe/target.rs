//! What a layer does to Wx: the function that Φ(W)·Ψ(x) is to give.

/// The function of z = w·x that is learned. What each is, `data::target` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Target {
    /// The notebook's, with the exact error function.
    #[default]
    Gelu,
    /// Its approximation by tanh.
    GeluTanh,
    /// max(z, 0).
    Relu,
    /// z/(1 + e⁻ᶻ).
    Silu,
    /// The hyperbolic tangent.
    Tanh,
    /// The sine.
    Sin,
    /// ln(1 + eᶻ).
    Softplus,
    /// |z|.
    Abs,
    /// z².
    Square,
}

impl Target {
    /// The targets' names, in the order of the variants.
    pub const NAMES: &'static [&'static str] =
        &["gelu", "gelu-tanh", "relu", "silu", "tanh", "sin", "softplus", "abs", "square"];

    /// All of them, in that order.
    pub const ALL: [Self; 9] = [
        Self::Gelu,
        Self::GeluTanh,
        Self::Relu,
        Self::Silu,
        Self::Tanh,
        Self::Sin,
        Self::Softplus,
        Self::Abs,
        Self::Square,
    ];

    /// As it is typed.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// The target of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| target.name() == name)
    }
}
