import type { Phase } from "../graph.js";
import type { BoundNode } from "./bind-nodes.js";
import type { Connection } from "./connect.js";
import type { Problems } from "./problems.js";
import { quote } from "./words.js";

/**
 * Checks `from`: what a node reads on a required input takes part as early as the node itself, and a training phase trains from its first
 * step on. Sinks and reducers matter where a training phase runs them.
 */
export function checkStarts(
  nodes: readonly BoundNode[],
  connections: readonly Connection[],
  phases: readonly Phase[],
  problems: Problems,
): void {
  for (const { draft, def } of nodes)
    if (draft.from && def?.kind === "source")
      problems.add("G312", `node ${quote(draft.name)} is a source, and sources take part in every step`, draft.from.at, {
        cure: "give from to what reads it",
      });
  const byName = new Map(nodes.map((node) => [node.draft.name, node]));
  const isOptimizer = (name: string): boolean => byName.get(name)?.def?.kind === "optimizer";
  const training = phases.filter(({ run }) => run.some(isOptimizer));
  const watched = new Set(training.flatMap(({ run }) => run));
  for (const { node, port, to, toPort, at, declared } of connections) {
    const reader = byName.get(to);
    if (declared || !reader?.def || node.def?.outputs[port]?.kind !== "tensor" || reader.def.inputs[toPort]?.optional) continue;
    const isHost = reader.def.kind === "sink" || reader.def.kind === "reducer";
    const [start, own] = [startOf(node), startOf(reader)];
    if (start <= own || (isHost && !watched.has(to))) continue;
    problems.add(
      "G312",
      `node ${quote(to)}: input ${quote(toPort)} reads ${quote(node.draft.name)}, which takes part from step ${start} on only`,
      at,
      { cure: `give ${quote(to)} from: ${start} as well, or read it where it may be missing` },
    );
  }
  for (const { name, run } of training) {
    const optimizers = run.filter(isOptimizer).flatMap((member) => byName.get(member) ?? []);
    const [first] = optimizers;
    if (!first || optimizers.some((node) => startOf(node) === 0)) continue;
    problems.add(
      "G312",
      `phase ${quote(name)} trains nothing at first: ${quote(first.draft.name)} takes part from step ${startOf(first)} on only`,
      first.draft.from?.at ?? first.draft.at,
      {
        cure: "let one of its optimizers start at once",
      },
    );
  }
}

function startOf({ draft }: BoundNode): number {
  return draft.from?.step ?? 0;
}
