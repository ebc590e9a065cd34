import type { Graph, GraphNode, Phase } from "../../core/graph.js";
import { nearNames } from "../../core/near-names.js";
import { redirect } from "../smoke.js";
import { UsageError } from "../usage-error.js";

/** What of a graph to run for a comparison. */
export interface Extent {
  /** Steps of each phase; one that is nested runs once, after the last step of its own, and takes one. */
  readonly steps: number;
  /** Only these phases; all by default. */
  readonly phases?: readonly string[];
}

/** The same graph made short, without checkpoints and with sinks that take their packets and write nothing. Throws a UsageError. */
export function shortGraph(graph: Graph, { steps, phases }: Extent, folder: string): Graph {
  const names = graph.phases.map(({ name }) => name);
  const unknown = phases?.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const near = nearNames(unknown, names).map((name) => `"${name}"`);
    const cure = near.length > 0 ? `did you mean ${near.join(" or ")}? ` : "";
    throw new UsageError(`graph "${graph.name}" has no phase "${unknown}"; ${cure}there are ${names.join(", ")}`);
  }
  const kept = graph.phases.filter(({ name }) => phases?.includes(name) ?? true);
  const nodes = graph.nodes.map((node) => redirect(muted(node), folder));
  return { ...graph, nodes, phases: kept.map((phase) => shorten(phase, steps, kept)) };
}

function shorten(phase: Phase, steps: number, kept: readonly Phase[]): Phase {
  const { name, run, of, before, after } = phase;
  const there = (other: string | undefined): other is string => kept.some((one) => one.name === other);
  return {
    name,
    run,
    ...(there(before) ? { before } : {}),
    ...(there(after) ? { after } : {}),
    ...(there(of) ? { of, every: steps } : {}),
    steps: of === undefined ? Math.min(steps, phase.steps ?? steps) : 1,
    checkpoint: 0,
    keep: 1,
  };
}

/** A sink that writes nothing. */
function muted(node: GraphNode): GraphNode {
  if (node.def.kind !== "sink") return node;
  const nothing = (): Promise<void> => Promise.resolve();
  return { ...node, def: { ...node.def, open: () => Promise.resolve({ write: nothing, close: nothing }) } };
}
