import type { Command } from "commander";
import type { LoadOptions } from "../load-graph.js";

/** Flags of every verb that reads a graph. */
export interface GraphFlags {
  readonly overlay?: readonly string[];
  readonly plugin?: readonly string[];
}

/** Adds the flags to a verb. */
export function graphFlags(command: Command): Command {
  return pluginFlag(
    command.option("-f, --overlay <file>", "graph file to merge over this one, before the overrides; may be repeated", collect),
  );
}

/** Adds `--plugin` alone, for verbs that read node types but no graph. */
export function pluginFlag(command: Command): Command {
  return command.option("--plugin <file>", "file or package that defines node types, ops or backends; may be repeated", collect);
}

/** The flags and overrides as options of `loadGraph`. */
export function graphOptions(overrides: readonly string[], { overlay = [], plugin = [] }: GraphFlags): LoadOptions {
  return { overrides, overlays: overlay, plugins: plugin };
}

/** A flag that may be repeated. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
