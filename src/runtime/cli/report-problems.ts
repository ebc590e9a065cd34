import { relative } from "node:path";
import { formatProblem, locate } from "../../core/language/format-problem.js";
import { GraphError } from "../../core/problem.js";
import type { Problem } from "../../core/problem.js";
import { UsageError } from "../usage-error.js";
import { exitCodes } from "./exit-codes.js";
import { sourceStack } from "./source-stack.js";

/** How to tell of a failure. */
export interface ReportOptions {
  /** Problems as JSON on the standard output. */
  readonly json?: boolean;
  /** The whole stack of a failure of the run itself. */
  readonly stack?: boolean;
}

/** Tells the user what went wrong and gives the exit code: 2 where nothing ran, 3 for a broken contract, else 1. */
export function reportProblems(error: unknown, options: ReportOptions = {}): number {
  if (error instanceof GraphError) {
    if (options.json)
      process.stdout.write(
        `${JSON.stringify({ problems: error.problems.map((p) => asJson(p, error.sources)) }, undefined, 2)}\n`,
      );
    else process.stderr.write(`${asText(error)}\n`);
    return exitCodes.usage;
  }
  const message = error instanceof Error ? error.message : String(error);
  if (options.json) process.stdout.write(`${JSON.stringify({ error: message }, undefined, 2)}\n`);
  else process.stderr.write(`graph: ${options.stack ? stackOf(error) : message}\n`);
  if (error instanceof UsageError) return exitCodes.usage;
  return isBrokenContract(error) ? exitCodes.verification : exitCodes.failed;
}

/** By its name: the class lies with what runs graphs, which verbs that only read do without. */
function isBrokenContract(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === "BrokenContract" || isBrokenContract(error.cause);
}

function asText({ problems, sources }: GraphError): string {
  const color = Boolean(process.stderr.isTTY) && !process.env["NO_COLOR"];
  const count = `${problems.length} ${problems.length === 1 ? "mistake" : "mistakes"}; nothing ran`;
  return [...problems.map((problem) => formatProblem(problem, sources, { relativeTo: near, color })), count].join("\n\n");
}

function asJson(problem: Problem, sources: ReadonlyMap<string, string>): object {
  const place = (at: Problem["at"]): object => (at ? { ...at, ...locate(sources.get(at.file) ?? "", at.start) } : {});
  return {
    ...problem,
    ...(problem.at ? { at: place(problem.at) } : {}),
    notes: problem.notes?.map((note) => ({ ...note, at: place(note.at) })),
  };
}

function near(file: string): string {
  const path = relative(process.cwd(), file);
  return path === "" || path.startsWith("..") ? file : path;
}

/** The stack, and those of its causes. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? "" : `\ncaused by ${stackOf(error.cause)}`;
  return `${sourceStack(error)}${cause}`;
}
