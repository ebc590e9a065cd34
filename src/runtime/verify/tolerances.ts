import type { Graph, GraphNode } from "../../core/graph.js";
import { nearNames } from "../../core/near-names.js";
import { UsageError } from "../usage-error.js";
import type { Place } from "./capture.js";

/** How far a node's results may be apart on two backends, as a share of their largest number. */
export type Tolerances = (place: Place, dtype: "f32" | "i32") => number;

/** What sums in another order may differ by, grown over some steps of training. */
const rounding = 1e-3;

/**
 * Tolerances by node. `settings` are `1e-4`, for all nodes, and `dit=1e-2`, for one, the later ones counting; without them floats may
 * differ by 1e-3, and what sources give, and whole numbers, not at all. Throws a UsageError for a setting that is none.
 */
export function readTolerances(graph: Graph, settings: readonly string[]): Tolerances {
  const byName = new Map(graph.nodes.map((node) => [node.name, node]));
  let all = rounding;
  const own = new Map<string, number>();
  for (const setting of settings.flatMap((text) => text.split(","))) {
    const [, name, text = ""] = /^(?:([^=]*)=)?(.*)$/.exec(setting) ?? [];
    const value = text.trim() === "" ? NaN : Number(text);
    if (!(value >= 0)) throw new UsageError(`tolerance "${setting}" is none; write a share like 1e-3, or dit=1e-2 for one node`);
    if (name === undefined) all = value;
    else if (byName.has(name)) own.set(name, value);
    else throw unknownNode(name, graph.nodes);
  }
  return ({ node, kind }, dtype) => {
    const given = own.get(node);
    if (given !== undefined) return given;
    return dtype === "i32" || (kind === "edge" && byName.get(node)?.def.kind === "source") ? 0 : all;
  };
}

function unknownNode(name: string, nodes: readonly GraphNode[]): UsageError {
  const near = nearNames(
    name,
    nodes.map((node) => node.name),
  ).map((other) => `"${other}"`);
  return new UsageError(
    `there is no node "${name}" to give a tolerance; ${near.length > 0 ? `did you mean ${near.join(" or ")}?` : "graph check FILE lists them"}`,
  );
}
