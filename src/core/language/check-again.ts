import type { WeightSpec } from "../weight-spec.js";
import type { GraphNode } from "../graph.js";
import type { BuiltNode } from "./build-node.js";
import type { Problems } from "./problems.js";
import { quote } from "./words.js";

/** Reports nodes that are another one again at sizes for which that one's weights have other shapes. */
export function checkAgain(nodes: readonly BuiltNode[], problems: Problems): void {
  const byName = new Map(nodes.map(({ node }) => [node.name, node]));
  for (const { node, bound } of nodes) {
    const found = node.again && byName.get(node.again.node);
    if (!found) continue;
    const own = shapesOf(node);
    const theirs = shapesOf(found);
    const other = [...own].find(([name, shape]) => theirs.get(name) !== shape);
    if (!other) continue;
    const [name, shape] = other;
    problems.add(
      "G311",
      `node ${quote(node.name)} is ${quote(found.name)} again, but its inputs need ${quote(name)} as [${shape}], and there it is [${theirs.get(name) ?? ""}]`,
      bound.draft.again?.at ?? node.at,
      { cure: "give both inputs of the same sizes" },
    );
  }
}

function shapesOf({ def, params, dims }: GraphNode): Map<string, string> {
  const specs: readonly WeightSpec[] = def.kind === "model" ? def.weights(params, dims) : [];
  return new Map(specs.map(({ name, shape }) => [name, shape.join()]));
}
