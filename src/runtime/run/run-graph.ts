import type { ComputeBackend, DeviceOptions } from "../../core/define-backend.js";
import type { Graph } from "../../core/graph.js";
import { prepareTensors } from "../../core/prepare.js";
import { countWeights } from "../../nodes/parts/weight-specs.js";
import { noActivity } from "./activity.js";
import type { Activity } from "./activity.js";
import type { Devices } from "./devices.js";
import { Interrupted, messageOf } from "./failure.js";
import type { NodeCache } from "./node-cache.js";
import type { ProgressView } from "./progress-view.js";
import type { Checkpoint, Recorder, Results } from "./recorder.js";
import { batchOf } from "./plan.js";
import { runPhase } from "./run-phase.js";
import { closeDevices, openDevices, planGraph } from "./session.js";
import type { Session } from "./session.js";
import type { StepWatch } from "./stage.js";
import type { StepOptions } from "./step-runner.js";
import { restoreTrainState } from "./train-state.js";
import type { Packets } from "./transfer.js";

/** What a run needs besides its graph; the container gives these. */
export interface RunServices {
  readonly backend: ComputeBackend;
  readonly device: DeviceOptions;
  /** Makes the run folder; called once everything that can be wrong beforehand has been looked at. `device` is one line on the backend. */
  readonly openRecorder: (device: string) => Promise<Recorder>;
  readonly progress: ProgressView;
  readonly signal: AbortSignal;
  /** Seconds of the clock, for rates. */
  readonly now: () => number;
  readonly steps?: Partial<StepOptions>;
  /** Is told what the run does, if anybody wants to know. */
  readonly activity?: Activity;
  /** Keeps results of nodes that say `cache: disk`; a page has none. */
  readonly cache?: NodeCache;
  /** Awaited before each step: a page that is paused waits here. */
  readonly pace?: () => Promise<void>;
  /** How to look into this step of a phase, whose sources gave `packets`. */
  readonly watch?: (phase: string, step: number, packets: Packets) => StepWatch | undefined;
}

/** How a run ended. */
export interface RunResult {
  readonly state: "finished" | "interrupted";
  readonly folder: string;
  /** Training steps done, over all phases. */
  readonly steps: number;
  /** Results of phases that ended: phase -> name -> value. */
  readonly results: Results;
}

/**
 * Runs a checked graph's phases in order on one backend. With a checkpoint it goes on where that stopped. On a stop signal it
 * finishes the step, saves and gives `interrupted`; any other error is thrown after the run's status is written.
 */
export async function executeGraph(graph: Graph, services: RunServices, checkpoint?: Checkpoint): Promise<RunResult> {
  const { backend, progress } = services;
  const plan = planGraph(graph);
  await prepareTensors();
  const device = await backend.open(services.device);
  let devices: Devices | undefined;
  try {
    devices = await openDevices(graph);
    if (checkpoint) restoreTrainState(devices, checkpoint);
    const recorder = await services.openRecorder(device.info);
    try {
      const { folder } = recorder;
      const trained = checkpoint?.step ?? 0;
      const batch = batchOf(
        [...plan.plans.values()].find(({ optimizers }) => optimizers.length > 0) ?? plan.plans.get(plan.order[0]?.name ?? ""),
      );
      progress.start({ graph: graph.name, folder, backend: device.info, batch, ...count(devices), resumedAt: trained });
      const { done, results } = checkpoint?.state ?? { done: [], results: {} };
      const { signal, now } = services;
      const state = { trained, saved: checkpoint !== undefined, done: new Set(done), results: new Map(Object.entries(results)) };
      const { programs = true, checkReplay = 0 } = services.steps ?? {};
      const { pace, watch, cache, activity = noActivity } = services;
      const optional = { ...(cache ? { cache } : {}), ...(pace ? { pace } : {}), ...(watch ? { watch } : {}) };
      const steps = { device, programs, checkReplay, activity, ...optional };
      return await runSession({ graph, ...plan, ...steps, devices, recorder, progress, signal, now, ...state }, checkpoint);
    } finally {
      await recorder.close();
    }
  } finally {
    progress.close();
    if (devices) closeDevices(devices);
    await device.close();
  }
}

async function runSession(session: Session, checkpoint: Checkpoint | undefined): Promise<RunResult> {
  const { recorder, graph, progress } = session;
  const end = async (state: RunResult["state"], exitCode: number, message?: string): Promise<RunResult> => {
    const { trained: steps } = session;
    await recorder.status({ state, step: steps, exitCode, ...(message === undefined ? {} : { message }) });
    const results = Object.fromEntries(session.results);
    progress.end({ state, folder: recorder.folder, phases: graph.phases, results, steps });
    return { state, folder: recorder.folder, steps, results };
  };
  try {
    await recorder.status({ state: "running", step: session.trained });
    await runPhases(session, checkpoint);
    return await end("finished", 0);
  } catch (error) {
    if (error instanceof Interrupted) return end("interrupted", 75, error.message);
    recorder.event({ event: "failed", step: session.trained, message: messageOf(error) });
    await recorder.status({ state: "failed", step: session.trained, exitCode: 1, message: messageOf(error) });
    if (session.saved) progress.note(`to go on from the last checkpoint: graph resume ${recorder.folder}`);
    throw error;
  }
}

async function runPhases(session: Session, checkpoint: Checkpoint | undefined): Promise<void> {
  for (const phase of session.order) {
    if (session.done.has(phase.name)) continue;
    const state = checkpoint?.state.phase === phase.name ? checkpoint.state : undefined;
    await runPhase(session, phase, state);
  }
}

/** Parameters that the graph trains and parameters that stay as they are. */
function count({ models, optimizers }: Devices): { trainable: number; frozen: number } {
  const trained = new Set([...optimizers.values()].map((optimizer) => optimizer.trains.node));
  const total = [...models.values()].reduce((sum, { specs }) => sum + countWeights(specs), 0);
  const trainable = [...models].reduce(
    (sum, [name, { specs }]) => sum + (trained.has(name) ? countWeights(specs, "trainable") : 0),
    0,
  );
  return { trainable, frozen: total - trainable };
}
