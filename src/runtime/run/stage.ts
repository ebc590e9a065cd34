import { differentiate } from "../../core/backward.js";
import type { Pull } from "../../core/backward.js";
import type { GraphNode } from "../../core/graph.js";
import { overwrite } from "../../core/ops/overwrite.js";
import type { PerStep } from "../../core/per-step.js";
import { readLater, readNow } from "../../core/reading.js";
import type { Reading } from "../../core/reading.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { cutBatch, joinParts, rowsOf } from "./cut-batch.js";
import type { Part } from "./cut-batch.js";
import type { Devices } from "./devices.js";
import { blame, blameReading } from "./failure.js";
import type { LiveModel } from "./live-model.js";
import { ownerOf } from "./plan-nodes.js";
import type { StagePlan, TrainingPart } from "./plan-stages.js";
import { stepContext } from "./random.js";
import { apply, asTensor, keyOf, readingOf, resolve, variableOf } from "./stage-values.js";
import type { Known, Value } from "./stage-values.js";
import { StepLog } from "./step-log.js";
import { disposeStep } from "./step-result.js";
import type { StepResult } from "./step-result.js";

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
 * Runs the device part of one step: fixed nodes, then, for one optimizer after the other, the nodes that
 * its loss needs, its own model's under the gradient tape, and its update, as often as it makes updates in a step. An optimizer that accumulates
 * has all of them done for one part of the batch after the other. `packets` are the sources' tensors by `node.port`, which stay the caller's.
 * Waits where a node looks at a number; tensors that others make meanwhile must lie in a scope of their own.
 */
export function runStage(...given: StageArguments): Promise<StepResult> {
  return readLater(stageSteps(...given));
}

/** The same in one go, to be recorded: for stages whose nodes look at no numbers. */
export function runStageNow(...given: StageArguments): StepResult {
  return readNow(stageSteps(...given));
}

type StageArguments = Parameters<typeof stageSteps>;

function* stageSteps(
  plan: StagePlan,
  devices: Devices,
  packets: ReadonlyMap<string, Tensor>,
  step: PerStep,
  { onNode, onPull }: StageWatch = { onNode: (_node, work) => work() },
): Reading<StepResult> {
  const wanted = new Set(plan.hosts.flatMap((node) => Object.values(node.inputs).map(keyOf)));
  const kept = new Map<string, Tensor>();
  const scalars = new Map<string, Record<string, Tensor>>();
  const log = new StepLog(plan.logged.map(keyOf));
  const training = plan.parts.length > 0;
  const whole: Known = { values: new Map<string, Value>(packets) };
  const steps = function* (nodes: readonly GraphNode[], { values, part, round }: Known, trainee?: string): Reading<void> {
    for (const node of nodes) {
      // A model works in training mode only while its own weights are trained: a judge that is asked does not learn from it.
      const mode = node.def.kind === "model" ? ownerOf(node) === trainee : training;
      const live = mode ? devices.models.get(ownerOf(node)) : undefined;
      const remember = live && ((name: string, value: Tensor) => overwrite(variableOf(live, name), value));
      const context = stepContext(devices.seed, node.name, step, mode, { part, round, remember });
      const inputs = Object.fromEntries(
        Object.entries(node.inputs).map(([port, ref]) => [port, resolve(ref, values, devices, context)]),
      );
      const reading = readingOf(node, inputs, context);
      const read = reading && (yield* blameReading(node, reading));
      const outputs = blame(node, () =>
        onNode(node, () => read ?? apply(node, inputs, devices, context), inputs, part, devices.models.get(node.name)),
      );
      for (const [port, value] of Object.entries(outputs)) values.set(`${node.name}.${port}`, value);
    }
  };
  /** The same at once, for the gradient tape and parts of a batch: there a device must give numbers when it is asked. */
  const evaluate = (...given: Parameters<typeof steps>): void => readNow(steps(...given));
  const keepWanted = (): void => {
    for (const key of wanted) keep(kept, key, whole.values.get(key));
  };
  const train = ({ optimizer, redrawn, before, taped }: TrainingPart): void => {
    const loss = optimizer.inputs["loss"];
    const trainee = optimizer.inputs["trains"]?.node ?? "";
    const live = devices.models.get(trainee);
    const trainer = devices.optimizers.get(optimizer.name);
    if (!loss || !live || !trainer) throw new Error(`optimizer "${optimizer.name}" is not connected`);
    const names = trainer.trains.specs.filter((spec) => spec.trainable).map((spec) => spec.name);
    const variables = names.map((name) => variableOf(live, name));
    const parts = blame(optimizer, () => cutBatch(packets, trainer.accumulate ?? 1));
    const { updates: rounds = 1 } = optimizer;
    /** The loss, then a gradient for each variable. */
    const lossAndGradients = (known: Known, evaluated: () => void): Tensor[] => {
      evaluate(before, known, trainee);
      const share = known.part ? known.part.size / known.part.of : 1;
      const forward = (): Tensor => {
        evaluate(taped, known, trainee);
        evaluated();
        log.note(known.values, share / rounds);
        const value = asTensor(known.values.get(keyOf(loss)), keyOf(loss));
        return known.part ? tf.mul(value, share) : value;
      };
      const { value, gradients } = blame(optimizer, () => differentiate(forward, variables, onPull));
      return [value, ...gradients.map((gradient, i) => gradient ?? tf.zerosLike(variables[i] ?? value))];
    };
    const inParts = (round: number): Tensor[] => {
      const pieces = new Map<string, Tensor[]>();
      const missing = [...wanted].filter((key) => !kept.has(key));
      let sums: Tensor[] = [];
      try {
        for (const part of parts)
          sums = tf.tidy(() => {
            const known: Known = { values: new Map<string, Value>(rowsOf(packets, part)), part, round };
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
    const inWhole = (round: number): Tensor[] => {
      if (round === 0) return lossAndGradients(whole, keepWanted);
      const known: Known = { values: new Map(whole.values), round };
      evaluate(redrawn, known);
      return lossAndGradients(known, () => undefined);
    };
    /** One update; its scalars. */
    const update = (round: number): Record<string, Tensor> => {
      const [value, ...gradients] = parts.length > 1 ? inParts(round) : inWhole(round);
      if (!value) throw new Error(`optimizer "${optimizer.name}" has no loss`);
      // An optimizer that joins later counts its own steps; one that skips, its updates.
      const count: PerStep = () => (step() - (optimizer.from ?? 0)) * rounds + round - (devices.skipped.get(optimizer.name) ?? 0);
      const given = Object.fromEntries(names.map((name, i) => [name, gradients[i]]));
      const work = (): Record<string, Tensor> => trainer.apply(poison(gradients, value), count);
      return { loss: value, ...(onPull ? {} : blame(optimizer, () => onNode(optimizer, work, given))) };
    };
    const first = update(0);
    const more = Array.from({ length: rounds - 1 }, (_, i) => tf.tidy(() => update(i + 1)));
    scalars.set(optimizer.name, keepTensors(rounds === 1 ? first : stacked([first, ...more])));
    log.settle();
    // What was computed under the tape is gone; who needs it computes it anew.
    for (const node of taped) for (const port of Object.keys(node.def.outputs)) whole.values.delete(`${node.name}.${port}`);
  };
  const result: StepResult = { tensors: kept, scalars, logged: log.means };
  // As tf.tidy, which takes no generator.
  tf.engine().startScope();
  try {
    const inWhole =
      !training || plan.parts.some(({ optimizer }) => (devices.optimizers.get(optimizer.name)?.accumulate ?? 1) === 1);
    if (inWhole) yield* steps(plan.fixed, whole);
    keepWanted();
    log.note(whole.values);
    log.settle();
    plan.parts.forEach(train);
  } catch (error) {
    log.abandon();
    disposeStep(result);
    throw error;
  } finally {
    tf.engine().endScope();
  }
  return result;
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

/** The scalars of several updates, one after the other. */
function stacked(updates: readonly Record<string, Tensor>[]): Record<string, Tensor> {
  const names = Object.keys(updates[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, tf.stack(updates.flatMap((scalars) => scalars[name] ?? []))]));
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
