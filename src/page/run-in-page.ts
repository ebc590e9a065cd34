import { referenceBackend } from "../backends/reference/index.js";
import { wasmBackend } from "../backends/wasm/index.js";
import { webgpuBackend } from "../backends/webgpu/index.js";
import type { ComputeBackend } from "../core/define-backend.js";
import type { Graph, GraphNode } from "../core/graph.js";
import type { ProgressView } from "../runtime/run/progress-view.js";
import { encodeSafetensors } from "../nodes/files/safetensors.js";
import type { Checkpoint, Recorder } from "../runtime/run/recorder.js";
import { executeGraph } from "../runtime/run/run-graph.js";
import type { NodeHook } from "../runtime/run/stage.js";
import { grouped } from "../runtime/text.js";
import type { Answer } from "./messages.js";

/** Backends of a page, the best first. */
export const pageBackends: readonly ComputeBackend[] = [webgpuBackend, wasmBackend, referenceBackend];

/** Steps between two in which the nodes are timed; these run op by op. */
const watchEvery = 25;

/** What a run in the page needs from outside. */
export interface PageRun {
  readonly graph: Graph;
  readonly backend: ComputeBackend;
  readonly signal: AbortSignal;
  /** Awaited before each step. */
  readonly pace: () => Promise<void>;
  readonly tell: (answer: Answer) => void;
}

/** Runs a graph by the very runtime of `graph run`; what would go to the run folder goes to the page. */
export async function runInPage({ graph, backend, signal, pace, tell }: PageRun): Promise<void> {
  const { state, steps } = await executeGraph(graph, {
    backend,
    device: { precision: "fp32" },
    openRecorder: () => Promise.resolve(pageRecorder(tell)),
    progress: pageProgress(tell),
    signal,
    now: () => performance.now() / 1000,
    pace,
    watch: (_phase, step) => (step % watchEvery === 1 ? { onNode: timeNodes(tell) } : undefined),
  });
  tell({ kind: "ended", state, text: `${state === "finished" ? "finished" : "stopped"} after ${grouped(steps)} training steps` });
}

/** Adds up the time of each node's forward pass, or update, within one step. On a GPU it is the time to hand its work over. */
function timeNodes(tell: PageRun["tell"]): NodeHook {
  const milliseconds: Record<string, number> = {};
  let due = false;
  return (node: GraphNode, work) => {
    const start = performance.now();
    const made = work();
    milliseconds[node.name] = (milliseconds[node.name] ?? 0) + performance.now() - start;
    if (!due) queueMicrotask(() => tell({ kind: "times", milliseconds }));
    due = true;
    return made;
  };
}

function pageProgress(tell: PageRun["tell"]): ProgressView {
  let since = performance.now();
  return {
    start: ({ backend, trainable, frozen }) =>
      tell({ kind: "started", backend, text: `${grouped(trainable)} parameters trained, ${grouped(frozen)} fixed` }),
    phase({ name, steps }) {
      tell({ kind: "phase", name, steps });
      since = performance.now();
    },
    step({ phase, step, metrics }) {
      const now = performance.now();
      tell({ kind: "step", phase, step, metrics, seconds: (now - since) / 1000 });
      since = now;
    },
    phaseEnd: ({ name, results }) => tell({ kind: "results", phase: name, values: results }),
    note: (text) => tell({ kind: "note", text }),
    end: () => undefined,
    close: () => undefined,
  };
}

/** Files that nodes write are offered by the page, and at the end, however it comes, the models of the last checkpoint. */
function pageRecorder(tell: PageRun["tell"]): Recorder {
  const nothing = (): Promise<void> => Promise.resolve();
  let last: Checkpoint | undefined;
  return {
    folder: "the page",
    metric: () => undefined,
    event: () => undefined,
    log: (_level, text) => tell({ kind: "note", text }),
    write(path, bytes) {
      tell({ kind: "wrote", path, bytes });
      return Promise.resolve(path);
    },
    checkpoint(checkpoint) {
      last = checkpoint;
      return Promise.resolve();
    },
    status: nothing,
    close() {
      for (const [file, arrays] of last?.files ?? [])
        if (!file.endsWith("optimizer.safetensors"))
          tell({ kind: "wrote", path: `checkpoints/step-${last?.step}/${file}`, bytes: encodeSafetensors(arrays) });
      return Promise.resolve();
    },
  };
}
