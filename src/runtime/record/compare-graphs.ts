import { parse } from "../../core/language/parse.js";
import { silent } from "../../core/language/problems.js";
import type { Value } from "../../core/language/value.js";

/** How a graph differs from the one that a run began with. */
export interface GraphChanges {
  /** What may change on a resume: lengths, cadences, output. One line each, `phases.train.steps: 400 -> 800`. */
  readonly allowed: readonly string[];
  /** What would make it another run. */
  readonly refused: readonly string[];
}

/** Compares two resolved graphs by their YAML text, value by value. */
export function compareGraphs(before: string, after: string): GraphChanges {
  const old = leaves(before);
  const now = leaves(after);
  const allowed: string[] = [];
  const refused: string[] = [];
  for (const path of new Set([...old.keys(), ...now.keys()])) {
    const was = old.get(path);
    const is = now.get(path);
    if (was === is) continue;
    const line = `${path.split("\n").join(".")}: ${was ?? "(none)"} -> ${is ?? "(none)"}`;
    (mayChange(path.split("\n"), now) ? allowed : refused).push(line);
  }
  return { allowed, refused };
}

function mayChange(path: readonly string[], graph: ReadonlyMap<string, string>): boolean {
  const [top, name, key] = path;
  if (top === "name" || top === "note" || top === "vars" || top === "expect" || top === "sweep" || top === "report") return true;
  if (top === "phases") return ["log", "steps", "every", "checkpoint", "keep"].includes(key ?? "");
  if (top !== "nodes") return false;
  const type = graph.get(["nodes", name, "type"].join("\n")) ?? "";
  return key === "note" || (key === "params" && type.startsWith('"out.'));
}

/** Every scalar and list of a YAML text as JSON, by its path, parts separated by line breaks. */
function leaves(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const visit = (value: Value, path: readonly string[]): void => {
    if (value.kind === "table") for (const entry of value.entries) visit(entry.value, [...path, entry.key]);
    else found.set(path.join("\n"), JSON.stringify(plain(value)));
  };
  const root = parse(text, { file: "resolved.yaml", offset: 0 }, silent);
  if (root) visit(root, []);
  return found;
}

function plain(value: Value): unknown {
  if (value.kind === "scalar") return value.value;
  if (value.kind === "list") return value.items.map(plain);
  if (value.kind === "table") return Object.fromEntries(value.entries.map((entry) => [entry.key, plain(entry.value)]));
  return undefined;
}
