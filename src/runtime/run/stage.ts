import { differentiate } from "../../core/backward.js";
import type { Pull } from "../../core/backward.js";
import type { AnyValue, Optimizer, StepContext } from "../../core/define-node.js";
import type { GraphNode, PortRef } from "../../core/graph.js";
import { overwrite } from "../../core/ops/overwrite.js";
import type { PerStep } from "../../core/per-step.js";
import { tf } from "../../core/tensor.js";
import type { Tensor, Variable } from "../../core/tensor.js";
import { cutBatch, joinParts, rowsOf } from "./cut-batch.js";
import type { Part } from "./cut-batch.js";
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
  /** Steps in which an optimizer left the weights alone, by its name; grows as the run goes on. */
  readonly skipped: Map<string, number>;
}

type Value = AnyValue | undefined;

/**
 * Called around each node's work in a step, a node's forward pass or an optimizer's update; gives what the work gives. `given` are the
 * node's inputs by port, or an optimizer's gradients by the names of its weights; `part` is the part of the batch that is in work, where it is cut.
 */
export type NodeHook = <T extends Readonly<Record<string, unknown>>>(
  node: GraphNode,
  work: () => T,
  given: Readonly<Record<string, unknown>>,
  part?: Part,
  /** The model, where the node is one. */
  live?: LiveModel,
) => T;

/** Looks into one step, which then runs op by op. */
export interface StepWatch {
  readonly onNode: NodeHook;
  /** Awaited when the step's work is handed over: time to read, and free, the tensors that the hook kept. */
  settle?(): Promise<void>;
}

/** Looks on while a stage runs. */
export interface StageWatch {
  readonly onNode: NodeHook;
  /** Called for each op on the way back; with it, optimizers do not use their gradients. */
  readonly onPull?: (pull: Pull) => void;
}

/**
 * Runs the device part of one step as one synchronous tensor function: fixed nodes, then, for one optimizer after the other, the nodes that
 * its loss needs, its own model's under the gradient tape, and its update. An optimizer that accumulates has all of them done for one
 * part of the batch after the other. `packets` are the sources' tensors by `node.port`, which stay the caller's.
 */
export function runStage(
  plan: StagePlan,
  devices: Devices,
  packets: ReadonlyMap<string, Tensor>,
  step: PerStep,
  { onNode, onPull }: StageWatch = { onNode: (_node, work) => work() },
): StepResult {
  const wanted = new Set(plan.hosts.flatMap((node) => Object.values(node.inputs).map(keyOf)));
  const kept = new Map<string, Tensor>();
  const scalars = new Map<string, Record<string, Tensor>>();
  const training = plan.parts.length > 0;
  const whole: Known = { values: new Map<string, Value>(packets) };
  const evaluate = (nodes: readonly GraphNode[], { values, part }: Known, trainee?: string): void => {
    for (const node of nodes) {
      // A model works in training mode only while its own weights are trained: a judge that is asked does not learn from it.
      const mode = node.def.kind === "model" ? ownerOf(node) === trainee : training;
      const live = mode ? devices.models.get(ownerOf(node)) : undefined;
      const remember = live && ((name: string, value: Tensor) => overwrite(variableOf(live, name), value));
      const context = stepContext(devices.seed, node.name, step, mode, part, remember);
      const inputs = Object.fromEntries(
        Object.entries(node.inputs).map(([port, ref]) => [port, resolve(ref, values, devices, context)]),
      );
      const outputs = blame(node, () =>
        onNode(node, () => apply(node, inputs, devices, context), inputs, part, devices.models.get(node.name)),
      );
      for (const [port, value] of Object.entries(outputs)) values.set(`${node.name}.${port}`, value);
    }
  };
  const keepWanted = (): void => {
    for (const key of wanted) keep(kept, key, whole.values.get(key));
  };
  const train = ({ optimizer, before, taped }: TrainingPart): void => {
    const loss = optimizer.inputs["loss"];
    const trainee = optimizer.inputs["trains"]?.node ?? "";
    const live = devices.models.get(trainee);
    const trainer = devices.optimizers.get(optimizer.name);
    if (!loss || !live || !trainer) throw new Error(`optimizer "${optimizer.name}" is not connected`);
    const names = trainer.trains.specs.filter((spec) => spec.trainable).map((spec) => spec.name);
    const variables = names.map((name) => variableOf(live, name));
    /** The loss, then a gradient for each variable. */
    const lossAndGradients = (known: Known, evaluated: () => void): Tensor[] => {
      evaluate(before, known, trainee);
      const forward = (): Tensor => {
        evaluate(taped, known, trainee);
        evaluated();
        const value = asTensor(known.values.get(keyOf(loss)), keyOf(loss));
        return known.part ? tf.mul(value, known.part.size / known.part.of) : value;
      };
      const { value, gradients } = blame(optimizer, () => differentiate(forward, variables, onPull));
      return [value, ...gradients.map((gradient, i) => gradient ?? tf.zerosLike(variables[i] ?? value))];
    };
    const inParts = (parts: readonly Part[]): Tensor[] => {
      const pieces = new Map<string, Tensor[]>();
      const missing = [...wanted].filter((key) => !kept.has(key));
      let sums: Tensor[] = [];
      try {
        for (const part of parts)
          sums = tf.tidy(() => {
            const known: Known = { values: new Map<string, Value>(rowsOf(packets, part)), part };
            evaluate(plan.fixed, known);
            const made = lossAndGradients(known, () => collect(pieces, missing, known.values));
            return sums.length === 0 ? made : made.map((tensor, i) => addInto(sums[i], tensor));
          });
        for (const [key, list] of pieces) keep(kept, key, joinParts(list, parts));
      } finally {
        tf.dispose([...pieces.values()].flat());
      }
      return sums;
    };
    const parts = blame(optimizer, () => cutBatch(packets, trainer.accumulate ?? 1));
    const [value, ...gradients] = parts.length > 1 ? inParts(parts) : lossAndGradients(whole, keepWanted);
    if (!value) throw new Error(`optimizer "${optimizer.name}" has no loss`);
    // An optimizer that joins later counts its own steps; one that skips, its updates.
    const updates: PerStep = () => step() - (optimizer.from ?? 0) - (devices.skipped.get(optimizer.name) ?? 0);
    const given = Object.fromEntries(names.map((name, i) => [name, gradients[i]]));
    const update = (): Record<string, Tensor> => trainer.apply(poison(gradients, value), updates);
    const logged = onPull ? {} : blame(optimizer, () => onNode(optimizer, update, given));
    scalars.set(optimizer.name, keepTensors({ loss: value, ...logged }));
    // What was computed under the tape is gone; who needs it computes it anew.
    for (const node of taped) for (const port of Object.keys(node.def.outputs)) whole.values.delete(`${node.name}.${port}`);
  };
  const result: StepResult = { tensors: kept, scalars };
  try {
    tf.tidy(() => {
      const inWhole =
        !training || plan.parts.some(({ optimizer }) => (devices.optimizers.get(optimizer.name)?.accumulate ?? 1) === 1);
      if (inWhole) evaluate(plan.fixed, whole);
      keepWanted();
      plan.parts.forEach(train);
    });
  } catch (error) {
    disposeStep(result);
    throw error;
  }
  return result;
}

/** Values by `node.port`, of a whole batch or of a part. */
interface Known {
  readonly values: Map<string, Value>;
  readonly part?: Part;
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

function keep(kept: Map<string, Tensor>, key: string, value: Value): void {
  if (value instanceof tf.Tensor && !kept.has(key)) kept.set(key, tf.keep(value.clone()));
}

/** Adds a part's values to those of the parts before it. */
function collect(pieces: Map<string, Tensor[]>, wanted: readonly string[], known: ReadonlyMap<string, Value>): void {
  for (const key of wanted) {
    const value = known.get(key);
    if (value instanceof tf.Tensor) pieces.set(key, [...(pieces.get(key) ?? []), tf.keep(value.clone())]);
  }
}

function addInto(sum: Tensor | undefined, more: Tensor): Tensor {
  if (!sum) throw new Error("the parts of a batch gave different gradients");
  const total = tf.add(sum, more);
  sum.dispose();
  more.dispose();
  return total;
}

/** A loss that is NaN or infinite makes the gradients NaN, so that the optimizer sees it: 0 · loss is added to the smallest of them. */
function poison(gradients: readonly Tensor[], loss: Tensor): readonly Tensor[] {
  const smallest = gradients.reduce<Tensor | undefined>((least, g) => (least && least.size <= g.size ? least : g), undefined);
  return gradients.map((g) => (g === smallest ? tf.add(g, tf.mul(loss, 0)) : g));
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
