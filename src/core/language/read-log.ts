import type { PortRef } from "../graph.js";
import type { BoundNode } from "./bind-nodes.js";
import type { Connection } from "./connect.js";
import { asList, asText } from "./fields.js";
import type { Problems } from "./problems.js";
import { resolveReference } from "./resolve-reference.js";
import type { Scope } from "./scope.js";
import type { Entry } from "./value.js";
import { quote } from "./words.js";

/** What a graph's references are looked up in. */
export interface Wiring {
  readonly scope: Scope;
  readonly connections: readonly Connection[];
}

/** The phase whose log is read. */
interface Logging {
  /** As messages name it. */
  readonly what: string;
  readonly run: readonly string[];
  /** True where it has an optimizer, or may have meant one. */
  readonly trains: boolean;
}

/** Reads `log: [l1.value, critic.score]`: outputs of f32 numbers that the targets of a training phase need. Mistakes are reported in the list. */
export function readLog(
  entry: Entry | undefined,
  { what, run, trains }: Logging,
  { scope, connections }: Wiring,
  nodes: ReadonlyMap<string, BoundNode>,
  problems: Problems,
): PortRef[] {
  const list = entry && asList(entry.value, `${what}: log`, "write log: [node.port]", problems);
  if (!list) return [];
  if (!trains) {
    problems.add("G505", `${what} trains nothing, and a log is of training steps`, entry.keyAt, {
      cure: "let the phase run a reducer, such as metric.mean",
    });
    return [];
  }
  const lookup = { nodes, problems, circles: problems, told: new Set<string>() };
  // Where a target is unknown, which is reported, so is what it needs.
  const needed = run.every((name) => nodes.get(name)?.def) && run.length > 0 ? neededBy(run, connections) : undefined;
  const refs = new Map<string, PortRef>();
  for (const item of list.items) {
    const text = asText(item, `${what}: log`, problems)?.value;
    const producer =
      text === undefined ? undefined : resolveReference(scope, { port: text, portAt: item.at, ref: text, at: item.at }, lookup);
    if (text === undefined || !producer) continue;
    const { node, port } = producer;
    const spec = node.def.outputs[port]?.spec ?? "nothing";
    const key = `${node.draft.name}.${port}`;
    if (!spec.startsWith("f32["))
      problems.add("G304", `${what}: log: ${quote(text)} carries ${spec}, and a log is of f32 numbers`, item.at, {
        cure: "name an output whose type starts with f32",
      });
    else if (needed && !needed.has(node.draft.name))
      problems.add("G505", `${what} logs ${quote(text)}, which none of its targets needs`, item.at, {
        cure: "take it out of the log, or let the phase run what needs it",
      });
    else if (refs.has(key)) problems.add("G103", `${what} logs ${quote(text)} twice`, item.at);
    refs.set(key, { node: node.draft.name, port });
  }
  return [...refs.values()];
}

/** Names of the nodes whose tensors these nodes need, themselves included. */
function neededBy(targets: readonly string[], connections: readonly Connection[]): ReadonlySet<string> {
  const reads = new Map<string, string[]>();
  for (const { node, port, to, declared } of connections) {
    const isTensor = node.def.outputs[port]?.kind === "tensor";
    if (isTensor && !declared) reads.set(to, [...(reads.get(to) ?? []), node.draft.name]);
  }
  const needed = new Set<string>();
  const open = [...targets];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (needed.has(name)) continue;
    needed.add(name);
    open.push(...(reads.get(name) ?? []));
  }
  return needed;
}
