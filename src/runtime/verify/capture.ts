import type { ComputeBackend, Precision } from "../../core/define-backend.js";
import type { Graph, GraphNode } from "../../core/graph.js";
import { tf } from "../../core/tensor.js";
import type { HostArray, Tensor } from "../../core/tensor.js";
import { noRecord } from "../bench/no-record.js";
import { quietProgress } from "../progress/quiet.js";
import { executeGraph } from "../run/run-graph.js";
import type { RunResult } from "../run/run-graph.js";
import type { StepWatch } from "../run/stage.js";
import { fetch } from "../run/transfer.js";

/** Where a captured array belongs: what comes out of a node's port, the gradient of a weight, or a number of an optimizer. */
export interface Place {
  readonly node: string;
  readonly kind: "edge" | "gradient" | "number";
  /** A port, a weight or the number's name. */
  readonly name: string;
}

/** One step with every array that went over its edges, in the order in which they were made. */
export interface CapturedStep {
  readonly phase: string;
  /** From 0. */
  readonly step: number;
  readonly arrays: readonly (readonly [Place, HostArray])[];
}

/** What to run, and on what. */
export interface CaptureOptions {
  readonly backend: ComputeBackend;
  readonly precision: Precision;
  readonly threads: number | undefined;
  readonly signal: AbortSignal;
}

/** Runs a graph op by op and hands over each step as it ends; nothing is written. `device` is one line on the backend. */
export async function captureRun(
  graph: Graph,
  { backend, precision, threads, signal }: CaptureOptions,
  take: (step: CapturedStep) => Promise<void>,
): Promise<{ readonly device: string; readonly result: RunResult }> {
  let device = backend.id;
  const result = await executeGraph(graph, {
    backend,
    device: { precision, threads },
    openRecorder(info) {
      device = info;
      return Promise.resolve(noRecord());
    },
    progress: quietProgress(),
    signal,
    now: () => performance.now() / 1000,
    watch: (phase, step, packets) =>
      watchStep(
        [...packets].flatMap(([node, ports]) => Object.entries(ports).map(([port, array]) => [edge(node, port), array] as const)),
        (arrays) => take({ phase, step, arrays }),
      ),
  });
  return { device, result };
}

/** Keeps what each node makes until the step is over, then fetches it. */
function watchStep(
  given: readonly (readonly [Place, HostArray])[],
  take: (arrays: readonly (readonly [Place, HostArray])[]) => Promise<void>,
): StepWatch {
  const kept: (readonly [Place, Tensor])[] = [];
  const keep = (place: Place, value: unknown): void => {
    if (value instanceof tf.Tensor) kept.push([place, tf.keep(value.clone())]);
  };
  return {
    onNode(node: GraphNode, work, inputs) {
      const made = work();
      const optimizer = node.def.kind === "optimizer";
      if (optimizer)
        for (const [name, value] of Object.entries(inputs)) keep({ node: trainedBy(node), kind: "gradient", name }, value);
      for (const [name, value] of Object.entries(made))
        keep(optimizer ? { node: node.name, kind: "number", name } : edge(node.name, name), value);
      return made;
    },
    async settle() {
      const arrays = [...given];
      try {
        for (const [place, tensor] of kept) arrays.push([place, await fetch(tensor)]);
      } finally {
        for (const [, tensor] of kept) tensor.dispose();
      }
      await take(arrays);
    },
  };
}

function edge(node: string, port: string): Place {
  return { node, kind: "edge", name: port };
}

/** The model whose weights an optimizer trains. */
function trainedBy(optimizer: GraphNode): string {
  return optimizer.inputs["trains"]?.node ?? optimizer.name;
}
