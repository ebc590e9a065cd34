import type { ComputeBackend } from "../../core/define-backend.js";
import type { NodeDef } from "../../core/define-node.js";
import type { Op } from "../../core/define-op.js";
import { checkBackend, checkDefinition, checkOp } from "../../core/language/check-definition.js";
import { PluginMistakes } from "../../core/language/load-plugins.js";
import type { Plugin } from "../../core/plugin.js";

type Fields = Readonly<Record<string, unknown>>;

/**
 * The definitions among a module's exports: values, or lists of values, of `defineNode`, `defineOp` and `defineBackend`. Other exports
 * are the plugin's own affair. Throws PluginMistakes with all that is wrong, each with the export's name.
 */
export function readExports(module: Fields): Pick<Plugin, "nodes" | "ops" | "backends"> {
  const mistakes: string[] = [];
  const nodes = new Map<string, NodeDef>();
  const ops = new Map<string, Op["def"]>();
  const backends = new Map<string, ComputeBackend>();
  const seen = new Set<unknown>();
  let found = 0;
  const take = <T>(kind: string, name: string, where: string, known: Map<string, T>, value: Fields, wrong: string[]): void => {
    found++;
    if (wrong.length > 0) mistakes.push(...wrong.map((text) => `export ${where}: ${text}`));
    else if (known.has(name)) mistakes.push(`export ${where}: two ${kind} are called "${name}"; rename one`);
    // The checks above looked at all that a definition of this kind must have.
    else known.set(name, value as T);
  };
  const read = (where: string, value: unknown): void => {
    if (seen.has(value)) return;
    seen.add(value);
    if (Array.isArray(value)) value.forEach((item, i) => read(`${where}[${i}]`, item));
    else if (typeof value === "function" && "def" in value && isFields(value.def) && "kernel" in value.def)
      take("ops", String(value.def["kernel"]), where, ops, value.def, checkOp(value.def));
    else if (!isFields(value)) return;
    else if (looksLikeNode(value)) take("node types", String(value["type"]), where, nodes, value, checkDefinition(value));
    else if ("id" in value && ("probe" in value || "open" in value))
      take("backends", String(value["id"]), where, backends, value, checkBackend(value));
  };
  for (const [name, value] of Object.entries(module)) read(name === "default" ? "default" : `"${name}"`, value);
  if (mistakes.length > 0) throw new PluginMistakes(mistakes);
  if (found === 0) throw new Error(nothing(Object.keys(module)));
  return { nodes: [...nodes.values()], ops: [...ops.values()], backends: [...backends.values()] };
}

/** One sign is enough: a definition that lacks the others is a mistake to tell, not a value to skip. */
function looksLikeNode(value: Fields): boolean {
  const signs = ["type", "kind", "inputs", "outputs", "params"].filter((key) => key in value);
  return signs.length >= 3 || (signs.length >= 2 && "type" in value && typeof value["type"] === "string");
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nothing(names: readonly string[]): string {
  const list = names.length > 0 ? `it exports ${names.slice(0, 8).join(", ")}` : "it exports nothing";
  return `no node type, op or backend in it (${list}); write export const myNode = defineNode({ … })`;
}
