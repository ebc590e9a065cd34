import type { BoundNode } from "./bind-nodes.js";
import type { Problems } from "./problems.js";
import type { AgainDraft } from "./scope.js";
import { quote, suggest } from "./words.js";

/** Gives nodes that are another one `again` that node's type and params. Only a model can be used again: others have no weights. */
export function bindAgain(nodes: readonly BoundNode[], problems: Problems): BoundNode[] {
  const byName = new Map(nodes.map((node) => [node.draft.name, node]));
  return nodes.map((node) => {
    const { again } = node.draft;
    if (!again) return node;
    const found = byName.get(again.node);
    if (again.implied) return found?.def?.kind === "model" ? withWeightsOf(node, found, again) : node;
    if (!found) {
      const models = nodes.filter(({ def, draft }) => def?.kind === "model" && !draft.again).map(({ draft }) => draft.name);
      problems.add("G301", `no node ${quote(again.node)}`, again.at, suggest(again.node, models));
      return node;
    }
    const what = `node ${quote(node.draft.name)} is to be ${quote(again.node)} again`;
    if (found.draft.again)
      problems.add("G311", `${what}, which is ${quote(found.draft.again.node)} again itself`, again.at, {
        cure: `write again: ${found.draft.again.node}`,
      });
    else if (found.def && found.def.kind !== "model")
      problems.add("G311", `${what}, and a ${found.def.kind} has no weights to use again`, again.at, {
        cure: `write its type: ${found.def.type}`,
      });
    else return withWeightsOf(node, found, again);
    return node;
  });
}

function withWeightsOf({ draft }: BoundNode, { def, params }: BoundNode, { node, variant }: AgainDraft): BoundNode {
  return { draft, def, params, again: { node, ...(variant ? { variant } : {}) } };
}
