import { closeSync, openSync, writeSync } from "node:fs";
import type { Graph } from "../../core/graph.js";
import type { KnownActivity } from "../run/activity.js";
import type { StepWatch } from "../run/stage.js";

/** A trace under way. */
export interface Trace {
  /** Looks into steps for the time of each node; most steps are left to replay. */
  watch(phase: string, step: number): StepWatch | undefined;
  close(): void;
}

/** Steps of each phase whose nodes are timed: the first ones, which run op by op anyway, and then one of so many. */
const firstSteps = 2;
const everySteps = 50;

/**
 * Writes what a run does as Chrome trace events, which ui.perfetto.dev and chrome://tracing show: a lane for the run, for the device and
 * for each node. Events are written as they end; a run that is killed leaves a file that those viewers still read.
 */
export function openTrace(file: string, graph: Graph, activity: KnownActivity): Trace {
  const handle = openSync(file, "w");
  const lanes = new Map<string, number>();
  let before = "[\n";
  const write = (event: object): void => {
    writeSync(handle, `${before}${JSON.stringify({ pid: 1, ...event })}`);
    before = ",\n";
  };
  const laneOf = (name: string): number => {
    const known = lanes.get(name);
    if (known !== undefined) return known;
    const tid = lanes.size + 1;
    lanes.set(name, tid);
    write({ ph: "M", name: "thread_name", tid, args: { name } });
    write({ ph: "M", name: "thread_sort_index", tid, args: { sort_index: tid } });
    return tid;
  };
  write({ ph: "M", name: "process_name", tid: 0, args: { name: `raegraph ${graph.name}` } });
  for (const lane of ["run", "device", ...graph.nodes.map(({ name }) => name)]) laneOf(lane);
  activity.listen(({ lane, what, start }, end) =>
    write({ ph: "X", name: what, cat: "raegraph", tid: laneOf(lane), ts: 1e6 * start, dur: 1e6 * (end - start) }),
  );
  return {
    watch(_phase, step) {
      if (step >= firstSteps && step % everySteps !== 0) return undefined;
      return {
        onNode(node, work) {
          const end = activity.begin(node.name, node.def.kind === "optimizer" ? "update" : "forward");
          try {
            return work();
          } finally {
            end();
          }
        },
      };
    },
    close() {
      writeSync(handle, "\n]\n");
      closeSync(handle);
    },
  };
}
