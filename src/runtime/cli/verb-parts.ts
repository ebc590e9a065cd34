import { InvalidArgumentError, Option } from "commander";
import type { Command } from "commander";
import { graphFlags } from "./graph-flags.js";

/** What a verb gives when it is over: the exit code. */
export type Done = (code: Promise<number>) => Promise<void>;

/** What may follow a graph file. */
export const overridesDoc = "dit.depth=12, vars.batch=64, +nodes.x={…}, ~nodes.x";

/** Flags of every verb that runs nodes. */
export function deviceFlags(command: Command): Command {
  return graphFlags(command)
    .addOption(new Option("--backend <id>", "auto, native, wasm, webgpu, reference, …").default("auto"))
    .addOption(new Option("--precision <name>", "arithmetic of the heavy ops").choices(["fp32", "bf16", "f16"]).default("fp32"))
    .option("--threads <n>", "CPU threads", positiveInteger)
    .option("--stack", "show the stack of a failure");
}

/** A flag that counts. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError(`Expected a whole number of at least 1.`);
  return value;
}

/** `a,b` as two names. */
export function names(text: string): string[] {
  return text.split(",").filter((name) => name !== "");
}

/** A flag that counts from 0. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new InvalidArgumentError(`Expected a whole number of at least 0.`);
  return value;
}

/** A flag that is a share of something. */
export function share(text: string): number {
  const value = text.trim() === "" ? NaN : Number(text);
  if (!(value >= 0)) throw new InvalidArgumentError(`Expected a number of at least 0, like 1e-4.`);
  return value;
}
