import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";

/**
 * Times whose logit is normal(mean, std), truncated to (0, last]: u in (0,1) runs through the part of the distribution below
 * `last`, t = sigmoid(mean + std·Φ⁻¹(u·Φ((logit(last) − mean)/std))).
 */
export function logitNormal(u: Tensor, mean: number, std: number, last: number): Tensor {
  const top = normalCdf((Math.log(last / (1 - last)) - mean) / std);
  return tf.minimum(tf.sigmoid(tf.add(tf.mul(inverseNormal(tf.mul(u, top)), std), mean)), last);
}

/**
 * Φ⁻¹ by M. Giles' single-precision approximation of the inverse error function ("Approximating the erfinv function", GPU
 * Computing Gems 2, 2012); relative error below 4e-7 for p in (1e-7, 1 − 1e-7).
 */
export function inverseNormal(p: Tensor): Tensor {
  const x = tf.sub(tf.mul(p, 2), 1);
  const w = tf.neg(tf.log(tf.mul(tf.mul(p, tf.sub(1, p)), 4)));
  const central = polynomial(tf.sub(w, 2.5), centralTerms);
  const tail = polynomial(tf.sub(tf.sqrt(tf.maximum(w, 5)), 3), tailTerms);
  return tf.mul(tf.mul(x, tf.where(tf.less(w, 5), central, tail)), Math.SQRT2);
}

/** Φ by the complementary error function's continued use of the Numerical-Recipes Chebyshev fit; error below 1.2e-7. */
export function normalCdf(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + z / 2);
  const series = [1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277];
  const exponent = series.reduceRight((sum, term) => sum * t + term, 0) * t - 1.26551223 - z * z;
  const upper = (t * Math.exp(exponent)) / 2;
  return x > 0 ? 1 - upper : upper;
}

const centralTerms = [
  1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087, -4.39150654e-6, -3.5233877e-6, 3.43273939e-7,
  2.81022636e-8,
];
const tailTerms = [
  2.83297682, 1.00167406, 0.00943887047, -0.0076224613, 0.00573950773, -0.00367342844, 0.00134934322, 0.000100950558,
  -0.000200214257,
];

/** Horner's rule; terms from the constant upward. */
function polynomial(x: Tensor, terms: readonly number[]): Tensor {
  return terms.slice(0, -1).reduceRight<Tensor>((sum, term) => tf.add(tf.mul(sum, x), term), tf.fill(x.shape, terms.at(-1) ?? 0));
}
