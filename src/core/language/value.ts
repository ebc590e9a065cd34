import type { Span } from "../problem.js";
import { quote } from "./words.js";

/** A single value of a graph file. */
export interface Scalar {
  readonly kind: "scalar";
  readonly value: null | boolean | number | string;
  readonly at: Span;
  /** Where the text was written, if a variable brought it here: relative paths count from that file. */
  readonly origin?: Span;
  /** Offset in the file of the text's first letter, where the file has the text letter by letter. */
  readonly textAt?: number;
}

/** A list of a graph file. */
export interface List {
  readonly kind: "list";
  readonly items: readonly Value[];
  readonly at: Span;
}

/** A map of a graph file, in the file's order, each key once. */
export interface Table {
  readonly kind: "table";
  readonly entries: readonly Entry[];
  readonly at: Span;
}

export interface Entry {
  readonly key: string;
  readonly keyAt: Span;
  readonly value: Value;
}

/** A value whose mistake is already reported: whoever meets it stays silent. */
export interface Broken {
  readonly kind: "broken";
  readonly at: Span;
}

/** A value with its place in the file; values never change. */
export type Value = Scalar | List | Table | Broken;

/** The entry of a key. */
export function entryOf(table: Table | undefined, key: string): Entry | undefined {
  return table?.entries.find((entry) => entry.key === key);
}

/** True where a value or any part of it is broken. */
export function isBroken(value: Value): boolean {
  switch (value.kind) {
    case "broken":
      return true;
    case "list":
      return value.items.some(isBroken);
    case "table":
      return value.entries.some((entry) => isBroken(entry.value));
    default:
      return false;
  }
}

/** What a value is, for messages: `"768" (a string)`, `12`, `a list`, `nothing`. */
export function nameValue(value: Value): string {
  if (value.kind === "list") return "a list";
  if (value.kind === "table") return "a map";
  if (value.kind === "broken" || value.value === null) return "nothing";
  return typeof value.value === "string" ? `${quote(value.value)} (a string)` : String(value.value);
}

/** The part of a scalar's text from `from` to `to`, or all of it where the file spells the text in another way. */
export function partOf(scalar: Scalar, from: number, to: number): Span {
  const { at, textAt } = scalar;
  return textAt === undefined ? at : { file: at.file, start: textAt + from, end: textAt + to };
}
