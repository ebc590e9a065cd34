import type { Phase } from "../../core/graph.js";
import { runSteps } from "../stream/run-steps.js";
import type { Delivery, StepsEnd } from "../stream/run-steps.js";
import { during } from "./activity.js";
import { deliver } from "./deliver.js";
import { Interrupted, messageOf, tellFailure } from "./failure.js";
import type { Culprit } from "./find-culprit.js";
import { openHost } from "./host-nodes.js";
import type { OpenHost } from "./host-nodes.js";
import type { CachedPhase } from "./node-cache.js";
import { openSources } from "./open-sources.js";
import { batchOf, stepsOf } from "./plan.js";
import type { PhasePlan } from "./plan.js";
import type { CheckpointState } from "./recorder.js";
import { save } from "./save.js";
import type { PhasePosition } from "./save.js";
import { hostContext } from "./session.js";
import type { Session } from "./session.js";
import { StepRunner } from "./step-runner.js";

/** Packets of one source that may be held at once: one in work, one ready. */
const queueDepth = 2;

/**
 * Runs one phase from its first step (or where it stopped) to its end, with the phases nested in it. On a stop signal it finishes
 * the step, saves if it trains, and throws Interrupted; other errors become a RunFailure with node, place and step.
 */
export async function runPhase(session: Session, phase: Phase, resume?: CheckpointState): Promise<void> {
  const plan = session.plans.get(phase.name);
  if (!plan) throw new Error(`no phase "${phase.name}"`);
  const position: PhasePosition = { step: resume?.step ?? 0, sources: resume?.sources ?? {}, pending: resume?.pending ?? [] };
  const started = session.now();
  const ended = session.activity.begin("run", `phase ${phase.name}`);
  session.recorder.event({ event: "phase-start", phase: phase.name, step: session.trained });
  session.progress.phase({ name: phase.name, steps: stepsOf(phase, plan), batch: batchOf(plan), from: position.step });
  const hosts: OpenHost[] = [];
  try {
    await openHosts(session, plan, position.step, hosts);
    const end = await loop(session, plan, hosts, position);
    const training = plan.optimizers.length > 0;
    if (training && end === "data") await runNested(session, phase, position, "rest");
    if (end === "aborted" || position.pending.length > 0) {
      if (training) await save(session, phase, position);
      throw new Interrupted(`stopped in phase "${phase.name}" after step ${position.step}`);
    }
    const results = await finishHosts(session, phase, hosts);
    session.results.set(phase.name, results);
    if (phase.of === undefined) session.done.add(phase.name);
    if (training) await save(session, phase, position);
    const seconds = session.now() - started;
    const steps = position.step - (resume?.step ?? 0);
    session.recorder.event({ event: "phase-end", phase: phase.name, step: session.trained, steps, seconds });
    session.progress.phaseEnd({ name: phase.name, results });
  } catch (error) {
    for (const host of hosts) await host.abandon().catch((other: unknown) => session.recorder.log("warn", messageOf(other)));
    throw tellFailure(session.graph, phase, position.step + 1, error);
  } finally {
    ended();
  }
}

/** The steps of a phase, each with what is due after it. */
async function loop(session: Session, plan: PhasePlan, hosts: readonly OpenHost[], position: PhasePosition): Promise<StepsEnd> {
  const { phase } = plan;
  const training = plan.optimizers.length > 0;
  const steps = stepsOf(phase, plan);
  await runPending(session, position);
  if (position.pending.length > 0) return "aborted";
  const { devices, device, programs, checkReplay, activity } = session;
  const cached = await openCache(session, plan);
  const runner = new StepRunner(cached?.plan ?? plan, devices, device, { programs, checkReplay }, (line) =>
    session.recorder.log("info", line),
  );
  const work = async (step: number, packets: ReadonlyMap<string, Delivery>): Promise<void> => {
    const values = new Map([...packets].map(([node, { packet }]) => [node, packet.values]));
    const watch = session.watch?.(phase.name, step, values);
    const filled = cached ? await cached.fill(values) : values;
    const result = await during(activity, "device", `${phase.name} step ${step + 1}`, async () => {
      const done = await runner.run(filled, step, watch?.onNode);
      await watch?.settle?.();
      return done;
    });
    for (const line of device.remarks?.() ?? []) session.recorder.log("info", line);
    if (training) session.trained++;
    const samples = new Map([...packets].map(([node, { packet }]) => [node, packet.indices]));
    const culprit = (): Promise<Culprit | undefined> => runner.culprit(filled, step);
    const metrics = await deliver(session, { plan, phase, hosts, step, result, samples, culprit });
    position.step = step + 1;
    position.sources = Object.fromEntries([...packets].map(([node, { state }]) => [node, state]));
    session.progress.step({ phase: phase.name, step: position.step, metrics });
    if (!training) return;
    await runNested(session, phase, position, position.step === steps ? "all" : "regular");
    const due = phase.checkpoint > 0 && position.step % phase.checkpoint === 0;
    if (due && position.step !== steps && position.pending.length === 0) await save(session, phase, position);
  };
  const each = async (step: number, packets: ReadonlyMap<string, Delivery>): Promise<void> => {
    await session.pace?.();
    await during(activity, "run", `${phase.name} step ${step + 1}`, () => work(step, packets));
  };
  try {
    const sources = await openSources(session, plan, position.sources);
    return await runSteps({ sources, depth: queueDepth, from: position.step, steps, signal: session.signal, each });
  } finally {
    await cached?.close();
  }
}

/** What the phase's cached nodes have; says so where this runtime keeps nothing. */
async function openCache(session: Session, plan: PhasePlan): Promise<CachedPhase | undefined> {
  if (session.cache) return session.cache.open(session, plan);
  for (const { name } of plan.fixed.filter(({ cache }) => cache))
    session.recorder.log("info", `${name}: not cached: nothing is kept here`);
  return undefined;
}

/** Runs nested phases: those that are regularly due after this step, after the last step all, or the rest where data ended. */
async function runNested(
  session: Session,
  phase: Phase,
  position: PhasePosition,
  which: "regular" | "all" | "rest",
): Promise<void> {
  const regular = (nested: Phase): boolean => position.step % (nested.every ?? 1) === 0;
  const due = session.graph.phases
    .filter((other) => other.of === phase.name)
    .filter((nested) => which === "all" || regular(nested) === (which === "regular"));
  position.pending = due.map(({ name }) => name);
  await runPending(session, position);
}

/** Runs what is pending; a stop on request leaves the rest of it pending. */
async function runPending(session: Session, position: PhasePosition): Promise<void> {
  try {
    for (const name of [...position.pending]) {
      const nested = session.graph.phases.find((other) => other.name === name);
      if (nested) await runPhase(session, nested);
      position.pending = position.pending.filter((other) => other !== name);
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  }
}

/** Opens a phase's reducers and sinks into `hosts`, which holds those opened so far should one fail. */
async function openHosts(session: Session, plan: PhasePlan, step: number, hosts: OpenHost[]): Promise<void> {
  for (const node of plan.hosts) {
    const context = hostContext(session, node.name);
    if (step > 0) context.log("warn", `counts from step ${step} on; what it saw before the resume is not kept`);
    hosts.push(await openHost(node, context));
  }
}

/** Closes sinks and gives the reducers' results; a name that two nodes use gets the node's name before it. */
async function finishHosts(session: Session, phase: Phase, hosts: readonly OpenHost[]): Promise<Record<string, number>> {
  const found: { node: string; plain: string; value: number }[] = [];
  for (const host of hosts)
    for (const [plain, value] of Object.entries(await host.finish())) found.push({ node: host.node.name, plain, value });
  const results: Record<string, number> = {};
  for (const { node, plain, value } of found) {
    const shared = found.some((other) => other.plain === plain && other.node !== node);
    const name = shared ? `${node}/${plain}` : plain;
    results[name] = value;
    session.recorder.metric({ phase: phase.name, step: session.trained, node, name, value });
  }
  return results;
}
