#!/usr/bin/env node
/**
 * The bundled command's front door (scripts/bundle.mjs): runs the command from V8's code cache. Parsing and compiling are half of what
 * a verb takes that only reads; each verb's cache is written when it first ended well on this version of Node.
 */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import module from "node:module";
import { dirname, join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { Script } from "node:vm";

/** The name of the command's code, and a hash of it; the bundler puts them in. */
declare const commandFile: string;
declare const commandHash: string;

type Command = (require: NodeJS.Require, filename: string, loadVerb: (file: string) => Promise<unknown>) => void;

/** Verbs of which the whole code is in the command itself. */
const reading = new Set(["check", "print", "inspect", "show", "weights", "explain", "schema", "help"]);

function launch(): void {
  const file = join(__dirname, commandFile);
  const verb = process.argv.slice(2).find((word) => !word.startsWith("-")) ?? "help";
  if (reading.has(verb)) optimizeLate();
  // The other verbs' own code are modules, and Node from 22 on has a cache for those.
  else if ("enableCompileCache" in module) (module.enableCompileCache as () => void)();
  const cache = /^[a-z]+$/.test(verb)
    ? join(__dirname, "cache", `${commandHash}-${process.version}-${process.arch}-${verb}`)
    : undefined;
  const cachedData = cache === undefined ? undefined : readCache(cache);
  // The bundler leaves nothing but ASCII, and one byte a letter is read much faster.
  const script = new Script(readFileSync(file, "latin1"), { filename: file, ...(cachedData ? { cachedData } : {}) });
  if (cache !== undefined && !cachedData) process.once("exit", (code) => void (code === 0 && writeCache(cache, script)));
  (script.runInThisContext() as Command)(require, file, (name) => import(name) as Promise<unknown>);
}

/**
 * A reading verb is over before V8's optimizing compiler has paid for itself; code that runs for long, as on a graph of thousands of
 * nodes, still gets it. Later versions than those known may no longer have the flag and would complain.
 */
function optimizeLate(): void {
  if (Number.parseInt(process.versions.node) <= 24) setFlagsFromString("--interrupt-budget=1000000");
}

function readCache(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** Where the folder cannot be written, the command only starts slower. */
function writeCache(file: string, script: Script): void {
  const temporary = `${file}.${process.pid}`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(temporary, script.createCachedData());
    renameSync(temporary, file);
  } catch {
    // Tried again at the next start.
  }
}

launch();
