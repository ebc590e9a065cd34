import type { ProbeResult } from "../define-node.js";
import type { Span } from "../problem.js";
import type { BoundNode } from "./bind-nodes.js";
import type { CheckedParams } from "./check-params.js";
import type { Problems } from "./problems.js";
import { messageOf, quote } from "./words.js";

/** What a node's own look at its files gave; `found` is undefined where it refused them. */
export interface ProbedNode {
  readonly found: ProbeResult | undefined;
}

/** Lets every node whose params are fine look at its files, all at once. What a node throws becomes a problem at the path that it names. */
export async function probeNodes(nodes: readonly BoundNode[], problems: Problems): Promise<ReadonlyMap<string, ProbedNode>> {
  const probed = new Map<string, ProbedNode>();
  const probe = async (node: BoundNode): Promise<void> => {
    const { def, params, draft } = node;
    if (!def?.probe || !params) return;
    try {
      probed.set(draft.name, { found: await def.probe(params.values) });
    } catch (error) {
      const message = messageOf(error);
      problems.add("G403", `node ${quote(draft.name)}: ${message}`, placeOf(message, params, draft.at));
      probed.set(draft.name, { found: undefined });
    }
  };
  await Promise.all(nodes.map(probe));
  return probed;
}

/** The param whose path a message names, the longest first, else the node. */
function placeOf(message: string, { plain }: CheckedParams, node: Span): Span {
  const named = plain.paths.filter(({ path }) => message.includes(path)).sort((a, b) => b.path.length - a.path.length);
  return named[0]?.at ?? node;
}
