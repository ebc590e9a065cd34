import type { NodeDef } from "../../core/define-node.js";
import type { Graph, PortRef } from "../../core/graph.js";
import { phaseOrder, planPhase } from "../run/plan.js";
import type { PhasePlan } from "../run/plan.js";

/** Where a node works in a step: it feeds it, runs before the tape, is reached by trained weights, updates, or takes results. */
export type Role = "source" | "fixed" | "trained" | "optimizer" | "result";

/** A node as it is drawn. */
export interface Box {
  readonly name: string;
  readonly type: string;
  readonly role: Role;
  /** Phases in which it runs, in their order. */
  readonly phases: readonly string[];
}

/** All edges from one node to another, drawn as one line. */
export interface Line {
  readonly from: string;
  readonly to: string;
  /** True where only models or weights go over it: nothing flows in a step. */
  readonly handle: boolean;
  readonly wires: readonly Wire[];
}

/** One edge: `z -> x` and its type. */
export interface Wire {
  readonly from: string;
  readonly to: string;
  readonly type: string;
}

/** A wire as it stands at its line: `z f32[64,4,4,128]`; with the input's name where that is another one. */
export function textOf({ from, to, type }: Wire, arrow = "→"): string {
  const ports = from === to ? from : `${from} ${arrow} ${to}`;
  return type === "weights" ? ports : `${ports} ${type}`.trim();
}

/** What every format draws. */
export interface Picture {
  readonly name: string;
  readonly phases: readonly string[];
  /** In an order in which each box follows those that it reads from. */
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
}

/** The picture of a checked graph. With `only`, of the nodes of these phases. */
export function pictureOf(graph: Graph, only?: readonly string[]): Picture {
  const phases = orderedPhases(graph).filter((name) => only?.includes(name) ?? true);
  const plans = graph.phases.filter(({ name }) => phases.includes(name)).map((phase) => planPhase(graph, phase));
  const nodesOf = new Map(plans.map((plan) => [plan.phase.name, new Set(membersOf(plan))]));
  const trained = new Set(plans.flatMap((plan) => (plan.optimizers.length > 0 ? plan.trained.map(({ name }) => name) : [])));
  const boxes = graph.nodes.map((node): Box => ({
    name: node.name,
    type: node.again ? `${node.again.node}${node.again.variant ? `@${node.again.variant}` : ""} again` : node.def.type,
    role: roleOf(node.def.kind, trained.has(node.name)),
    phases: phases.filter((phase) => nodesOf.get(phase)?.has(node.name)),
  }));
  const shown = only ? boxes.filter((box) => box.phases.length > 0) : boxes;
  const names = new Set(shown.map(({ name }) => name));
  const lines = linesOf(graph).filter(({ from, to }) => names.has(from) && names.has(to));
  return { name: graph.name, phases, boxes: shown, lines };
}

/** Names of all phases; a nested one stands behind that in which it runs. */
function orderedPhases({ phases }: Graph): string[] {
  const nested = (name: string): string[] => [
    name,
    ...phases.filter(({ of }) => of === name).flatMap((inner) => nested(inner.name)),
  ];
  return [...new Set(phaseOrder(phases).flatMap(({ name }) => nested(name)))];
}

function membersOf({ sources, fixed, trained, optimizers, hosts, models }: PhasePlan): string[] {
  return [sources, fixed, trained, optimizers, hosts, models].flat().map(({ name }) => name);
}

function roleOf(kind: NodeDef["kind"], trained: boolean): Role {
  if (kind === "source" || kind === "optimizer") return kind;
  if (kind === "reducer" || kind === "sink") return "result";
  return trained ? "trained" : "fixed";
}

function linesOf(graph: Graph): Line[] {
  const defs = new Map(graph.nodes.map(({ name, def }) => [name, def]));
  const isHandle = ({ node, port }: PortRef): boolean => {
    const kind = defs.get(node)?.outputs[port]?.kind;
    return kind === "model" || kind === "weights";
  };
  const lines = new Map<string, { from: string; to: string; handle: boolean; wires: Wire[] }>();
  for (const { from, to, type } of graph.edges) {
    const key = `${from.node}\n${to.node}`;
    const line = lines.get(key) ?? { from: from.node, to: to.node, handle: true, wires: [] };
    line.wires.push({ from: from.variant ? `${from.port}@${from.variant}` : from.port, to: to.port, type });
    line.handle &&= isHandle(from);
    lines.set(key, line);
  }
  return [...lines.values()];
}
