import type { Model, ModelNode, StepContext, WeightSet, Weights, WeightSpec } from "../../core/define-node.js";
import type { GraphNode } from "../../core/graph.js";
import { philoxKey, philoxNormal, philoxUniform, streamId } from "../../core/philox.js";
import { tf } from "../../core/tensor.js";
import type { HostArray, Variable } from "../../core/tensor.js";

/** A model node with its variables on the device. */
export interface LiveModel {
  readonly node: GraphNode;
  readonly def: ModelNode;
  readonly specs: readonly WeightSpec[];
  readonly variables: ReadonlyMap<string, Variable>;
  readonly weights: Weights;
}

/** Makes the variables of a model: from `loaded` where it has them, else as the specs say, drawn by (seed, node, weight). */
export function createModel(node: GraphNode, seed: number, loaded: ReadonlyMap<string, HostArray>): LiveModel {
  const def = node.def;
  if (def.kind !== "model") throw new Error(`node "${node.name}" is no model`);
  const specs = def.weights(node.params, node.dims);
  const variables = new Map(
    specs.map((spec) => {
      const values = loaded.get(spec.name)?.data ?? startValues(spec, seed, node.name);
      return [spec.name, tf.tidy(() => tf.variable(tf.tensor(values, [...spec.shape]), spec.trainable))];
    }),
  );
  const weights: Weights = (name) => {
    const variable = variables.get(name);
    if (!variable) throw new Error(`model "${node.name}" declares no weight "${name}"`);
    return variable;
  };
  return { node, def, specs, variables, weights };
}

/** The model as a sampler calls it, with these weights. */
export function asModel(live: LiveModel, weights: Weights, context: StepContext): Model {
  const { def, node } = live;
  const port = Object.values(def.outputs).find((output) => output.kind === "model");
  const sizes = (port?.spec.match(/\[(.*)\]/)?.[1] ?? "").split(",").map((name) => node.dims[name.trim()] ?? Number(name));
  const [h = 0, w = 0, C = 0] = sizes;
  return {
    latent: [h, w, C],
    nullLabel: def.nullLabel?.(node.params) ?? 0,
    velocity(x, t, label) {
      const { velocity } = def.apply(weights, { x, t, label }, node.params, context);
      if (!velocity) throw new Error(`model "${node.name}" gave no velocity`);
      return velocity;
    },
  };
}

/** The model's variables as a set, with these weights. */
export function asWeightSet(live: LiveModel, weights: Weights): WeightSet {
  return { node: live.node.name, specs: live.specs, get: weights };
}

/** Frees the variables. */
export function disposeModel(live: LiveModel): void {
  for (const variable of live.variables.values()) variable.dispose();
}

function startValues(spec: WeightSpec, seed: number, node: string): Float32Array {
  const size = spec.shape.reduce((a, b) => a * b, 1);
  const key = philoxKey(seed, node);
  const stream = streamId(`init/${spec.name}`);
  switch (spec.init.kind) {
    case "zeros":
      return new Float32Array(size);
    case "ones":
      return new Float32Array(size).fill(1);
    case "normal": {
      const { std } = spec.init;
      const values = philoxNormal(key, stream, 0, size);
      for (let i = 0; i < size; i++) values[i] = (values[i] ?? 0) * std;
      return values;
    }
    case "uniform": {
      const { bound } = spec.init;
      const values = philoxUniform(key, stream, 0, size);
      for (let i = 0; i < size; i++) values[i] = (2 * (values[i] ?? 0) - 1) * bound;
      return values;
    }
    case "table":
      return spec.init.values();
  }
}
