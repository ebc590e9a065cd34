import type { Graph } from "../../core/graph.js";
import type { ComputeBackend, DeviceOptions } from "../../core/define-backend.js";
import { prepareTensors } from "../../core/prepare.js";
import type { Checkpoint, ProgressView, Recorder } from "./recorder.js";
import { runPhase } from "./run-phase.js";
import { closeDevices, Interrupted, openDevices, planGraph } from "./session.js";
import type { Session } from "./session.js";
import { restoreTrainState } from "./train-state.js";

/** What a run needs besides its graph; the container gives these. */
export interface RunServices {
  readonly backend: ComputeBackend;
  readonly device: DeviceOptions;
  readonly recorder: Recorder;
  readonly progress: ProgressView;
  readonly signal: AbortSignal;
  readonly now: () => number;
}

/** How a run ended. */
export interface RunResult {
  readonly state: "finished" | "interrupted";
  readonly folder: string;
  readonly steps: number;
}

/**
 * Runs a checked graph's phases in order on one backend. With a checkpoint it goes on where that stopped. On a stop signal it
 * finishes the step, saves and gives `interrupted`; any other error is thrown after the run's status is written.
 */
export async function executeGraph(graph: Graph, services: RunServices, checkpoint?: Checkpoint): Promise<RunResult> {
  const { recorder } = services;
  await prepareTensors();
  const device = await services.backend.open(services.device);
  services.progress.note(`backend ${device.info}`);
  let session: Session | undefined;
  try {
    const devices = await openDevices(graph);
    session = {
      graph,
      ...planGraph(graph),
      devices,
      recorder,
      progress: services.progress,
      signal: services.signal,
      trained: checkpoint?.step ?? 0,
      done: new Set(checkpoint?.state.done),
      now: services.now,
    };
    if (checkpoint) restoreTrainState(devices, checkpoint.files);
    await recorder.status({ state: "running", step: session.trained });
    await runPhases(session, checkpoint);
    await recorder.status({ state: "finished", step: session.trained, exitCode: 0 });
    return { state: "finished", folder: recorder.folder, steps: session.trained };
  } catch (error) {
    const step = session?.trained ?? 0;
    if (error instanceof Interrupted) {
      await recorder.status({ state: "interrupted", step, exitCode: 75, message: error.message });
      return { state: "interrupted", folder: recorder.folder, steps: step };
    }
    await recorder.status({
      state: "failed",
      step,
      exitCode: 1,
      message: error instanceof Error ? error.message : String(error),
    });
    throw error;
  } finally {
    services.progress.close();
    if (session) closeDevices(session.devices);
    await recorder.close();
    await device.close();
  }
}

async function runPhases(session: Session, checkpoint: Checkpoint | undefined): Promise<void> {
  for (const phase of session.order) {
    if (session.done.has(phase.name)) continue;
    const state = checkpoint?.state.phase === phase.name ? checkpoint.state : undefined;
    if (state && phase.steps !== undefined && state.step >= phase.steps) session.done.add(phase.name);
    else await runPhase(session, phase, state);
  }
}
