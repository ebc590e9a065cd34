#!/usr/bin/env node
import { readFile } from "node:fs/promises";
import { CommanderError } from "commander";
import { exitCodes } from "./exit-codes.js";
import { orderArguments } from "./order-arguments.js";
import { sourceStack } from "./source-stack.js";
import { commandLine } from "./verbs.js";

// A reader that went away (`graph inspect | head`) is no failure, and must not end a run.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });

async function main(): Promise<void> {
  const manifest = JSON.parse(await readFile(new URL("../../../package.json", import.meta.url), "utf8")) as { version: string };
  try {
    const graph = commandLine(manifest.version, async (code) => {
      process.exitCode = await code;
    });
    const words = orderArguments(process.argv.slice(2), graph.commands);
    if (words.length === 0) {
      process.stderr.write(graph.helpInformation());
      process.exitCode = exitCodes.usage;
    } else await graph.parseAsync(words, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    else {
      process.stderr.write(
        `graph: a mistake of the program itself, please report it\n${error instanceof Error ? sourceStack(error) : String(error)}\n`,
      );
      process.exitCode = exitCodes.internal;
    }
  }
}

void main();
