import type { Graph, Phase } from "../core/graph.js";
import { nearNames } from "../core/near-names.js";
import { phaseOrder, planPhase } from "./run/plan.js";
import { UsageError } from "./usage-error.js";

/** What of a graph to run; everything by default. */
export interface Part {
  /** Only what reads from these nodes, directly or not. */
  readonly from?: readonly string[];
  /** Phases run just these nodes and what they need. */
  readonly to?: readonly string[];
  /** Only these phases, or these targets of phases. */
  readonly only?: readonly string[];
  /** The last phase to run, `train`, and at which of its steps to stop, `train:50`. */
  readonly until?: string;
}

/** The part of a graph that is asked for; a nested phase whose own is left out runs once, by itself. Throws a UsageError. */
export function partOf(graph: Graph, part: Part): Graph {
  const { from, to, only, until } = part;
  if (!from && !to && !only && until === undefined) return graph;
  checkNames("--from", from, names(graph.nodes));
  checkNames("--to", to, names(graph.nodes));
  let phases = graph.phases;
  if (until !== undefined) phases = cutAfter(graph, until);
  if (only) phases = chosen(phases, only, graph);
  if (to) phases = phases.map((phase) => ({ ...phase, run: reached(graph, phase, to) }));
  if (from) phases = phases.map((phase) => ({ ...phase, run: phase.run.filter((target) => reads(graph, target, from)) }));
  phases = phases.filter(({ run }) => run.length > 0);
  if (phases.length === 0)
    throw new UsageError(`nothing of graph "${graph.name}" is left to run; graph run FILE --plan shows what there is`);
  return { ...graph, phases: phases.map((phase) => settle(phase, phases)) };
}

function cutAfter(graph: Graph, until: string): readonly Phase[] {
  const [, name = until, text] = /^([^:]*)(?::(.*))?$/.exec(until) ?? [];
  const order = phaseOrder(graph.phases);
  checkNames("--until", [name], names(order));
  const steps = text === undefined ? undefined : Number(text);
  if (steps !== undefined && (!Number.isInteger(steps) || steps < 1))
    throw new UsageError(`--until ${until}: expected a step of at least 1 behind the colon, e.g. ${name}:50`);
  const kept = names(order.slice(0, order.findIndex((phase) => phase.name === name) + 1));
  return graph.phases
    .filter((phase) => kept.includes(phase.of ?? phase.name))
    .map((phase) =>
      phase.name === name && steps !== undefined ? { ...phase, steps: Math.min(steps, phase.steps ?? steps) } : phase,
    );
}

function chosen(phases: readonly Phase[], only: readonly string[], graph: Graph): readonly Phase[] {
  const targets = phases.flatMap(({ run }) => run);
  checkNames("--only", only, [...names(phases), ...targets], `phases and targets of graph "${graph.name}"`);
  return phases.map((phase) =>
    only.includes(phase.name) ? phase : { ...phase, run: phase.run.filter((name) => only.includes(name)) },
  );
}

/** Those of the nodes that a phase runs. */
function reached(graph: Graph, phase: Phase, nodes: readonly string[]): string[] {
  const { sources, fixed, trained, optimizers, hosts } = planPhase(graph, phase);
  const running = names([...sources, ...fixed, ...trained, ...optimizers, ...hosts]);
  return nodes.filter((name) => running.includes(name));
}

/** True where a node is one of `from` or reads from one, directly or not. */
function reads(graph: Graph, target: string, from: readonly string[]): boolean {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  const seen = new Set<string>();
  const open = [target];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (from.includes(name)) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    open.push(...Object.values(byName.get(name)?.inputs ?? {}).map((ref) => ref.node));
  }
  return false;
}

/** A phase without its relations to phases that are left out. */
function settle(phase: Phase, kept: readonly Phase[]): Phase {
  const there = (name: string | undefined): boolean => kept.some((other) => other.name === name);
  const { of, every, before, after, ...rest } = phase;
  return {
    ...rest,
    ...(of !== undefined && there(of) ? { of, ...(every === undefined ? {} : { every }) } : {}),
    ...(before !== undefined && there(before) ? { before } : {}),
    ...(after !== undefined && there(after) ? { after } : {}),
  };
}

function checkNames(flag: string, given: readonly string[] = [], known: readonly string[], what?: string): void {
  for (const name of given) {
    if (known.includes(name)) continue;
    const near = nearNames(name, known).map((other) => `"${other}"`);
    const there = `${what ? `${what} are` : "there are"} ${[...new Set(known)].slice(0, 12).join(", ")}`;
    throw new UsageError(
      `${flag}: there is no "${name}"; ${near.length > 0 ? `did you mean ${near.join(" or ")}? ` : ""}${there}`,
    );
  }
}

function names(items: readonly { readonly name: string }[]): string[] {
  return items.map(({ name }) => name);
}
