import type { HostValues, Ports } from "../../core/define-node.js";
import type { Phase } from "../../core/graph.js";
import { during } from "./activity.js";
import { NodeFailure, tellFailure } from "./failure.js";
import type { Culprit } from "./find-culprit.js";
import { hostInputs } from "./host-nodes.js";
import type { OpenHost } from "./host-nodes.js";
import type { PhasePlan } from "./plan.js";
import { isAsleep } from "./plan-stages.js";
import { readScalars } from "./read-scalars.js";
import type { Session } from "./session.js";
import { disposeStep, numbersOf } from "./step-result.js";
import type { StepResult } from "./step-result.js";

/** A step whose results are delivered. */
export interface DeliveredStep {
  readonly plan: PhasePlan;
  readonly phase: Phase;
  readonly hosts: readonly OpenHost[];
  /** Its place in the phase, from 0. */
  readonly step: number;
  readonly result: StepResult;
  /** Samples of the step, by source. */
  readonly samples: ReadonlyMap<string, readonly number[]>;
  /** Where the step's first NaN or infinity is, if it has one. */
  readonly culprit: () => Promise<Culprit | undefined>;
}

/**
 * Gives a step's results to the record, to reducers and to sinks, then frees them; its scalars by name. Where a loss or gradient is
 * NaN or infinite, throws a NodeFailure that says where that comes from, or, for an optimizer that skips, logs it and gives the
 * results to nobody.
 */
export async function deliver(session: Session, delivered: DeliveredStep): Promise<Record<string, number>> {
  const { plan, phase, hosts, step, result } = delivered;
  const { optimizers, skipped } = session.devices;
  try {
    const metrics: Record<string, number> = {};
    const tell = (node: string, name: string, value: number): void => {
      metrics[name] = value;
      session.recorder.metric({ phase: phase.name, step: session.trained, node, name, value });
    };
    const record = (node: string, plain: string, value: number): void =>
      tell(node, plan.optimizers.length > 1 ? `${node}/${plain}` : plain, value);
    let passed = true;
    for (const [node, scalars] of result.scalars) {
      const { updates, means, bad, badUpdates } = await readScalars(scalars);
      if (bad) {
        const failure = await nonfinite(session, delivered, node, bad);
        if (optimizers.get(node)?.onNonfinite !== "skip") throw failure;
        passed = false;
        const count = (skipped.get(node) ?? 0) + badUpdates;
        skipped.set(node, count);
        record(node, "skipped", count);
        tellSkipped(session, delivered, failure, count);
        continue;
      }
      const done = (step - startOf(node, plan)) * updates - (skipped.get(node) ?? 0);
      for (const [name, value] of [...means, ...Object.entries(optimizers.get(node)?.schedule(done) ?? {})])
        record(node, name, value);
    }
    const logged = [...result.logged].map(async ([key, mean]) => [key, (await numbersOf(mean))[0] ?? NaN] as const);
    for (const [key, value] of passed ? await Promise.all(logged) : []) tell(key.slice(0, key.lastIndexOf(".")), key, value);
    for (const host of passed ? hosts : []) {
      if (plan.optimizers.length > 0 && isAsleep(host.node, step)) continue;
      const values: HostValues<Ports> = await hostInputs(host.node, result, session.devices);
      await during(session.activity, host.node.name, "take", () =>
        host.add(values, { step: session.trained, phase: phase.name }),
      );
    }
    return metrics;
  } finally {
    disposeStep(result);
  }
}

function startOf(optimizer: string, plan: PhasePlan): number {
  return plan.optimizers.find(({ name }) => name === optimizer)?.from ?? 0;
}

/** What made a scalar of an optimizer NaN or infinite: the first node whose output or gradient is so, and the samples. */
async function nonfinite(
  session: Session,
  { plan, samples, culprit }: DeliveredStep,
  optimizer: string,
  [name, value]: readonly [name: string, value: number],
): Promise<NodeFailure> {
  const found = await culprit();
  const trainer = plan.optimizers.find((node) => node.name === optimizer);
  const loss = session.graph.nodes.find((node) => node.name === trainer?.inputs["loss"]?.node);
  const node = found?.node ?? loss ?? trainer;
  if (!node) throw new Error(`optimizer "${optimizer}" is not part of the phase`);
  const text = name === "loss" ? "the loss" : name === "grad_norm" ? "the norm of the gradients" : name;
  const where = found ? `, and ${found.what} is the first such number` : "";
  const shown = [...samples].map(([source, indices]) => `samples ${list(rowsOf(indices, found?.rows))} of "${source}"`);
  return new NodeFailure(
    node,
    new Error(
      `${text} is ${value}${where}${shown.length > 0 ? `, ${shown.join(", ")}` : ""}; lower the learning rate, or look at these samples`,
    ),
  );
}

/** The samples of these rows; all where no rows are known. */
function rowsOf(indices: readonly number[], rows: readonly number[] | undefined): readonly number[] {
  const some = rows?.flatMap((row) => indices[row] ?? []) ?? [];
  return some.length > 0 && some.length === rows?.length ? some : indices;
}

function tellSkipped(
  { graph, recorder, progress, trained }: Session,
  at: DeliveredStep,
  failure: NodeFailure,
  count: number,
): void {
  const { message } = tellFailure(graph, at.phase, at.step + 1, failure);
  const line = `${message}. Skipped, ${count} so far`;
  recorder.log("warn", line);
  recorder.event({ event: "skipped", phase: at.phase.name, step: trained, message, count });
  progress.note(line);
}

function list(indices: readonly number[]): string {
  return indices.length > 8 ? `${indices.slice(0, 8).join(" ")} … (${indices.length})` : indices.join(" ");
}
