import type { BoundNode } from "./bind-nodes.js";
import type { Connection } from "./connect.js";
import { mayFit } from "./port-type.js";
import type { PortType } from "./port-type.js";
import type { Problems } from "./problems.js";
import type { TypedNode } from "./typed-node.js";
import { listing, nearest, quote } from "./words.js";

const told = 20;

/**
 * Reports every required input that nothing is connected to, with the outputs that would fit it. A model of which only the `model` or
 * `weights` port is read, as a sampler does, is never run by itself and needs no inputs.
 */
export function checkInputs(
  nodes: readonly BoundNode[],
  types: ReadonlyMap<string, TypedNode>,
  connections: readonly Connection[],
  problems: Problems,
): void {
  let count = 0;
  const run = new Set(
    connections.filter(({ node, port }) => node.def?.outputs[port]?.kind === "tensor").map(({ node }) => node.draft.name),
  );
  for (const { def, draft } of nodes) {
    if (!def || !draft.wired) continue;
    if (def.kind === "model" && draft.wires.length === 0 && !run.has(draft.name)) continue;
    const wired = new Set(draft.wires.map((wire) => wire.port));
    // An input that the type does not have, and nearly this one's name, is the same mistake and already told.
    const strangers = [...wired].filter((port) => !Object.hasOwn(def.inputs, port));
    for (const [name, port] of Object.entries(def.inputs)) {
      if (port.optional || wired.has(name) || strangers.some((other) => nearest(other, [name]).length > 0)) continue;
      const type = types.get(draft.name)?.inputs.get(name)?.type;
      // Looking for what fits costs time and only the first problems are shown.
      const fits = type && count++ < told ? fitting(draft.name, name, type, types, connections) : [];
      const cure =
        fits.length > 0
          ? `add in: { ${name}: ${fits[0]} }${fits.length > 1 ? `; ${listing(fits)} fit` : ""}`
          : `no node of this graph gives ${port.spec}`;
      problems.add("G303", `node ${quote(draft.name)}: input ${quote(name)} (${port.spec}) is not connected`, draft.at, { cure });
    }
  }
}

/** Up to four outputs that may fit an input, those of its own name first, without nodes that read the node themselves. */
function fitting(
  node: string,
  port: string,
  type: PortType,
  types: ReadonlyMap<string, TypedNode>,
  connections: readonly Connection[],
): string[] {
  const after = readersOf(node, connections);
  const all = [...types.values()].flatMap((other) =>
    after.has(other.name)
      ? []
      : [...other.outputs].filter(([, output]) => mayFit(output.type, type)).map(([name]) => ({ node: other.name, name })),
  );
  return [...all.filter(({ name }) => name === port), ...all.filter(({ name }) => name !== port)]
    .slice(0, 4)
    .map(({ node: from, name }) => `${from}.${name}`);
}

/** Names of the nodes that read from a node, directly or not, itself included. */
function readersOf(node: string, connections: readonly Connection[]): Set<string> {
  const reached = new Set([node]);
  for (let size = 0; size !== reached.size;) {
    size = reached.size;
    for (const { node: from, to } of connections) if (reached.has(from.draft.name)) reached.add(to);
  }
  return reached;
}
