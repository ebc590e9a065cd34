import { join } from "node:path";
import { loadPlugins, pluginFile, requestPlugins } from "../../core/language/load-plugins.js";
import { createProblems } from "../../core/language/problems.js";
import type { Plugin } from "../../core/plugin.js";
import { builtinNodes, nodeRegistry } from "../../nodes/index.js";
import { loadPluginLate } from "./load-plugin-late.js";

/** The plugins that a command line names; paths count from the current directory. Throws a GraphError with all that is wrong. */
export async function readPlugins(specs: readonly string[]): Promise<readonly Plugin[]> {
  if (specs.length === 0) return [];
  const problems = createProblems();
  const requests = requestPlugins(specs, join(process.cwd(), "plugins"));
  const { plugins } = await loadPlugins(requests, nodeRegistry(builtinNodes), loadPluginLate, problems);
  problems.throwIfAny(new Map([[pluginFile, specs.join("\n")]]));
  return plugins;
}
