import { GraphError } from "../problem.js";
import type { Problem, Span } from "../problem.js";
import type { ProblemCode } from "./problem-codes.js";

/** What a problem may carry besides its message and place. */
export type ProblemExtras = Pick<Problem, "notes" | "cure">;

/** Collects the problems of one check, so that independent checks all get their turn. */
export interface Problems {
  add(code: ProblemCode, message: string, at?: Span, extras?: ProblemExtras): void;
  count(): number;
}

/** A collector that also gives what it found. */
export interface ProblemList extends Problems {
  /** Throws them all as one GraphError, in the order of `files` and of the text; at most 20, then a count. Does nothing if there are none. */
  throwIfAny(sources: ReadonlyMap<string, string>): void;
}

/** Takes problems and forgets them: for a second look at what was reported before. */
export const silent: Problems = { add: () => undefined, count: () => 0 };

const shown = 20;
const kept = 2000;

/** An empty collector. */
export function createProblems(): ProblemList {
  const found: Problem[] = [];
  const told = new Set<string>();
  let count = 0;
  return {
    add(code, message, at, extras) {
      // A file that is included twice has each of its mistakes once.
      const key = `${code} ${at?.file} ${at?.start} ${message}`;
      if (told.has(key)) return;
      if (told.size < kept) told.add(key);
      count++;
      if (found.length < kept) found.push({ code, message, ...(at ? { at } : {}), ...extras });
    },
    count: () => count,
    throwIfAny(sources) {
      if (count === 0) return;
      const sorted = sortByPlace(found, [...sources.keys()]);
      const more = count - Math.min(shown, sorted.length);
      const first = sorted.slice(0, shown);
      const rest: Problem[] = more > 0 ? [{ code: "G100", message: `${more} more ${more === 1 ? "problem" : "problems"}` }] : [];
      throw new GraphError([...first, ...rest], sources);
    },
  };
}

function sortByPlace(problems: readonly Problem[], files: readonly string[]): Problem[] {
  const order = new Map(files.map((file, i) => [file, i]));
  const fileOf = ({ at }: Problem): number => (at ? (order.get(at.file) ?? files.length) : -1);
  return [...problems].sort((a, b) => fileOf(a) - fileOf(b) || (a.at?.start ?? 0) - (b.at?.start ?? 0));
}
