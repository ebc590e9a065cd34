import { differentiate } from "../../core/backward.js";
import type { AnyValue, Optimizer, StepContext } from "../../core/define-node.js";
import type { GraphNode, PortRef } from "../../core/graph.js";
import type { PerStep } from "../../core/per-step.js";
import { tf } from "../../core/tensor.js";
import type { Tensor, Variable } from "../../core/tensor.js";
import { blame } from "./failure.js";
import { asModel, asWeightSet } from "./live-model.js";
import type { LiveModel } from "./live-model.js";
import { ownerOf } from "./plan-nodes.js";
import type { StagePlan, TrainingPart } from "./plan-stages.js";
import { stepContext } from "./random.js";
import { disposeStep } from "./step-result.js";
import type { StepResult } from "./step-result.js";

/** What lives on the device for a whole run. */
export interface Devices {
  readonly seed: number;
  readonly models: ReadonlyMap<string, LiveModel>;
  readonly optimizers: ReadonlyMap<string, Optimizer>;
}

type Value = AnyValue | undefined;

/**
 * Called around each node's work in a step, a node's forward pass or an optimizer's update; gives what the work gives. `given` are the
 * node's inputs by port, or an optimizer's gradients by the names of its weights.
 */
export type NodeHook = <T extends Readonly<Record<string, unknown>>>(
  node: GraphNode,
  work: () => T,
  given: Readonly<Record<string, unknown>>,
) => T;

/** Looks into one step, which then runs op by op. */
export interface StepWatch {
  readonly onNode: NodeHook;
  /** Awaited when the step's work is handed over: time to read, and free, the tensors that the hook kept. */
  settle?(): Promise<void>;
}

/**
 * Runs the device part of one step as one synchronous tensor function: fixed nodes, then, for one optimizer after the other, the nodes that
 * its loss needs, its own model's under the gradient tape, and its update. `packets` are the sources' tensors by `node.port`, which stay
 * the caller's.
 */
export function runStage(
  plan: StagePlan,
  devices: Devices,
  packets: ReadonlyMap<string, Tensor>,
  step: PerStep,
  onNode: NodeHook = (_node, work) => work(),
): StepResult {
  const wanted = new Set(plan.hosts.flatMap((node) => Object.values(node.inputs).map(keyOf)));
  const kept = new Map<string, Tensor>();
  const scalars = new Map<string, Record<string, Tensor>>();
  const training = plan.parts.length > 0;
  const values = new Map<string, Value>(packets);
  const evaluate = (node: GraphNode, trainee?: string): void => {
    // A model works in training mode only while its own weights are trained: a judge that is asked does not learn from it.
    const mode = node.def.kind === "model" ? ownerOf(node) === trainee : training;
    const context = stepContext(devices.seed, node.name, step, mode);
    const inputs = Object.fromEntries(
      Object.entries(node.inputs).map(([port, ref]) => [port, resolve(ref, values, devices, context)]),
    );
    const outputs = blame(node, () => onNode(node, () => apply(node, inputs, devices, context), inputs));
    for (const [port, value] of Object.entries(outputs)) values.set(`${node.name}.${port}`, value);
  };
  const keepWanted = (): void => {
    for (const key of wanted) keep(kept, key, values);
  };
  const train = ({ optimizer, before, taped }: TrainingPart): void => {
    const loss = optimizer.inputs["loss"];
    const trainee = optimizer.inputs["trains"]?.node ?? "";
    const live = devices.models.get(trainee);
    const trainer = devices.optimizers.get(optimizer.name);
    if (!loss || !live || !trainer) throw new Error(`optimizer "${optimizer.name}" is not connected`);
    const names = live.specs.filter((spec) => spec.trainable).map((spec) => spec.name);
    const variables = names.map((name) => variableOf(live, name));
    before.forEach((node) => evaluate(node, trainee));
    const forward = (): Tensor => {
      taped.forEach((node) => evaluate(node, trainee));
      keepWanted();
      return asTensor(values.get(keyOf(loss)), keyOf(loss));
    };
    // An optimizer that joins later counts its own steps.
    const clock: PerStep = () => step() - (optimizer.from ?? 0);
    const { value, logged } = blame(optimizer, () => {
      const { value, gradients } = differentiate(forward, variables);
      const complete = gradients.map((gradient, i) => gradient ?? tf.zerosLike(variables[i] ?? value));
      const given = Object.fromEntries(names.map((name, i) => [name, complete[i]]));
      return { value, logged: onNode(optimizer, () => trainer.apply(complete, clock), given) };
    });
    scalars.set(optimizer.name, keepTensors({ loss: value, ...logged }));
    // What was computed under the tape is gone; who needs it computes it anew.
    for (const node of taped) for (const port of Object.keys(node.def.outputs)) values.delete(`${node.name}.${port}`);
  };
  const result: StepResult = { tensors: kept, scalars };
  try {
    tf.tidy(() => {
      plan.fixed.forEach((node) => evaluate(node));
      keepWanted();
      plan.parts.forEach(train);
    });
  } catch (error) {
    disposeStep(result);
    throw error;
  }
  return result;
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

function apply(node: GraphNode, inputs: Record<string, Value>, devices: Devices, context: StepContext): Record<string, Value> {
  // The checker connected only ports of matching kinds, so the inputs are what the definition declares.
  const checked = inputs as Record<string, never>;
  if (node.def.kind === "map") return node.def.run(checked, node.params, context);
  if (node.def.kind !== "model") throw new Error(`"${node.name}" cannot run in a stage`);
  const { weights } = weightsOf({ port: "weights", ...(node.again ?? { node: node.name }) }, devices);
  return node.def.apply(weights, checked, node.params, context);
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

function keepTensors(values: Record<string, Tensor>): Record<string, Tensor> {
  for (const value of Object.values(values)) tf.keep(value);
  return values;
}

function variableOf(live: LiveModel, name: string): Variable {
  const variable = live.variables.get(name);
  if (!variable) throw new Error(`model "${live.node.name}" has no variable "${name}"`);
  return variable;
}

function asTensor(value: Value, key: string): Tensor {
  if (value instanceof tf.Tensor) return value;
  throw new Error(`"${key}" is no tensor`);
}
