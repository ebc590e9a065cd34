import type { HostValues, Json, Ports, Source } from "../../core/define-node.js";
import type { Phase } from "../../core/graph.js";
import type { HostArray, Tensor } from "../../core/tensor.js";
import { runSteps } from "../stream/run-steps.js";
import { hostInputs, openHost } from "./host-nodes.js";
import type { OpenHost } from "./host-nodes.js";
import type { PhasePlan } from "./plan.js";
import type { Checkpoint } from "./recorder.js";
import { hostContext, Interrupted } from "./session.js";
import type { Session } from "./session.js";
import { runStage } from "./stage.js";
import type { StepResult } from "./stage.js";
import { trainState } from "./train-state.js";

/** Batches that a source may have ready before the stage asks. */
const queueDepth = 2;

/** Where a phase goes on after a resume. */
export interface Resume {
  readonly step: number;
  readonly sources: { readonly [node: string]: Json };
}

/** Runs one phase from its first step (or where it stopped) to its end, with the phases nested in it. */
export async function runPhase(session: Session, phase: Phase, resume?: Resume): Promise<void> {
  const plan = session.plans.get(phase.name);
  if (!plan) throw new Error(`no phase "${phase.name}"`);
  const training = plan.optimizers.length > 0;
  const from = resume?.step ?? 0;
  const started = session.now();
  session.recorder.event({ event: "phase-start", phase: phase.name, step: session.trained });
  session.progress.phase({ name: phase.name, steps: stepsOf(phase, plan), batch: batchOf(plan), from });
  const sources = await openSources(session, plan, resume);
  const hosts: OpenHost[] = [];
  for (const node of plan.hosts) hosts.push(await openHost(node, hostContext(session, node.name)));
  try {
    await runSteps({
      sources,
      depth: queueDepth,
      from,
      steps: stepsOf(phase, plan),
      signal: session.signal,
      each: async (step, packets) => {
        const values = new Map([...packets].map(([node, { packet }]) => [node, packet.values]));
        const result = runStage(plan, session.devices, values, step);
        if (training) session.trained = step + 1;
        await deliver(session, plan, hosts, result, phase, step);
        if (!training) return;
        const last = step + 1 === phase.steps;
        for (const nested of session.graph.phases.filter((other) => other.of === phase.name))
          if (last || (step + 1) % (nested.every ?? 1) === 0) await runPhase(session, nested);
        const stopping = session.signal.aborted;
        if (last || stopping || (phase.checkpoint > 0 && (step + 1) % phase.checkpoint === 0))
          await save(session, phase, step + 1, new Map([...packets].map(([node, { state }]) => [node, state])));
        if (stopping && !last) throw new Interrupted(`stopped after step ${step + 1}`);
      },
    });
    if (session.signal.aborted && !training) throw new Interrupted(`stopped in phase "${phase.name}"`);
  } catch (error) {
    for (const host of hosts) await host.abandon();
    throw error;
  }
  const results = await finishHosts(session, phase, hosts);
  session.done.add(phase.name);
  session.recorder.event({ event: "phase-end", phase: phase.name, step: session.trained, seconds: session.now() - started });
  session.progress.phaseEnd({ name: phase.name, step: session.trained, results });
}

/** A phase without sources and without `steps` has one step. */
function stepsOf(phase: Phase, plan: PhasePlan): number | undefined {
  return phase.steps ?? (plan.sources.length === 0 ? 1 : undefined);
}

function batchOf(plan: PhasePlan): number | undefined {
  return plan.sources.map((node) => node.dims["B"]).find((size) => size !== undefined);
}

async function openSources(
  session: Session,
  plan: PhasePlan,
  resume: Resume | undefined,
): Promise<{ name: string; source: Source }[]> {
  const opened: { name: string; source: Source }[] = [];
  for (const node of plan.sources) {
    if (node.def.kind !== "source") throw new Error(`"${node.name}" is no source`);
    const source = await node.def.open(node.params, hostContext(session, node.name));
    const state = resume?.sources[node.name];
    if (state !== undefined) source.restore(state);
    opened.push({ name: node.name, source });
  }
  return opened;
}

/** Gives a step's results to reducers, sinks and the record, then frees them. */
async function deliver(
  session: Session,
  plan: PhasePlan,
  hosts: readonly OpenHost[],
  result: StepResult,
  phase: Phase,
  step: number,
): Promise<void> {
  try {
    for (const host of hosts) {
      const values: HostValues<Ports> = await hostInputs(host.node, result, session.devices);
      await host.add(values, { step: session.trained, phase: phase.name });
    }
    const metrics: Record<string, number> = {};
    for (const [node, scalars] of result.scalars)
      for (const [name, scalar] of Object.entries(scalars)) {
        const value = typeof scalar === "number" ? scalar : ((await scalar.data())[0] ?? NaN);
        metrics[plan.optimizers.length > 1 ? `${node}/${name}` : name] = value;
        session.recorder.metric({ phase: phase.name, step: session.trained, node, name, value });
        if (name === "loss" && !Number.isFinite(value))
          throw new Error(
            `phase "${phase.name}", step ${step + 1}: the loss of "${node}" is ${value}; lower the learning rate or look at the data`,
          );
      }
    session.progress.step({ phase: phase.name, step: step + 1, metrics });
  } finally {
    for (const tensor of result.tensors.values()) tensor.dispose();
    for (const scalars of result.scalars.values()) for (const scalar of Object.values(scalars)) disposeScalar(scalar);
  }
}

function disposeScalar(scalar: Tensor | number): void {
  if (typeof scalar !== "number") scalar.dispose();
}

async function finishHosts(session: Session, phase: Phase, hosts: readonly OpenHost[]): Promise<Record<string, number>> {
  const results: Record<string, number> = {};
  for (const host of hosts)
    for (const [name, value] of Object.entries(await host.finish())) {
      results[`${host.node.name}/${name}`] = value;
      session.recorder.metric({ phase: phase.name, step: session.trained, node: host.node.name, name, value });
    }
  return results;
}

async function save(session: Session, phase: Phase, step: number, sources: ReadonlyMap<string, Json>): Promise<void> {
  const files: ReadonlyMap<string, ReadonlyMap<string, HostArray>> = await trainState(session.devices);
  const checkpoint: Checkpoint = {
    step,
    files,
    state: { phase: phase.name, step, seed: session.graph.seed, done: [...session.done], sources: Object.fromEntries(sources) },
  };
  await session.recorder.checkpoint(checkpoint, phase.keep);
  await session.recorder.status({ state: "running", step });
}
