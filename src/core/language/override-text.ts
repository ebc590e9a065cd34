import type { Span } from "../problem.js";
import { parse } from "./parse.js";
import type { Problems } from "./problems.js";
import type { Value } from "./value.js";
import { quote } from "./words.js";

/** The name under which the overrides' text appears in problems. */
export const overrideFile = "<override>";

export interface PathPart {
  readonly text: string;
  readonly at: Span;
}

/** One override taken apart: `path=value`, `+path=value` or `~path`. */
export type Override = {
  readonly path: readonly [PathPart, ...PathPart[]];
  /** The whole override. */
  readonly at: Span;
  readonly text: string;
} & ({ readonly op: "set" | "add"; readonly value: Value } | { readonly op: "remove" });

/** Takes overrides apart, in their order; malformed ones become problems and are left out. Their common text has one on each line. */
export function parseOverrides(texts: readonly string[], problems: Problems): Override[] {
  let offset = 0;
  return texts.flatMap((text) => {
    const found = parseOverride(text, offset, problems);
    offset += text.length + 1;
    return found ? [found] : [];
  });
}

const form = "write key=value, +key=value to add, or ~key to remove";

function parseOverride(text: string, offset: number, problems: Problems): Override | undefined {
  const spanOf = (start: number, end: number): Span => ({ file: overrideFile, start: offset + start, end: offset + end });
  const at = spanOf(0, text.length);
  const op = text.startsWith("+") ? "add" : text.startsWith("~") ? "remove" : "set";
  const equals = text.indexOf("=");
  const pathStart = op === "set" ? 0 : 1;
  const path = splitPath(text.slice(pathStart, equals < 0 ? undefined : equals), (start, end) =>
    spanOf(pathStart + start, pathStart + end),
  );
  if (!path) {
    problems.add("G510", `override ${quote(text)} names no key`, at, { cure: form });
    return undefined;
  }
  if (op === "remove") {
    if (equals < 0) return { op, path, at, text };
    problems.add("G510", `override ${quote(text)}: a removal takes no value`, at, { cure: `write ${text.slice(0, equals)}` });
    return undefined;
  }
  if (equals < 0) {
    problems.add("G510", `override ${quote(text)} has no value`, at, { cure: form });
    return undefined;
  }
  const before = problems.count();
  const value = parse(text.slice(equals + 1), { file: overrideFile, offset: offset + equals + 1 }, problems);
  if (problems.count() > before) return undefined;
  return { op, path, at, text, value: value ?? { kind: "scalar", value: null, at: spanOf(equals, text.length) } };
}

function splitPath(text: string, spanOf: (start: number, end: number) => Span): [PathPart, ...PathPart[]] | undefined {
  let start = 0;
  const [first, ...rest] = text.split(".").map((part): PathPart => {
    const at = spanOf(start, start + part.length);
    start += part.length + 1;
    return { text: part, at };
  });
  if (!first || [first, ...rest].some((part) => !/^[\w/-]+$/.test(part.text))) return undefined;
  return [first, ...rest];
}
