import type { Weights } from "../../core/define-node.js";
import type { Init, WeightSpec } from "../../core/weight-spec.js";

const zeros: Init = { kind: "zeros" };
const ones: Init = { kind: "ones" };

/** Starts of a linear layer: how its weight is drawn, and its bias. */
export interface LinearInit {
  readonly weight: (fanIn: number, fanOut: number) => Init;
  readonly bias: (fanIn: number) => Init;
}

/** Glorot's uniform bound sqrt(6 / (in + out)), bias 0. */
export const xavier: LinearInit = {
  weight: (fanIn, fanOut) => ({ kind: "uniform", bound: Math.sqrt(6 / (fanIn + fanOut)) }),
  bias: () => zeros,
};

/** PyTorch's default for linear layers: weight and bias uniform within 1/sqrt(in). */
export const torchDefault: LinearInit = {
  weight: (fanIn) => ({ kind: "uniform", bound: 1 / Math.sqrt(fanIn) }),
  bias: (fanIn) => ({ kind: "uniform", bound: 1 / Math.sqrt(fanIn) }),
};

/** All zero, for layers that must not speak at first. */
export const silent: LinearInit = { weight: () => zeros, bias: () => zeros };

/** `weight` normal with this deviation; the bias as in `rest`. */
export function normalWeight(std: number, rest: LinearInit): LinearInit {
  return { weight: () => ({ kind: "normal", std }), bias: rest.bias };
}

/** `name.weight [out,in]` and `name.bias [out]`. */
export function linearSpecs(name: string, fanIn: number, fanOut: number, init: LinearInit): WeightSpec[] {
  return [
    weight(`${name}.weight`, [fanOut, fanIn], init.weight(fanIn, fanOut)),
    weight(`${name}.bias`, [fanOut], init.bias(fanIn)),
  ];
}

/** `name.weight [out,C,p,p]` and `name.bias [out]` of a convolution whose stride is its size. */
export function patchSpecs(name: string, channels: number, patch: number, fanOut: number, init: LinearInit): WeightSpec[] {
  const fanIn = channels * patch * patch;
  return [
    weight(`${name}.weight`, [fanOut, channels, patch, patch], init.weight(fanIn, fanOut)),
    weight(`${name}.bias`, [fanOut], init.bias(fanIn)),
  ];
}

/** `name.weight` 1 and, where `bias`, `name.bias` 0. */
export function normSpecs(name: string, width: number, bias: boolean): WeightSpec[] {
  const gain = weight(`${name}.weight`, [width], ones);
  return bias ? [gain, weight(`${name}.bias`, [width], zeros)] : [gain];
}

/** A trainable weight. */
export function weight(name: string, shape: readonly number[], init: Init): WeightSpec {
  return { name, shape, init, trainable: true };
}

/** A table that is saved with the model and never trained. */
export function frozen(name: string, shape: readonly number[], init: Init): WeightSpec {
  return { name, shape, init, trainable: false };
}

/** The same specs below a key prefix. */
export function below(prefix: string, specs: readonly WeightSpec[]): WeightSpec[] {
  return specs.map((spec) => ({ ...spec, name: `${prefix}.${spec.name}` }));
}

/** Looks up below a key prefix. */
export function scope(weights: Weights, prefix: string): Weights {
  return (name) => weights(`${prefix}.${name}`);
}

/** Numbers in a list of specs; `trainable` counts only those. */
export function countWeights(specs: readonly WeightSpec[], only?: "trainable"): number {
  return specs.reduce((sum, spec) => sum + (only && !spec.trainable ? 0 : spec.shape.reduce((a, b) => a * b, 1)), 0);
}
