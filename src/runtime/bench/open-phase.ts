import type { ComputeBackend, Device, DeviceOptions } from "../../core/define-backend.js";
import type { Graph, Phase } from "../../core/graph.js";
import { prepareTensors } from "../../core/prepare.js";
import { quietProgress } from "../progress/quiet.js";
import { noActivity } from "../run/activity.js";
import { planPhase } from "../run/plan.js";
import type { PhasePlan } from "../run/plan.js";
import { closeDevices, openDevices } from "../run/session.js";
import type { Session } from "../run/session.js";
import { noRecord } from "./no-record.js";
import { PhaseLoop } from "./phase-loop.js";
import type { Watch } from "./phase-loop.js";

/** A phase on its backend, ready to be timed again and again. */
export interface OpenPhase {
  readonly plan: PhasePlan;
  readonly device: Device;
  /** Runs more steps; gives the seconds of each. */
  run(steps: number, watch?: Watch): Promise<number[]>;
  close(): Promise<void>;
}

/**
 * Opens one phase of a graph as a run would, without those nested in it, without a run folder and without sinks: nothing is written.
 * Without `programs` every step runs op by op. Errors of a step become a RunFailure with node, place and step.
 */
export async function openPhase(
  graph: Graph,
  phase: Phase,
  backend: ComputeBackend,
  options: DeviceOptions,
  programs = true,
): Promise<OpenPhase> {
  const alone: Graph = { ...graph, phases: [phase] };
  const whole = planPhase(alone, phase);
  const plan = { ...whole, hosts: whole.hosts.filter(({ def }) => def.kind === "reducer") };
  await prepareTensors();
  const device = await backend.open(options);
  try {
    const session: Session = {
      graph: alone,
      plans: new Map([[phase.name, plan]]),
      order: [phase],
      devices: await openDevices(alone),
      device,
      programs,
      checkReplay: 0,
      activity: noActivity,
      recorder: noRecord(),
      progress: quietProgress(),
      signal: new AbortController().signal,
      trained: 0,
      done: new Set(),
      results: new Map(),
      saved: false,
      now: () => performance.now() / 1000,
    };
    const loop = new PhaseLoop(session, plan, device);
    return {
      plan,
      device,
      run: (steps, watch) => loop.run(steps, watch),
      async close() {
        closeDevices(session.devices);
        await device.close();
      },
    };
  } catch (error) {
    await device.close();
    throw error;
  }
}
