import type { AnyValue, Optimizer, StepContext } from "../../core/define-node.js";
import type { GraphNode, PortRef } from "../../core/graph.js";
import { tf } from "../../core/tensor.js";
import type { HostArray, Tensor } from "../../core/tensor.js";
import { blame } from "./failure.js";
import { asModel, asWeightSet } from "./live-model.js";
import type { LiveModel } from "./live-model.js";
import type { PhasePlan } from "./plan.js";
import { stepContext } from "./random.js";

/** What lives on the device for a whole run. */
export interface Devices {
  readonly seed: number;
  readonly models: ReadonlyMap<string, LiveModel>;
  readonly optimizers: ReadonlyMap<string, Optimizer>;
}

/** What a step leaves on the device: tensors that host nodes read, and scalars to log. The caller disposes both. */
export interface StepResult {
  /** By `node.port`, for every tensor that a reducer or sink reads. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** By optimizer node and name: loss, grad_norm, lr. */
  readonly scalars: ReadonlyMap<string, Readonly<Record<string, Tensor | number>>>;
}

type Value = AnyValue | undefined;

/** Called around each node's work in a step, a node's forward pass or an optimizer's update; gives what the work gives. */
export type NodeHook = <T extends Readonly<Record<string, unknown>>>(node: GraphNode, work: () => T) => T;

/**
 * Runs the device part of one step as one synchronous tensor function: fixed nodes, then, under the gradient tape, the nodes
 * that trained weights reach, then the optimizers. `packets` are the sources' values by node.
 */
export function runStage(
  plan: PhasePlan,
  devices: Devices,
  packets: ReadonlyMap<string, Readonly<Record<string, HostArray>>>,
  step: number,
  onNode: NodeHook = (_node, work) => work(),
): StepResult {
  const wanted = new Set(plan.hosts.flatMap((node) => Object.values(node.inputs).map(keyOf)));
  const kept = new Map<string, Tensor>();
  const scalars = new Map<string, Record<string, Tensor | number>>();
  const training = plan.optimizers.length > 0;
  const run = (): void => {
    const values = new Map<string, Value>();
    for (const [source, ports] of packets)
      for (const [port, array] of Object.entries(ports)) values.set(`${source}.${port}`, upload(array));
    const evaluate = (node: GraphNode): void => {
      const context = stepContext(devices.seed, node.name, step, training);
      const inputs = Object.fromEntries(
        Object.entries(node.inputs).map(([port, ref]) => [port, resolve(ref, values, devices, context)]),
      );
      const outputs = blame(node, () => onNode(node, () => apply(node, inputs, devices, context)));
      for (const [port, value] of Object.entries(outputs)) values.set(`${node.name}.${port}`, value);
    };
    plan.fixed.forEach(evaluate);
    for (const optimizer of plan.optimizers) {
      const loss = optimizer.inputs["loss"];
      const live = devices.models.get(optimizer.inputs["trains"]?.node ?? "");
      const trainer = devices.optimizers.get(optimizer.name);
      if (!loss || !live || !trainer) throw new Error(`optimizer "${optimizer.name}" is not connected`);
      const variables = live.specs.filter((spec) => spec.trainable).map((spec) => live.weights(spec.name));
      const forward = (): Tensor => {
        plan.trained.forEach(evaluate);
        for (const key of wanted) keep(kept, key, values);
        return asTensor(values.get(keyOf(loss)), keyOf(loss));
      };
      const { value, logged } = blame(optimizer, () => {
        const { value, grads } = tf.engine().gradients(forward, variables, undefined, true);
        const complete = grads.map((gradient, i) => gradient ?? tf.zerosLike(variables[i] ?? value));
        return { value, logged: onNode(optimizer, () => trainer.apply(complete, step)) };
      });
      scalars.set(optimizer.name, { loss: tf.keep(value), ...keepTensors(logged) });
    }
    if (!training) plan.trained.forEach(evaluate);
    for (const key of wanted) keep(kept, key, values);
  };
  const result: StepResult = { tensors: kept, scalars };
  try {
    tf.tidy(run);
  } catch (error) {
    disposeStep(result);
    throw error;
  }
  return result;
}

/** Frees what a step left on the device. */
export function disposeStep({ tensors, scalars }: StepResult): void {
  for (const tensor of tensors.values()) tensor.dispose();
  for (const values of scalars.values())
    for (const value of Object.values(values)) if (typeof value !== "number") value.dispose();
}

/** `node.port`, or `node.port@variant`. */
export function keyOf(ref: PortRef): string {
  return `${ref.node}.${ref.port}${ref.variant ? `@${ref.variant}` : ""}`;
}

/** A host array on the device. */
export function upload(array: HostArray): Tensor {
  return tf.tensor(array.data, [...array.shape], array.dtype === "f32" ? "float32" : "int32");
}

/** The weights that a reference to a model means: its own, or the average that its optimizer keeps. */
export function weightsOf(ref: PortRef, devices: Devices): { live: LiveModel; weights: LiveModel["weights"] } {
  const live = devices.models.get(ref.node);
  if (!live) throw new Error(`model "${ref.node}" is not loaded`);
  if (!ref.variant) return { live, weights: live.weights };
  const trainer = [...devices.optimizers.values()].find((optimizer) => optimizer.trains.node === ref.node);
  return { live, weights: trainer?.average ?? live.weights };
}

function apply(node: GraphNode, inputs: Record<string, Value>, devices: Devices, context: StepContext): Record<string, Value> {
  // The checker connected only ports of matching kinds, so the inputs are what the definition declares.
  const checked = inputs as Record<string, never>;
  if (node.def.kind === "map") return node.def.run(checked, node.params, context);
  if (node.def.kind !== "model") throw new Error(`"${node.name}" cannot run in a stage`);
  const live = devices.models.get(node.name);
  if (!live) throw new Error(`model "${node.name}" is not loaded`);
  return node.def.apply(live.weights, checked, node.params, context);
}

function resolve(ref: PortRef, values: ReadonlyMap<string, Value>, devices: Devices, context: StepContext): Value {
  const known = values.get(keyOf(ref));
  if (known !== undefined) return known;
  const { live, weights } = weightsOf(ref, devices);
  const kind = live.def.outputs[ref.port]?.kind;
  return kind === "model" ? asModel(live, weights, context) : asWeightSet(live, weights);
}

function keep(kept: Map<string, Tensor>, key: string, values: ReadonlyMap<string, Value>): void {
  const value = values.get(key);
  if (value instanceof tf.Tensor && !kept.has(key)) kept.set(key, tf.keep(value.clone()));
}

function keepTensors(values: Record<string, Tensor | number>): Record<string, Tensor | number> {
  for (const value of Object.values(values)) if (typeof value !== "number") tf.keep(value);
  return values;
}

function asTensor(value: Value, key: string): Tensor {
  if (value instanceof tf.Tensor) return value;
  throw new Error(`"${key}" is no tensor`);
}
