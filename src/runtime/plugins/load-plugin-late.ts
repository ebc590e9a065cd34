import type { LoadPlugin } from "../../core/language/load-plugins.js";

/** `loadPlugin`, its code loaded when the first plugin is asked for. */
export const loadPluginLate: LoadPlugin = async (spec, fromFile) => {
  const { loadPlugin } = await import("./load-plugin.js");
  return loadPlugin(spec, fromFile);
};
