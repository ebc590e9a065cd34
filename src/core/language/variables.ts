import type { Span } from "../problem.js";
import { isText } from "./fields.js";
import { limits } from "./limits.js";
import type { Problems } from "./problems.js";
import type { Entry, Scalar, Value } from "./value.js";
import { nameValue, partOf } from "./value.js";
import { quote, suggest } from "./words.js";

/** Gives values with every `${vars.x}` in them replaced; mistakes become problems and broken values. */
export interface Variables {
  resolve(value: Value): Value;
}

/** What replacing may still add to a graph, shared by all its files: ends growth like that of nested doublings. */
export interface Growth {
  left: number;
}

/** The variables of one file. They may refer to each other; `given` are values from outside that replace its own. */
export function createVariables(
  declared: readonly Entry[],
  given: ReadonlyMap<string, Value>,
  growth: Growth,
  problems: Problems,
): Variables {
  const entries = new Map(declared.map((entry) => [entry.key, entry]));
  const done = new Map<string, Value>(given);
  const open: string[] = [];

  const lookUp = (name: string, at: Span): Value => {
    const known = done.get(name);
    if (known) return known;
    const entry = entries.get(name);
    const broken: Value = { kind: "broken", at };
    if (!entry) {
      problems.add("G109", `no variable ${quote(name)}`, at, suggest(name, entries.keys(), `declare it: vars: { ${name}: … }`));
      return broken;
    }
    if (open.length > limits.chain) {
      problems.add("G105", `over ${limits.chain} variables refer to each other`, at);
      return broken;
    }
    if (open.includes(name)) {
      const circle = [...open.slice(open.indexOf(name)), name];
      problems.add("G110", `variables refer to each other in a circle: ${circle.join(" -> ")}`, at, {
        cure: "give one of them a value",
      });
      for (const member of circle) done.set(member, broken);
      return broken;
    }
    open.push(name);
    const value = resolve(entry.value);
    open.pop();
    if (!done.has(name)) done.set(name, value);
    return done.get(name) ?? value;
  };

  const resolve = (value: Value): Value => {
    if (value.kind === "list") return { ...value, items: value.items.map(resolve) };
    if (value.kind === "table")
      return { ...value, entries: value.entries.map((entry) => ({ ...entry, value: resolve(entry.value) })) };
    return isText(value) && value.value.includes("${") ? resolveText(value, value.value) : value;
  };

  const resolveText = (scalar: Scalar, text: string): Value => {
    const pieces = [...text.matchAll(/\$\{([^}]*)\}?/g)];
    const values = pieces.map((match): Value => {
      const at = partOf(scalar, match.index, match.index + match[0].length);
      const name = referenceName(match[0], match[1] ?? "", at, entries, problems);
      return name === undefined ? { kind: "broken", at } : lookUp(name, at);
    });
    const [first] = values;
    if (!first || values.some((value) => value.kind === "broken")) return { kind: "broken", at: scalar.at };
    growth.left -= values.reduce((sum, value) => sum + sizeOf(value), 0);
    if (growth.left < 0) {
      if (growth.left > -Infinity) problems.add("G105", "variables make the graph too large", scalar.at, { cure: "repeat less" });
      growth.left = -Infinity;
      return { kind: "broken", at: scalar.at };
    }
    if (pieces[0]?.[0] === text) return moved(first, scalar.at);
    return join(scalar, text, pieces, values, problems);
  };

  for (const { key, keyAt, value } of declared) {
    if (value.kind === "table") problems.add("G106", `variable ${quote(key)}: expected one value or a list, got a map`, value.at);
    lookUp(key, keyAt);
  }
  return { resolve };
}

function referenceName(
  whole: string,
  inside: string,
  at: Span,
  known: ReadonlyMap<string, Entry>,
  problems: Problems,
): string | undefined {
  const name = /^vars\.([A-Za-z_][\w-]*)$/.exec(inside.trim())?.[1];
  if (name !== undefined && whole.endsWith("}")) return name;
  const cure = known.has(inside.trim()) ? `did you mean "\${vars.${inside.trim()}}"?` : "write ${vars.NAME}";
  problems.add("G111", `${quote(whole)} is no reference to a variable`, at, { cure });
  return undefined;
}

/** Puts variables into a text. A path that starts with a variable counts from where the variable was written. */
function join(
  scalar: Scalar,
  text: string,
  pieces: readonly RegExpMatchArray[],
  values: readonly Value[],
  problems: Problems,
): Value {
  let out = "";
  let from = 0;
  for (const [i, match] of pieces.entries()) {
    const value = values[i];
    if (value?.kind !== "scalar") {
      if (value) problems.add("G106", `${quote(match[0])} is ${nameValue(value)} and cannot stand inside a text`, scalar.at);
      return { kind: "broken", at: scalar.at };
    }
    out += text.slice(from, match.index) + String(value.value ?? "");
    from = (match.index ?? 0) + match[0].length;
  }
  out += text.slice(from);
  if (out.includes("${")) {
    problems.add("G111", `${quote(out)} still has a "\${" after its variables are put in`, scalar.at);
    return { kind: "broken", at: scalar.at };
  }
  const [first] = values;
  const origin = pieces[0]?.index === 0 && first?.kind === "scalar" ? (first.origin ?? first.at) : scalar.at;
  return { kind: "scalar", value: out, at: scalar.at, origin };
}

/** A variable's value at the place that uses it. */
function moved(value: Value, at: Span): Value {
  if (value.kind !== "scalar") return { ...value, at };
  return { kind: "scalar", value: value.value, at, origin: value.origin ?? value.at };
}

function sizeOf(value: Value): number {
  if (value.kind === "list") return value.items.reduce((sum, item) => sum + sizeOf(item), 1);
  if (value.kind === "table") return value.entries.reduce((sum, entry) => sum + sizeOf(entry.value), 1);
  return value.kind === "scalar" && typeof value.value === "string" ? value.value.length : 1;
}
