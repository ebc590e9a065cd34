/**
 * WGSL functions of the activations and their slopes, named as `Activation` names them. erf by Abramowitz and Stegun 7.1.26 (error below
 * 1.5e-7); tanh is clamped, for WGSL allows its exponentials to overflow.
 */
export const activationText = `
fn none(x: f32) -> f32 { return x; }
fn sigmoid(x: f32) -> f32 { return 1.0 / (1.0 + exp(-clamp(x, -87.0, 87.0))); }
fn silu(x: f32) -> f32 { return x * sigmoid(x); }
fn silu_slope(x: f32) -> f32 { let s = sigmoid(x); return s + x * s * (1.0 - s); }
fn erf(x: f32) -> f32 {
  let a = abs(x);
  let t = 1.0 / (1.0 + 0.3275911 * a);
  let sum = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - sum * exp(-min(a * a, 87.0)));
}
fn gelu(x: f32) -> f32 { return 0.5 * x * (1.0 + erf(x * 0.70710678)); }
fn gelu_slope(x: f32) -> f32 {
  return 0.5 * (1.0 + erf(x * 0.70710678)) + x * 0.39894228 * exp(-min(0.5 * x * x, 87.0));
}
fn bounded_tanh(x: f32) -> f32 { return tanh(clamp(x, -15.0, 15.0)); }
fn gelu_inner(x: f32) -> f32 { return 0.79788456 * (x + 0.044715 * x * x * x); }
fn gelu_tanh(x: f32) -> f32 { return 0.5 * x * (1.0 + bounded_tanh(gelu_inner(x))); }
fn gelu_tanh_slope(x: f32) -> f32 {
  let t = bounded_tanh(gelu_inner(x));
  return 0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * 0.79788456 * (1.0 + 0.134145 * x * x);
}`;
