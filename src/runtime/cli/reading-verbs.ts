import { Option } from "commander";
import type { Command } from "commander";
import { graphFlags, pluginFlag } from "./graph-flags.js";
import { deviceFlags, names, overridesDoc, positiveInteger } from "./verb-parts.js";
import type { Done } from "./verb-parts.js";

/** Adds the verbs that explain graphs, node types and messages; like all reading verbs they load their code when called. */
export function addReadingVerbs(graph: Command, done: Done): void {
  graphFlags(graph.command("show"))
    .description("the picture of a graph, with the types on its edges")
    .argument("<file>", "graph file (YAML)")
    .argument("[overrides...]", "as for run")
    .addOption(
      new Option("--format <name>", "default: by the ending of --out, else ascii").choices([
        "ascii",
        "svg",
        "dot",
        "mermaid",
        "html",
      ]),
    )
    .option("--out <file>", "write it to a file")
    .option("--phase <names>", "only what these phases run, e.g. train,sample", names)
    .option("--json", "print the picture as one JSON object")
    .action((file, overrides, flags) => done(import("./show.js").then(({ showVerb }) => showVerb(file, overrides, flags))));

  graph
    .command("weights")
    .description("keys, shapes, dtypes and statistics of a weights file")
    .argument(
      "<file>",
      "safetensors or PyTorch file, index of a sharded one, checkpoint or run folder, hf://…; file.pt#ema is one part",
    )
    .option("--stats", "min, max, mean, std and count of NaN also of more than 256 MB")
    .option("--no-stats", "the header only")
    .option("--json", "print one JSON object")
    .action((file, flags) => done(import("./weights.js").then(({ weightsVerb }) => weightsVerb(file, flags))));

  deviceFlags(graph.command("why").description("the parts of a node's cache key, and which of them changed since it was cached"))
    .argument("<file>", "graph file (YAML)")
    .argument("<node>", "for example encoder/vit")
    .argument("[overrides...]", overridesDoc)
    .option("--json", "print one JSON object")
    .action((file, node, overrides, flags) =>
      done(import("./why.js").then(({ whyVerb }) => whyVerb(file, node, overrides, flags))),
    );

  graph
    .command("pull")
    .description("bring weights from the Hugging Face Hub into the cache")
    .argument("<what...>", "hf://org/name[/file][@revision], or a graph file: all that it names")
    .option("--json", "print one JSON object")
    .action((what, flags) => done(import("./pull.js").then(({ pullVerb }) => pullVerb(what, flags))));

  graph
    .command("import")
    .description("a YAML config of the RAE reference implementation as a graph, and what of it has no counterpart")
    .argument("<config>", "config of stage 1, of stage 2 or of sampling")
    .option("--out <file>", "write the graph to a file")
    .option("--data <folder>", "folder of training images, which the config does not say", "imagenet/train")
    .option("--images <n>", "images in it: the config counts in epochs", positiveInteger, 1_281_167)
    .option("--json", "print one JSON object")
    .action((file, flags) => done(import("./import.js").then(({ importVerb }) => importVerb(file, flags))));

  graph
    .command("explain")
    .description("what a code of a mistake means, with an example and the cure")
    .argument("[code]", "for example G306")
    .option("--json", "print JSON")
    .action((code, options) => done(import("./explain.js").then(({ explainVerb }) => explainVerb(code, options))));

  pluginFlag(graph.command("schema"))
    .description("JSON Schema of graph files, for completion in editors")
    .option("--out <file>", "write it to a file")
    .action((options) => done(import("./schema.js").then(({ schemaVerb }) => schemaVerb(options))));

  graph
    .command("doctor")
    .description("what this machine offers: backends, libraries, compiler, memory")
    .option("--json", "print one JSON object")
    .action((options) => done(import("./doctor.js").then(({ doctorVerb }) => doctorVerb(options))));
}
