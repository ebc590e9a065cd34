import type { Span } from "../problem.js";
import type { Problems } from "./problems.js";
import type { Entry, List, Scalar, Table, Value } from "./value.js";
import { nameValue } from "./value.js";
import { listing, nearest, quote, suggest } from "./words.js";

/** The entries of a map by key; keys outside `known` become problems. `what` names the map, e.g. `node "dit"`. */
export function readFields(table: Table, known: readonly string[], what: string, problems: Problems): ReadonlyMap<string, Entry> {
  const allowed = new Set(known);
  const fields = new Map<string, Entry>();
  for (const entry of table.entries) {
    if (allowed.has(entry.key)) fields.set(entry.key, entry);
    else
      problems.add(
        "G104",
        `${what}: unknown key ${quote(entry.key)}`,
        entry.keyAt,
        suggest(entry.key, known, `keys here: ${listing(known, 12)}`),
      );
  }
  return fields;
}

/** Reports that a required key is missing, unless a key is there that was probably meant to be it: one mistake is told once. */
export function reportMissing(
  table: Table,
  key: string,
  missing: { readonly message: string; readonly at: Span; readonly cure: string },
  problems: Problems,
): void {
  const meant = table.entries.some((entry) => entry.key !== key && nearest(entry.key, [key]).length > 0);
  if (!meant) problems.add("G107", missing.message, missing.at, { cure: missing.cure });
}

/** The value as a map; nothing at all counts as an empty one. */
export function asTable(value: Value, what: string, problems: Problems): Table | undefined {
  if (value.kind === "table") return value;
  if (isNothing(value)) return { kind: "table", entries: [], at: value.at };
  return refuse(value, `${what}: expected a map, got ${nameValue(value)}`, problems);
}

/** The value as a list. */
export function asList(value: Value, what: string, cure: string, problems: Problems): List | undefined {
  return value.kind === "list" ? value : refuse(value, `${what}: expected a list, got ${nameValue(value)}`, problems, cure);
}

/** The value as a text that is not empty. */
export function asText(value: Value, what: string, problems: Problems): TextScalar | undefined {
  if (isText(value) && value.value !== "") return value;
  return refuse(value, `${what}: expected a text, got ${nameValue(value)}`, problems);
}

/** The value as a whole number from `low` to `high`. */
export function asInteger(value: Value, what: string, low: number, high: number, problems: Problems): number | undefined {
  const found = value.kind === "scalar" ? value.value : undefined;
  if (typeof found === "number" && Number.isInteger(found) && found >= low && found <= high) return found;
  const range = high === Number.MAX_SAFE_INTEGER ? `of at least ${low}` : `from ${low} to ${high}`;
  return refuse(value, `${what}: expected a whole number ${range}, got ${nameValue(value)}`, problems);
}

/** A scalar that is a text. */
export type TextScalar = Scalar & { readonly value: string };

export function isText(value: Value): value is TextScalar {
  return value.kind === "scalar" && typeof value.value === "string";
}

export function isNothing(value: Value): boolean {
  return value.kind === "scalar" && value.value === null;
}

/** Reports a name that is not letters, digits, `_` and `-`, the first a letter or `_`; true if it is fine. */
export function checkName(name: string, at: Span, what: string, problems: Problems, pattern = simpleName): boolean {
  if (pattern.test(name)) return true;
  problems.add("G108", `${quote(name)} is no name for ${what}`, at, { cure: "use letters, digits, _ and -, a letter first" });
  return false;
}

export const simpleName = /^[A-Za-z_][\w-]*$/;
/** Nodes of an include carry its name before a slash. */
export const nodeName = /^[A-Za-z_][\w-]*(\/[A-Za-z_][\w-]*)*$/;

function refuse(value: Value, message: string, problems: Problems, cure?: string): undefined {
  if (value.kind !== "broken") problems.add("G106", message, value.at, cure === undefined ? {} : { cure });
  return undefined;
}
