import type { GraphEdge, GraphNode, PortRef } from "../graph.js";
import type { BoundNode } from "./bind-nodes.js";
import type { Connection } from "./connect.js";
import { printType } from "./port-type.js";
import { rootOf } from "./size.js";
import { knownSizes } from "./typed-node.js";
import type { TypedNode } from "./typed-node.js";

/** A node and what it was made of. */
export interface BuiltNode {
  readonly node: GraphNode;
  readonly bound: BoundNode;
}

/** A node of the graph, of what each step found out; nothing where a step failed. */
export function buildNode(bound: BoundNode, typed: TypedNode | undefined, reads: readonly Connection[]): BuiltNode[] {
  const { def, params, draft } = bound;
  if (!def || !params || !typed) return [];
  const inputs = Object.fromEntries(reads.map((connection): [string, PortRef] => [connection.toPort, refOf(connection)]));
  const summary = typed.found?.summary;
  const node = {
    name: draft.name,
    def,
    params: params.values,
    inputs,
    dims: knownSizes(typed, rootOf),
    at: draft.at,
    ...(bound.again ? { again: bound.again } : {}),
    ...(draft.from ? { from: draft.from.step } : {}),
    ...(draft.updates && draft.updates.count > 1 ? { updates: draft.updates.count } : {}),
    ...(draft.cache ? { cache: draft.cache.value } : {}),
    ...(summary === undefined ? {} : { summary }),
  };
  return [{ bound, node }];
}

/** What a connection reads; a model or weights of a node that is another one again are those of the other one. */
function refOf({ node, port, variant }: Connection): PortRef {
  const kind = node.def?.outputs[port]?.kind;
  const again = kind === "model" || kind === "weights" ? node.again : undefined;
  const chosen = variant ?? again?.variant;
  const ref = { node: again?.node ?? node.draft.name, port };
  return chosen ? { ...ref, variant: chosen } : ref;
}

/** The edges into a node, with the type that flows on each. */
export function buildEdges(node: GraphNode, types: ReadonlyMap<string, TypedNode>): GraphEdge[] {
  return Object.entries(node.inputs).map(([port, from]) => {
    const type = types.get(from.node)?.outputs.get(from.port)?.type;
    return { from, to: { node: node.name, port }, type: type ? printType(type) : "" };
  });
}
