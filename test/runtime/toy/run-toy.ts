import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Graph } from "../../../src/core/graph.js";
import { parts, runContainer } from "../../../src/runtime/container.js";
import { loadGraph } from "../../../src/runtime/load-graph.js";
import { quietProgress } from "../../../src/runtime/progress/quiet.js";
import type { ProgressView } from "../../../src/runtime/run/progress-view.js";
import type { Metric, Recorder, Status } from "../../../src/runtime/run/recorder.js";
import type { RunResult } from "../../../src/runtime/run/run-graph.js";
import { runInContainer } from "../../../src/runtime/run-in-container.js";
import { toyGraph, toyNodes } from "./toy-nodes.js";

/** What a run recorded, in memory. */
export interface ToyRecord {
  readonly metrics: Metric[];
  readonly statuses: Status[];
  readonly events: string[];
  readonly written: string[];
  readonly checkpoints: string[];
  closed: number;
}

/** The toy graph from a file of its own. */
export async function loadToy(overrides: readonly string[] = [], text = toyGraph): Promise<Graph> {
  const file = join(await mkdtemp(join(tmpdir(), "toy-")), "toy.yaml");
  await writeFile(file, text);
  return loadGraph(file, { overrides, nodes: toyNodes });
}

/** Settings of a toy run. */
export interface ToyOptions {
  readonly signal?: AbortSignal;
  readonly progress?: Partial<ProgressView>;
  readonly record?: ToyRecord;
}

/** Runs a toy graph with nothing written to disk: the container's recorder is a fake. */
export async function runToy(graph: Graph, options: ToyOptions = {}): Promise<RunResult> {
  const record = options.record ?? emptyRecord();
  const container = runContainer(graph, { backend: "reference", ...(options.signal ? { signal: options.signal } : {}) });
  container.rebind(parts.runsFolder).toConstantValue("/nowhere/that/could/be/made");
  container.rebind(parts.openRecorder).toConstantValue(async () => fakeRecorder(record));
  if (options.progress) container.rebind(parts.progress).toConstantValue({ ...quietProgress(), ...options.progress });
  return runInContainer(container);
}

/** A record of nothing. */
export function emptyRecord(): ToyRecord {
  return { metrics: [], statuses: [], events: [], written: [], checkpoints: [], closed: 0 };
}

function fakeRecorder(record: ToyRecord): Recorder {
  return {
    folder: "/fake",
    metric: (metric) => void record.metrics.push(metric),
    event: ({ event, phase }) => void record.events.push(`${String(event)} ${String(phase)}`),
    log: () => undefined,
    async write(path) {
      record.written.push(path);
      return path;
    },
    async checkpoint({ step, state }) {
      record.checkpoints.push(`${step}: ${state.phase} ${state.step} [${state.done.join()}] pending [${state.pending.join()}]`);
    },
    status: async (status) => void record.statuses.push(status),
    async close() {
      record.closed++;
    },
  };
}
