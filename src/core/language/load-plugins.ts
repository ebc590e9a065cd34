import type { NodeDef } from "../define-node.js";
import type { Plugin } from "../plugin.js";
import type { Span } from "../problem.js";
import type { Problems } from "./problems.js";
import { messageOf, quote } from "./words.js";

/** A plugin as a graph file or the command line asks for it. */
export interface PluginRequest {
  /** A path (`./my-nodes.ts`) or a package's name. */
  readonly spec: string;
  readonly at: Span;
  /** The file that paths count from. */
  readonly from: string;
}

/** The name under which plugins that the command line names appear in problems. */
export const pluginFile = "<plugin>";

/** Plugins from outside the graph file as requests; their common text has one on each line. */
export function requestPlugins(specs: readonly string[], from: string): PluginRequest[] {
  let offset = 0;
  return specs.map((spec) => {
    const at = { file: pluginFile, start: offset, end: offset + spec.length };
    offset += spec.length + 1;
    return { spec, at, from };
  });
}

/** Loads a plugin; throws an Error that says what is wrong and the cure. */
export type LoadPlugin = (spec: string, fromFile: string) => Promise<Plugin>;

/** The node types of a graph, and where they come from. */
export interface Installed {
  readonly registry: ReadonlyMap<string, NodeDef>;
  readonly plugins: readonly Plugin[];
  /** False where a plugin could not be loaded: a type that is missing may be one of its own. */
  readonly complete: boolean;
}

/** Thrown by a loader for mistakes inside a plugin, all at once. */
export class PluginMistakes extends Error {
  override readonly name = "PluginMistakes";
  constructor(readonly mistakes: readonly string[]) {
    super(mistakes.join("\n"));
  }
}

/** Loads plugins, each once, and adds their node types to the registry; what is wrong with one is reported where it is asked for. */
export async function loadPlugins(
  requests: readonly PluginRequest[],
  builtin: ReadonlyMap<string, NodeDef>,
  load: LoadPlugin,
  problems: Problems,
): Promise<Installed> {
  const registry = new Map(builtin);
  const owners = new Map<string, string>();
  const plugins = new Map<string, Plugin>();
  let complete = true;
  for (const { spec, at, from } of requests) {
    const what = `plugin ${quote(spec)}`;
    try {
      const plugin = await load(spec, from);
      if (plugins.has(plugin.file)) continue;
      plugins.set(plugin.file, plugin);
      for (const def of plugin.nodes) {
        if (registry.has(def.type)) {
          const owner = owners.get(def.type);
          problems.add(
            "G407",
            `${what}: node type ${quote(def.type)} is already defined by ${owner === undefined ? "raegraph itself" : `plugin ${quote(owner)}`}`,
            at,
            { cure: "rename one of the two; a family of your own, as in my.noise, keeps them apart" },
          );
        } else {
          registry.set(def.type, def);
          owners.set(def.type, plugin.name);
        }
      }
    } catch (error) {
      complete = false;
      if (error instanceof PluginMistakes) for (const mistake of error.mistakes) problems.add("G406", `${what}: ${mistake}`, at);
      else problems.add("G405", `${what}: ${messageOf(error)}`, at);
    }
  }
  return { registry, plugins: [...plugins.values()], complete };
}
