import { sumTo } from "../ops/sum-to.js";
import { tf } from "../tensor.js";
import type { Tensor } from "../tensor.js";
import { saved } from "./rules.js";
import type { GradientRule } from "./rules.js";

/** y = f(x): the pull is dy · slope(x). */
function ofInput(kernel: string, slope: (x: Tensor, attrs: Readonly<Record<string, unknown>>) => Tensor): GradientRule {
  return { kernel, inputs: ["x"], pull: (dy, s, attrs) => ({ x: () => tf.mul(dy, slope(saved(s, 0), attrs)) }) };
}

/** y = f(x) whose slope is simpler by y. */
function ofOutput(kernel: string, slope: (y: Tensor) => Tensor): GradientRule {
  return { kernel, outputs: true, pull: (dy, s) => ({ x: () => tf.mul(dy, slope(saved(s, 0))) }) };
}

/** y = f(a, b) with broadcasting: each side's pull is summed back to its own shape. */
function ofPair(
  kernel: string,
  pullA: (dy: Tensor, a: Tensor, b: Tensor) => Tensor,
  pullB: (dy: Tensor, a: Tensor, b: Tensor) => Tensor,
): GradientRule {
  return {
    kernel,
    inputs: ["a", "b"],
    pull: (dy, s) => ({
      a: () => sumTo(pullA(dy, saved(s, 0), saved(s, 1)), saved(s, 0).shape),
      b: () => sumTo(pullB(dy, saved(s, 0), saved(s, 1)), saved(s, 1).shape),
    }),
  };
}

const mask = (condition: Tensor): Tensor => tf.cast(condition, "float32");
const flat = (kernel: string): GradientRule => ({ kernel, pull: (dy) => ({ x: () => tf.zerosLike(dy) }) });

/** Rules of kernels that work number by number. */
export const elementwiseRules: readonly GradientRule[] = [
  ofPair(
    "Add",
    (dy) => dy.clone(),
    (dy) => dy.clone(),
  ),
  ofPair(
    "Sub",
    (dy) => dy.clone(),
    (dy) => tf.neg(dy),
  ),
  ofPair(
    "Multiply",
    (dy, _a, b) => tf.mul(dy, b),
    (dy, a) => tf.mul(dy, a),
  ),
  ofPair(
    "RealDiv",
    (dy, _a, b) => tf.div(dy, b),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.square(b))),
  ),
  ofPair(
    "Maximum",
    (dy, a, b) => tf.mul(dy, mask(tf.greaterEqual(a, b))),
    (dy, a, b) => tf.mul(dy, mask(tf.less(a, b))),
  ),
  ofPair(
    "Minimum",
    (dy, a, b) => tf.mul(dy, mask(tf.lessEqual(a, b))),
    (dy, a, b) => tf.mul(dy, mask(tf.greater(a, b))),
  ),
  ofPair(
    "SquaredDifference",
    (dy, a, b) => tf.mul(tf.mul(dy, 2), tf.sub(a, b)),
    (dy, a, b) => tf.mul(tf.mul(dy, 2), tf.sub(b, a)),
  ),
  ofPair(
    "Pow",
    (dy, a, b) => tf.mul(tf.mul(dy, b), tf.pow(a, tf.sub(b, 1))),
    (dy, a, b) => tf.mul(dy, tf.mul(tf.pow(a, b), tf.where(tf.greater(a, 0), tf.log(tf.maximum(a, 1e-38)), tf.zerosLike(a)))),
  ),
  {
    kernel: "AddN",
    inputs: "all",
    pull: (dy, s) => Object.fromEntries(s.map((_, i) => [String(i), () => dy.clone()])),
  },
  {
    kernel: "Select",
    inputs: ["condition"],
    pull: (dy, s) => {
      const chosen = mask(saved(s, 0));
      return {
        condition: () => tf.zerosLike(chosen),
        t: () => tf.mul(dy, chosen),
        e: () => tf.mul(dy, tf.sub(1, chosen)),
      };
    },
  },
  ofInput("Abs", (x) => tf.sign(x)),
  ofInput("Square", (x) => tf.mul(x, 2)),
  ofInput("Log", (x) => tf.reciprocal(x)),
  ofInput("Sin", (x) => tf.cos(x)),
  ofInput("Cos", (x) => tf.neg(tf.sin(x))),
  ofInput("Relu", (x) => mask(tf.greater(x, 0))),
  ofInput("LeakyRelu", (x, attrs) => tf.where(tf.greater(x, 0), tf.onesLike(x), tf.fill(x.shape, Number(attrs["alpha"])))),
  ofInput("Erf", (x) => tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI))),
  ofInput("Softplus", (x) => tf.sigmoid(x)),
  ofInput("ClipByValue", (x, attrs) =>
    mask(tf.logicalAnd(tf.greaterEqual(x, Number(attrs["clipValueMin"])), tf.lessEqual(x, Number(attrs["clipValueMax"])))),
  ),
  { kernel: "Neg", pull: (dy) => ({ x: () => tf.neg(dy) }) },
  ofOutput("Exp", (y) => y.clone()),
  ofOutput("Sqrt", (y) => tf.div(0.5, y)),
  ofOutput("Rsqrt", (y) => tf.mul(tf.mul(tf.square(y), y), -0.5)),
  ofOutput("Reciprocal", (y) => tf.neg(tf.square(y))),
  ofOutput("Sigmoid", (y) => tf.mul(y, tf.sub(1, y))),
  ofOutput("Tanh", (y) => tf.sub(1, tf.square(y))),
  ofOutput("Elu", (y) => tf.where(tf.greater(y, 0), tf.onesLike(y), tf.add(y, 1))),
  ...["Sign", "Floor", "Ceil", "Round", "Step"].map(flat),
];
