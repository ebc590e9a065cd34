#!/usr/bin/env node
import { Command, CommanderError, Option } from "commander";
import { exitCodes } from "./exit-codes.js";

/** Builds the command line. Each verb loads its code when it is called, so that help and reading verbs start at once. */
function program(): Command {
  const graph = new Command("graph")
    .description("Runs dataflow graphs for representation autoencoders and diffusion transformers.")
    .showHelpAfterError("(graph --help lists the verbs)")
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "graph: ")) })
    .exitOverride();

  graph
    .command("run")
    .description("check, plan and execute a graph")
    .argument("<file>", "graph file (YAML)")
    .argument("[overrides...]", "dit.depth=12, vars.batch=64, +nodes.x={…}, ~nodes.x")
    .addOption(new Option("--backend <id>", "auto, native, wasm, reference, …").default("auto"))
    .addOption(new Option("--precision <name>", "arithmetic of the heavy ops").choices(["fp32", "bf16", "f16"]).default("fp32"))
    .option("--threads <n>", "CPU threads", positiveInteger)
    .option("--resume <how>", "never, auto (go on if there is a checkpoint), must, or a run folder", "never")
    .option("--run-dir <dir>", "run folder to use instead of runs/<graph>/<date>_<id>")
    .option("--smoke", "two steps of every phase: proves that all parts work together")
    .option("--log-every <seconds>", "seconds between plain progress lines", positiveInteger, 10)
    .option("--stack", "show the stack of a failure")
    .action(async (file: string, overrides: string[], options: object) => {
      const { runVerb } = await import("./run.js");
      process.exitCode = await runVerb(file, overrides, options as Parameters<typeof runVerb>[2]);
    });

  graph
    .command("check")
    .description("everything that can be known without running: edges, shapes, parameters, cost")
    .argument("<file>", "graph file (YAML)")
    .argument("[overrides...]", "as for run")
    .option("--json", "print one JSON object")
    .action(async (file: string, overrides: string[], options: { json?: boolean }) => {
      const { checkVerb } = await import("./check.js");
      process.exitCode = await checkVerb(file, overrides, options);
    });

  graph
    .command("inspect")
    .description("node types, or one type's ports and params")
    .argument("[type]", "for example model.dit_dh")
    .option("--json", "print JSON")
    .action(async (type: string | undefined, options: { json?: boolean }) => {
      const { inspectVerb } = await import("./inspect.js");
      process.exitCode = await inspectVerb(type, options);
    });
  return graph;
}

function positiveInteger(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new CommanderError(exitCodes.usage, "graph.number", `expected a whole number of at least 1, not "${text}"`);
  return value;
}

try {
  await program().parseAsync();
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  if (error.code === "graph.number") process.stderr.write(`graph: ${error.message}\n`);
  process.exitCode = error.exitCode === 0 ? 0 : exitCodes.usage;
}
