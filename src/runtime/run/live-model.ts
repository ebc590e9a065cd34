import type { Model, ModelNode, StepContext, WeightSet, Weights } from "../../core/define-node.js";
import type { SavedTable, WeightSpec } from "../../core/weight-spec.js";
import type { GraphNode } from "../../core/graph.js";
import { philoxKey, philoxNormal, philoxUniform, streamId } from "../../core/philox.js";
import { blankFloats, tensorOnFloats } from "../../core/blank-floats.js";
import { tf } from "../../core/tensor.js";
import type { HostArray, Tensor, Variable } from "../../core/tensor.js";
import { elementsOf } from "../../nodes/files/stored-array.js";
import { loadWeights } from "./load-weights.js";

/** A model node with its variables on the device. */
export interface LiveModel {
  readonly node: GraphNode;
  readonly def: ModelNode;
  readonly specs: readonly WeightSpec[];
  /** What its files list beside the weights. */
  readonly tables: readonly SavedTable[];
  readonly variables: ReadonlyMap<string, Variable>;
  readonly weights: Weights;
}

/** Makes the variables of a model: from `loaded` where it has them, else as the specs say, drawn by (seed, node, weight). */
export function createModel(
  node: GraphNode,
  seed: number,
  loaded: ReadonlyMap<string, HostArray> | ReadonlyMap<string, Variable>,
): LiveModel {
  const { def, specs } = modelOf(node);
  const variables = new Map(
    specs.map((spec) => {
      const given = loaded.get(spec.name);
      if (given instanceof tf.Variable) return [spec.name, given];
      const values = given?.data ?? startValues(spec, seed, node.name);
      return [spec.name, makeVariable(spec, () => tf.tensor(values, [...spec.shape]))];
    }),
  );
  const weights: Weights = (name) => {
    const variable = variables.get(name);
    if (!variable) throw new Error(`model "${node.name}" declares no weight "${name}"`);
    return variable;
  };
  return { node, def, specs, tables: def.tables?.(node.params) ?? [], variables, weights };
}

/**
 * Makes the variables of a model as `createModel` does, from the file that its `weights` param names. Each array is read into its place on
 * the device, so a model takes hardly more memory than its weights. A file without the model's tables is written again without them.
 */
export async function loadModel(node: GraphNode, seed: number): Promise<LiveModel> {
  const specs = new Map(modelOf(node).specs.map((spec) => [spec.name, spec]));
  const variables = new Map<string, Variable>();
  try {
    const { bare } = await loadWeights(node, async (name, fill) => {
      const spec = specs.get(name);
      if (!spec) return;
      const values = blankFloats(elementsOf(spec.shape));
      await fill(values);
      variables.set(
        name,
        makeVariable(spec, () => tensorOnFloats(values, spec.shape)),
      );
    });
    const live = createModel(node, seed, variables);
    return bare ? { ...live, tables: [] } : live;
  } catch (error) {
    for (const variable of variables.values()) variable.dispose();
    throw error;
  }
}

function modelOf(node: GraphNode): { def: ModelNode; specs: readonly WeightSpec[] } {
  const { def } = node;
  if (def.kind !== "model") throw new Error(`node "${node.name}" is no model`);
  return { def, specs: def.weights(node.params, node.dims) };
}

function makeVariable(spec: WeightSpec, values: () => Tensor): Variable {
  return tf.tidy(() => tf.variable(values(), spec.trainable));
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
  return { node: live.node.name, specs: live.specs, tables: live.tables, get: weights };
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
