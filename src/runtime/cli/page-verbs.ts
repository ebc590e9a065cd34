import { InvalidArgumentError } from "commander";
import type { Command } from "commander";
import type { Done } from "./verb-parts.js";

/** Adds the verbs that show and run a graph in a browser. */
export function addPageVerbs(graph: Command, done: Done): void {
  graph
    .command("serve")
    .description("a page that draws, edits and runs the graph in the browser")
    .argument("<file>", "graph file (YAML)")
    .option("--port <n>", "port on this machine; 0 is any free one", port, 8474)
    .option("--no-open", "only print the address")
    .action((file, flags) => done(import("./serve.js").then(({ serveVerb }) => serveVerb(file, flags))));

  graph
    .command("build-web")
    .description("the same page as a folder that any web server can offer")
    .argument("<file>", "graph file (YAML)")
    .requiredOption("--out <dir>", "folder to write")
    .action((file, flags) => done(import("./build-web.js").then(({ buildWebVerb }) => buildWebVerb(file, flags))));
}

function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw new InvalidArgumentError("Expected a port from 0 to 65535.");
  return value;
}
