import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";

/** What a formula of time needs, so that it is written once for a number (samplers) and for one time per sample (training). */
export interface Arithmetic<T> {
  add(a: T | number, b: T | number): T;
  sub(a: T | number, b: T | number): T;
  mul(a: T | number, b: T | number): T;
  div(a: T | number, b: T | number): T;
  exp(a: T): T;
  sqrt(a: T): T;
  sin(a: T): T;
  cos(a: T): T;
}

/** Numbers in float64. */
export const numbers: Arithmetic<number> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  exp: Math.exp,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
};

/** Tensors of any shape, number by number. */
export const tensors: Arithmetic<Tensor> = {
  add: (a, b) => tf.add(a, b),
  sub: (a, b) => tf.sub(a, b),
  mul: (a, b) => tf.mul(a, b),
  div: (a, b) => tf.div(a, b),
  exp: (a) => tf.exp(a),
  sqrt: (a) => tf.sqrt(a),
  sin: (a) => tf.sin(a),
  cos: (a) => tf.cos(a),
};
