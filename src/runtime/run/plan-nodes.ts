import type { NodeDef } from "../../core/define-node.js";
import type { GraphNode, PortRef } from "../../core/graph.js";

/** Names of the nodes that targets need, themselves included; what is read only as a model or weights is not run. */
export function nodesOf(targets: readonly string[], byName: ReadonlyMap<string, GraphNode>): Set<string> {
  const needed = new Set<string>();
  // Chains may be longer than calls may nest.
  const open: PortRef[] = targets.map((node) => ({ node, port: "" }));
  for (let ref = open.pop(); ref; ref = open.pop()) {
    const node = byName.get(ref.node);
    if (!node) throw new Error(`no node "${ref.node}"`);
    if (isHandle(node.def, ref.port) || needed.has(node.name)) continue;
    needed.add(node.name);
    open.push(...Object.values(node.inputs));
  }
  return needed;
}

/** Names of the nodes that the weights trained by these optimizers reach. `nodes` stand in an order of the data. */
export function reachedBy(nodes: readonly GraphNode[], optimizers: readonly GraphNode[]): Set<string> {
  const trained = new Set(optimizers.map((node) => node.inputs["trains"]?.node));
  const reached = new Set<string>();
  for (const node of nodes)
    if (trained.has(ownerOf(node)) || Object.values(node.inputs).some((ref) => reached.has(ref.node) || trained.has(ref.node)))
      reached.add(node.name);
  return reached;
}

/** The node whose weights a node uses: its own, or those of the one that it is again. */
export function ownerOf(node: GraphNode): string {
  return node.again?.node ?? node.name;
}

/** True for ports that carry a model or its weights: they need no tensors. */
export function isHandle(def: NodeDef, port: string): boolean {
  const kind = def.outputs[port]?.kind;
  return kind === "model" || kind === "weights";
}
