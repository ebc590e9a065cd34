import { Argument, Command } from "commander";
import { collect, graphFlags, pluginFlag } from "./graph-flags.js";
import type { GraphFlags } from "./graph-flags.js";
import type { CheckFlags } from "./check.js";
import { addPageVerbs } from "./page-verbs.js";
import type { PrintFlags } from "./print.js";
import { addReadingVerbs } from "./reading-verbs.js";
import { deviceFlags, names, overridesDoc, positiveInteger, share, wholeNumber } from "./verb-parts.js";
import type { Done } from "./verb-parts.js";

interface Json extends GraphFlags {
  readonly json?: boolean;
}

/** Builds the command line. Each verb loads its code when it is called, so that help and reading verbs start at once. */
export function commandLine(version: string, done: Done): Command {
  const graph = new Command("graph")
    .description("Runs dataflow graphs for representation autoencoders and diffusion transformers.")
    .version(version, "-V, --version")
    .showHelpAfterError("(graph --help lists the verbs)")
    .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "graph: ")) })
    .exitOverride();

  runFlags(graph.command("run").description("check, plan and execute a graph").argument("<file>", "graph file (YAML)"))
    .argument("[overrides...]", overridesDoc)
    .option("--resume <how>", "never, auto (go on if there is a checkpoint), must, or a run folder", "never")
    .option("--run-dir <dir>", "run folder to use instead of runs/<graph>/<date>_<id>")
    .option("--plan", "what would run: nodes, steps, operations, bytes, what is there already, the time; nothing runs")
    .option("--json", "print the plan as one JSON object")
    .option("--smoke", "two steps of every phase: proves that all parts work together")
    .option("--sweep <key=a,b>", "run every value, in a folder of its own each, then report; may be repeated", collect)
    .option("--seeds <n>", "runs of each setting, with seeds counted up from the graph's", positiveInteger)
    .action((file, overrides, flags) => done(import("./run.js").then(({ runVerb }) => runVerb(file, overrides, flags))));

  runFlags(
    graph.command("resume").description("go on with a stopped run").argument("<run>", "run folder, or one of its checkpoints"),
  )
    .argument("[overrides...]", "train.steps=800 and the like")
    .action((run, overrides, flags) => done(import("./resume.js").then(({ resumeVerb }) => resumeVerb(run, overrides, flags))));

  deviceFlags(graph.command("bench").description("step time of a graph, node by node").argument("<file>", "graph file (YAML)"))
    .argument("[overrides...]", "as for run")
    .option("--phase <name>", "the phase to time (default: the first that trains)")
    .option("--steps <n>", "steps to measure", positiveInteger, 10)
    .option("--json", "print one JSON object")
    .action((file, overrides, flags) => done(import("./bench.js").then(({ benchVerb }) => benchVerb(file, overrides, flags))));

  addVerify(graph, done);
  addFixtureVerbs(graph, done);

  graphFlags(graph.command("check"))
    .description("everything that can be known without running: edges, shapes, parameters, cost")
    .argument("<file>", "graph file (YAML)")
    .argument("[overrides...]", "as for run")
    .option("--backend <id>", "also hold the largest tensors against what its device can hold, here or at least")
    .option("--json", "print one JSON object")
    .action((file: string, overrides: string[], options: CheckFlags) =>
      done(import("./check.js").then(({ checkVerb }) => checkVerb(file, overrides, options))),
    );

  graphFlags(graph.command("print"))
    .description("the graph after includes, variables, overrides and defaults")
    .argument("<file>", "graph file (YAML)")
    .argument("[overrides...]", "as for run")
    .option("--origin", "where each value was written")
    .option("--json", "print one JSON object")
    .action((file: string, overrides: string[], options: PrintFlags) =>
      done(import("./print.js").then(({ printVerb }) => printVerb(file, overrides, options))),
    );

  pluginFlag(graph.command("inspect"))
    .description("node types, or one type's ports and params")
    .argument("[type]", "for example model.dit_dh")
    .option("--json", "print JSON")
    .action((type: string | undefined, options: Json) =>
      done(import("./inspect.js").then(({ inspectVerb }) => inspectVerb(type, options))),
    );
  graph
    .command("new")
    .description("the files of a new node, graph or plugin, with a test that passes")
    .addArgument(new Argument("<what>", "what to make").choices(["node", "graph", "plugin"]))
    .argument("<name>", "my.noise, my-graph, raegraph-extras")
    .action((what: "node" | "graph" | "plugin", name: string) =>
      done(import("./new.js").then(({ newVerb }) => newVerb(what, name))),
    );
  addReadingVerbs(graph, done);
  addPageVerbs(graph, done);
  return graph;
}

function addVerify(graph: Command, done: Done): void {
  graphFlags(graph.command("verify"))
    .description("the same graph on several backends: every edge and loss compared; exit code 3 on a difference")
    .argument("<file>", "graph file (YAML)")
    .argument("[overrides...]", "as for run")
    .requiredOption("--backends <ids>", "what to compare with the first, e.g. native,wasm,webgpu or native,native:bf16", names)
    .option("--steps <n>", "at most so many steps of each phase", positiveInteger, 10)
    .option("--phase <names>", "only these phases, e.g. train,sample", names)
    .option("--tolerance <share>", "largest difference allowed: 1e-3, or dit=1e-2 for one node; may be repeated", collect)
    .option("--threads <n>", "CPU threads", positiveInteger)
    .option("--stack", "show the stack of a failure")
    .option("--json", "print one JSON object")
    .action((file, overrides, flags) => done(import("./verify.js").then(({ verifyVerb }) => verifyVerb(file, overrides, flags))));
}

function addFixtureVerbs(graph: Command, done: Done): void {
  deviceFlags(graph.command("record").description("keep what goes into and comes out of one node, as a test fixture"))
    .argument("<file>", "graph file (YAML)")
    .argument("<node>", "a map or model")
    .argument("[overrides...]", "as for run")
    .requiredOption("--out <file>", "the fixture to write (safetensors)")
    .option("--phase <name>", "the phase to look at (default: the first in which the node runs)")
    .option("--step <n>", "the step to keep", positiveInteger, 1)
    .action((file, node, overrides, flags) =>
      done(import("./record.js").then(({ recordVerb }) => recordVerb(file, node, overrides, flags))),
    );
  pluginFlag(graph.command("replay"))
    .description("run a recorded node again; exit code 3 where it gives something else")
    .argument("<fixture>", "what graph record wrote")
    .option("--backend <id>", "native, wasm, webgpu, reference", "reference")
    .option("--tolerance <share>", "largest difference allowed, as a share of the largest number", share, 1e-4)
    .option("--stack", "show the stack of a failure")
    .option("--json", "print one JSON object")
    .action((file, flags) => done(import("./replay.js").then(({ replayVerb }) => replayVerb(file, flags))));
}

/** Flags of every verb that records a run. */
function runFlags(command: Command): Command {
  return deviceFlags(command)
    .option("--from <nodes>", "only what reads from these nodes, e.g. latent,time", names)
    .option("--to <nodes>", "each phase runs just these nodes and what they need", names)
    .option("--only <names>", "only these phases, or targets of phases", names)
    .option("--until <phase>", "the last phase to run, and at which of its steps to stop: train:50")
    .option("--peek <edge>", "look at dit.velocity, or dit.velocity:stats, or decoder.image:image; may be repeated", collect)
    .option("--trace <file>", "write what the run does, to open in ui.perfetto.dev or chrome://tracing")
    .option("--stall-after <seconds>", "tell who waits for whom when nothing moved for so long; 0 never", wholeNumber, 60)
    .option("--log-every <seconds>", "seconds between plain progress lines", positiveInteger, 10)
    .option("--no-programs", "run every op of every step one by one, where steps would be replayed as a whole")
    .option("--check-replay <steps>", "compare every so many replayed steps with the step run op by op", positiveInteger, 0);
}
