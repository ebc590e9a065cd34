import type { GraphNode } from "../../core/graph.js";
import type { PhasePlan } from "../run/plan.js";
import type { NodeSummary } from "../summary.js";
import { partName, shared } from "./watch-nodes.js";
import type { Part } from "./watch-nodes.js";

/** What a part of a step costs. */
export interface Row {
  /** Undefined for what belongs to no node. */
  readonly node: string | undefined;
  readonly type: string | undefined;
  readonly part: Part | keyof typeof shared;
  readonly ms: number;
  /** Of the whole step, 0 to 1. */
  readonly share: number;
  /** Where the node's operations are counted. */
  readonly gflops: number | undefined;
  /** Of the multiply-add peak, 0 to 1. */
  readonly ofPeak: number | undefined;
}

/** Mean seconds by name over the quicker half of the steps: a disturbed step says nothing about the nodes. */
export function meanParts(steps: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const whole = (step: ReadonlyMap<string, number>): number => [...step.values()].reduce((a, b) => a + b, 0);
  const quick = [...steps].sort((a, b) => whole(a) - whole(b)).slice(0, Math.ceil(steps.length / 2));
  const names = new Set(quick.flatMap((step) => [...step.keys()]));
  return new Map([...names].map((name) => [name, quick.reduce((sum, step) => sum + (step.get(name) ?? 0), 0) / quick.length]));
}

/** The rows in the order in which a step comes by: forward, backward, update, hosts, and what belongs to no node. */
export function rowsOf(
  parts: ReadonlyMap<string, number>,
  plan: PhasePlan,
  nodes: readonly NodeSummary[],
  peak: number | undefined,
): Row[] {
  const whole = [...parts.values()].reduce((a, b) => a + b, 0);
  const row = (part: Row["part"], seconds: number | undefined, node?: GraphNode, flops = 0): Row[] => {
    if (seconds === undefined) return [];
    const gflops = flops > 0 && seconds > 0 ? flops / seconds / 1e9 : undefined;
    const ofPeak = gflops !== undefined && peak !== undefined ? gflops / peak : undefined;
    return [{ node: node?.name, type: node?.def.type, part, ms: 1000 * seconds, share: seconds / whole, gflops, ofPeak }];
  };
  const ofNode = (node: GraphNode, part: Part, passes: number): Row[] => {
    const flops = nodes.find(({ name }) => name === node.name)?.flops ?? 0;
    return row(part, parts.get(partName(node.name, part)), node, passes * flops);
  };
  return [
    ...[...plan.fixed, ...plan.trained].flatMap((node) => ofNode(node, "forward", 1)),
    // The derivative by the inputs and that by the weights cost as much as the way forward, each.
    ...[...plan.trained].reverse().flatMap((node) => ofNode(node, "backward", 2)),
    ...plan.optimizers.flatMap((node) => ofNode(node, "update", 0)),
    ...plan.hosts.flatMap((node) => ofNode(node, "host", 0)),
    ...Object.values(shared).flatMap((part) => row(part, parts.get(part))),
  ];
}
