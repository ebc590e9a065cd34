import type { HostValues, Ports } from "../../core/define-node.js";
import type { GraphNode, Phase } from "../../core/graph.js";
import { NodeFailure } from "./failure.js";
import { hostInputs } from "./host-nodes.js";
import type { OpenHost } from "./host-nodes.js";
import type { PhasePlan } from "./plan.js";
import { isAsleep } from "./plan-stages.js";
import type { Session } from "./session.js";
import { disposeStep } from "./step-result.js";
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
}

/**
 * Gives a step's results to the record, to reducers and to sinks, then frees them; its scalars by name. Throws a NodeFailure where
 * the loss is no finite number.
 */
export async function deliver(session: Session, delivered: DeliveredStep): Promise<Record<string, number>> {
  const { plan, phase, hosts, step, result, samples } = delivered;
  try {
    const metrics: Record<string, number> = {};
    for (const [node, scalars] of result.scalars) {
      const known = session.devices.optimizers.get(node)?.schedule(step - startOf(node, plan)) ?? {};
      for (const [plain, scalar] of Object.entries({ ...scalars, ...known })) {
        const value = typeof scalar === "number" ? scalar : ((await scalar.data())[0] ?? NaN);
        const name = plan.optimizers.length > 1 ? `${node}/${plain}` : plain;
        metrics[name] = value;
        session.recorder.metric({ phase: phase.name, step: session.trained, node, name, value });
        if (plain === "loss" && !Number.isFinite(value)) throw badLoss(session, plan, node, value, samples);
      }
    }
    for (const host of hosts) {
      if (plan.optimizers.length > 0 && isAsleep(host.node, step)) continue;
      const values: HostValues<Ports> = await hostInputs(host.node, result, session.devices);
      await host.add(values, { step: session.trained, phase: phase.name });
    }
    return metrics;
  } finally {
    disposeStep(result);
  }
}

function startOf(optimizer: string, plan: PhasePlan): number {
  return plan.optimizers.find(({ name }) => name === optimizer)?.from ?? 0;
}

function badLoss(
  session: Session,
  plan: PhasePlan,
  optimizer: string,
  value: number,
  samples: ReadonlyMap<string, readonly number[]>,
): Error {
  const trainer = plan.optimizers.find(({ name }) => name === optimizer);
  const source = trainer?.inputs["loss"]?.node;
  const node: GraphNode | undefined = session.graph.nodes.find(({ name }) => name === source) ?? trainer;
  const shown = [...samples].map(([name, indices]) => `samples ${list(indices)} of "${name}"`);
  const message = `the loss is ${value}${shown.length > 0 ? `, ${shown.join(", ")}` : ""}; lower the learning rate, or look at these samples`;
  return node ? new NodeFailure(node, new Error(message)) : new Error(message);
}

function list(indices: readonly number[]): string {
  return indices.length > 8 ? `${indices.slice(0, 8).join(" ")} … (${indices.length})` : indices.join(" ");
}
