import type { GraphNode } from "../graph.js";
import type { BuiltNode } from "./build-node.js";
import type { Problems } from "./problems.js";
import { isRow, rootOf } from "./size.js";
import type { TypedNode } from "./typed-node.js";
import { entryOf } from "./value.js";
import { messageOf, quote } from "./words.js";

/**
 * Gives every node a last look with its sizes known. Where other mistakes leave a node's sizes open, it is skipped: what would be
 * found there may only follow from them.
 */
export async function inspectNodes(
  nodes: readonly BuiltNode[],
  types: ReadonlyMap<string, TypedNode>,
  inspect: (node: GraphNode) => Promise<void>,
  problems: Problems,
): Promise<void> {
  const faulty = problems.count() > 0;
  await Promise.all(
    nodes.map(async ({ node, bound }) => {
      if (faulty && !isSettled(types.get(node.name))) return;
      try {
        await inspect(node);
      } catch (error) {
        const at = entryOf(bound.draft.params, "weights")?.value.at ?? node.at;
        problems.add("G404", `node ${quote(node.name)}: ${messageOf(error)}`, at);
      }
    }),
  );
}

function isSettled(typed: TypedNode | undefined): boolean {
  if (!typed) return false;
  return (
    [...typed.sizes.values()].every((size) => rootOf(size).value !== undefined) &&
    [...typed.inputs.values(), ...typed.outputs.values()].every(
      ({ type }) => !type.axes.some((axis) => isRow(axis) && !axis.bound),
    )
  );
}
