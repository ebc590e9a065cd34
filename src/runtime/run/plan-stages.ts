import type { GraphNode, PortRef } from "../../core/graph.js";
import { isHandle, nodesOf, reachedBy } from "./plan-nodes.js";

/** The device's work in the steps from `start` on. Inputs of nodes that do not take part yet are left out. */
export interface StagePlan {
  /** Steps of the phase before the first of these. */
  readonly start: number;
  /** Nodes that no trained weight reaches. */
  readonly fixed: readonly GraphNode[];
  /** One part per optimizer, one after the other. */
  readonly parts: readonly TrainingPart[];
  /** Sinks and reducers that take part. */
  readonly hosts: readonly GraphNode[];
  /** Outputs whose mean is told, of nodes that take part. */
  readonly logged: readonly PortRef[];
}

/** The nodes that one optimizer's loss needs and that trained weights reach; they see what the optimizers before it have changed. */
export interface TrainingPart {
  readonly optimizer: GraphNode;
  /** Fixed nodes that a second update of the step needs anew: those that may draw random numbers, and what reads them. */
  readonly redrawn: readonly GraphNode[];
  /** Those that its own model's weights do not reach. */
  readonly before: readonly GraphNode[];
  /** Those that they reach: run under the gradient tape. */
  readonly taped: readonly GraphNode[];
}

/** What a phase runs, in an order of the data; optimizers in that of their updates. */
export interface Members {
  readonly sources: readonly GraphNode[];
  /** Map and model nodes. */
  readonly device: readonly GraphNode[];
  readonly optimizers: readonly GraphNode[];
  /** Reducers and sinks. */
  readonly hosts: readonly GraphNode[];
  /** Outputs to log. */
  readonly logged: readonly PortRef[];
}

/** The stages of a phase: a new one starts wherever a node joins. A phase that does not train has one, of all its nodes. */
export function planStages(members: Members): StagePlan[] {
  const { device, optimizers, hosts, logged } = members;
  if (optimizers.length === 0) return [{ start: 0, fixed: device, parts: [], hosts, logged }];
  const starts = new Set([0, ...[...device, ...optimizers, ...hosts].map(startOf)]);
  return [...starts].sort((a, b) => a - b).map((start) => planStage(start, awakeAt(start, members)));
}

/** True where a node does not take part in a step of a phase that trains. */
export function isAsleep(node: GraphNode, step: number): boolean {
  return startOf(node) > step;
}

function startOf(node: GraphNode): number {
  return node.from ?? 0;
}

/** The members that take part in a step, without their inputs from those that do not. */
function awakeAt(step: number, { sources, device, optimizers, hosts, logged }: Members): Members {
  const asleep = new Map(device.filter((node) => isAsleep(node, step)).map((node) => [node.name, node]));
  const awake = (nodes: readonly GraphNode[]): GraphNode[] =>
    nodes
      .filter((node) => !isAsleep(node, step))
      .map((node) => ({
        ...node,
        inputs: Object.fromEntries(
          Object.entries(node.inputs).filter(([, ref]) => {
            const from = asleep.get(ref.node);
            return !from || isHandle(from.def, ref.port);
          }),
        ),
      }));
  return { sources, device: awake(device), optimizers: awake(optimizers), hosts: awake(hosts), logged };
}

function planStage(start: number, { sources, device, optimizers, hosts, logged }: Members): StagePlan {
  const byName = new Map([...sources, ...device, ...optimizers, ...hosts].map((node) => [node.name, node]));
  const neededBy = (...targets: GraphNode[]): Set<string> =>
    nodesOf(
      targets.map(({ name }) => name),
      byName,
    );
  const needed = neededBy(...optimizers, ...hosts);
  const working = device.filter(({ name }) => needed.has(name));
  const reached = reachedBy(working, optimizers);
  const members = optimizers.map((optimizer) => neededBy(optimizer));
  // What only sinks and reducers need runs along with the first optimizer that computes all that it reads, else with the last.
  for (const node of working) {
    if (!reached.has(node.name) || members.some((part) => part.has(node.name))) continue;
    const all = [...neededBy(node)].filter((name) => reached.has(name) && name !== node.name);
    const part = members.find((other) => all.every((name) => other.has(name))) ?? members.at(-1);
    for (const name of [...all, node.name]) part?.add(name);
  }
  const fixed = working.filter(({ name }) => !reached.has(name));
  const parts = optimizers.map((optimizer, i): TrainingPart => {
    const own = working.filter(({ name }) => reached.has(name) && members[i]?.has(name));
    const taped = reachedBy(own, [optimizer]);
    return {
      optimizer,
      redrawn: redrawnOf(fixed.filter(({ name }) => members[i]?.has(name))),
      before: own.filter(({ name }) => !taped.has(name)),
      taped: own.filter(({ name }) => taped.has(name)),
    };
  });
  const running = new Set([...sources, ...working].map(({ name }) => name));
  return { start, fixed, parts, hosts, logged: logged.filter(({ node }) => running.has(node)) };
}

/** Of nodes in an order of the data, those that do not promise to be pure, and those that read them. */
function redrawnOf(nodes: readonly GraphNode[]): GraphNode[] {
  const redrawn = new Set<string>();
  for (const { name, def, inputs } of nodes) {
    const pure = (def.kind === "map" || def.kind === "model") && def.pure !== undefined;
    if (!pure || Object.values(inputs).some(({ node }) => redrawn.has(node))) redrawn.add(name);
  }
  return nodes.filter(({ name }) => redrawn.has(name));
}
