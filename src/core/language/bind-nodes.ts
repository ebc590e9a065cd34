import type { NodeDef } from "../define-node.js";
import type { CheckedParams, FileAccess } from "./check-params.js";
import { checkParams } from "./check-params.js";
import type { Installed } from "./load-plugins.js";
import type { Problems } from "./problems.js";
import type { NodeDraft } from "./scope.js";
import { either, nearest, quote } from "./words.js";

/** A node with its definition and params, each undefined where its mistake is already reported. */
export interface BoundNode {
  readonly draft: NodeDraft;
  readonly def: NodeDef | undefined;
  readonly params: CheckedParams | undefined;
  /** The model whose weights it uses, where those are not its own. */
  readonly again?: { readonly node: string; readonly variant?: "ema" };
}

/** Finds each node's type in the registry and checks its params. */
export async function bindNodes(
  drafts: readonly NodeDraft[],
  installed: Pick<Installed, "registry" | "complete">,
  files: FileAccess,
  problems: Problems,
): Promise<BoundNode[]> {
  const bound: BoundNode[] = [];
  for (const draft of drafts) {
    const def = findType(draft, installed, problems);
    if (draft.cache && def && def.kind !== "map" && def.kind !== "model")
      problems.add("G106", `node ${quote(draft.name)}: a ${def.kind} is not cached`, draft.cache.at, {
        cure: "put cache: disk on a map or model node, such as a frozen encoder",
      });
    if (draft.updates && def && def.kind !== "optimizer")
      problems.add("G106", `node ${quote(draft.name)}: a ${def.kind} makes no updates`, draft.updates.at, {
        cure: "give updates to an optimizer",
      });
    bound.push({ draft, def, params: def && (await checkParams(draft, def, files, problems)) });
  }
  return bound;
}

/** The version of a definition that gives none. */
export function versionOf(def: NodeDef): number {
  return def.version ?? 1;
}

function findType(
  { name, type }: NodeDraft,
  { registry, complete }: Pick<Installed, "registry" | "complete">,
  problems: Problems,
): NodeDef | undefined {
  if (!type) return undefined;
  const [id = "", version, ...more] = type.text.split("@");
  const def = registry.get(id);
  const what = `node ${quote(name)}`;
  if (!def) {
    if (!complete) return undefined;
    const near = nearTypes(id, registry);
    const cure =
      near.length > 0
        ? `did you mean ${either(near)}?`
        : "`graph inspect` lists the types; for those of a plugin add plugins: [./file.ts], or --plugin";
    problems.add("G201", `${what}: unknown type ${quote(id)}`, type.at, { cure });
    return undefined;
  }
  if (version === undefined) return def;
  if (more.length === 0 && version === String(versionOf(def))) return def;
  const asked = quote([version, ...more].join("@"));
  const cure = `write ${id}@${versionOf(def)} after reading what changed, or install the other version`;
  problems.add(
    "G202",
    `${what}: version ${asked} of ${quote(id)} is asked for, version ${versionOf(def)} is installed`,
    type.at,
    { cure },
  );
  return undefined;
}

/** Near types; also those whose name after the family is the one given. */
function nearTypes(id: string, registry: ReadonlyMap<string, NodeDef>): string[] {
  const near = nearest(id, registry.keys());
  const own = id.slice(id.lastIndexOf(".") + 1);
  return near.length > 0
    ? near
    : [...registry.keys()].filter((type) => type.slice(type.lastIndexOf(".") + 1) === own).slice(0, 3);
}
