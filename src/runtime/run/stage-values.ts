import type { AnyValue, StepContext } from "../../core/define-node.js";
import type { GraphNode, PortRef } from "../../core/graph.js";
import type { Reading } from "../../core/reading.js";
import { tf } from "../../core/tensor.js";
import type { Tensor, Variable } from "../../core/tensor.js";
import type { Part } from "./cut-batch.js";
import type { Devices } from "./devices.js";
import { asModel, asWeightSet } from "./live-model.js";
import type { LiveModel } from "./live-model.js";

export type Value = AnyValue | undefined;

/** Values by `node.port`, of a whole batch or of a part, in one of the updates of a step. */
export interface Known {
  readonly values: Map<string, Value>;
  readonly part?: Part;
  /** Updates of the same optimizer in this step before this one. */
  readonly round?: number;
}

/** `node.port`, or `node.port@variant`. */
export function keyOf(ref: PortRef): string {
  return `${ref.node}.${ref.port}${ref.variant ? `@${ref.variant}` : ""}`;
}

/** The weights that a reference to a model means: its own, or the average that its optimizer keeps. */
export function weightsOf(ref: PortRef, devices: Devices): { live: LiveModel; weights: LiveModel["weights"] } {
  const live = devices.models.get(ref.node);
  if (!live) throw new Error(`model "${ref.node}" is not loaded`);
  if (!ref.variant) return { live, weights: live.weights };
  const trainer = [...devices.optimizers.values()].find((optimizer) => optimizer.trains.node === ref.node);
  return { live, weights: trainer?.average ?? live.weights };
}

/** The computation of a node that looks at numbers on its way; undefined of any other. */
export function readingOf(
  { def, params }: GraphNode,
  inputs: Record<string, Value>,
  context: StepContext,
): Reading<Record<string, Value>> | undefined {
  if (def.kind !== "map") return undefined;
  return def.reading?.(params)?.(inputs as Record<string, never>, context);
}

/** True of a node that looks at numbers on its way. */
export function looks({ def, params }: GraphNode): boolean {
  return def.kind === "map" && def.reading?.(params) !== undefined;
}

/** A map's or model's outputs for these inputs. */
export function apply(
  node: GraphNode,
  inputs: Record<string, Value>,
  devices: Devices,
  context: StepContext,
): Record<string, Value> {
  // The checker connected only ports of matching kinds, so the inputs are what the definition declares.
  const checked = inputs as Record<string, never>;
  if (node.def.kind === "map") return node.def.run(checked, node.params, context);
  if (node.def.kind !== "model") throw new Error(`"${node.name}" cannot run in a stage`);
  const { weights } = weightsOf({ port: "weights", ...(node.again ?? { node: node.name }) }, devices);
  return node.def.apply(weights, checked, node.params, context);
}

/** What a reference means: a value known so far, a model, or weights. */
export function resolve(ref: PortRef, values: ReadonlyMap<string, Value>, devices: Devices, context: StepContext): Value {
  const known = values.get(keyOf(ref));
  if (known !== undefined) return known;
  const { live, weights } = weightsOf(ref, devices);
  const kind = live.def.outputs[ref.port]?.kind;
  return kind === "model" ? asModel(live, weights, context) : asWeightSet(live, weights);
}

/** A model's variable of this name. */
export function variableOf(live: LiveModel, name: string): Variable {
  const variable = live.variables.get(name);
  if (!variable) throw new Error(`model "${live.node.name}" has no variable "${name}"`);
  return variable;
}

/** The value as the tensor that it must be. */
export function asTensor(value: Value, key: string): Tensor {
  if (value instanceof tf.Tensor) return value;
  throw new Error(`"${key}" is no tensor`);
}
