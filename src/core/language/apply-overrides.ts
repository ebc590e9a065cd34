import { edit } from "./edit.js";
import { isText } from "./fields.js";
import { graphKeys, nodeKeys } from "./keys.js";
import type { Override, PathPart } from "./override-text.js";
import type { Problems } from "./problems.js";
import { parseReference } from "./reference.js";
import type { Table, Value } from "./value.js";
import { entryOf } from "./value.js";
import { listing, quote, suggest } from "./words.js";

/** A file's map with the overrides that address it carried out, and those that address the files it includes, by include. */
export interface Overridden {
  readonly root: Table;
  readonly inner: ReadonlyMap<string, readonly Override[]>;
}

/** Carries overrides out from left to right, before variables are resolved. */
export function applyOverrides(file: Table, overrides: readonly Override[], problems: Problems): Overridden {
  const inner = new Map<string, Override[]>();
  let root = file;
  for (const override of overrides) {
    const target = findTarget(root, override, problems);
    if (target?.kind === "inside") inner.set(target.include, [...(inner.get(target.include) ?? []), target.override]);
    else if (target && mayRemove(root, target.path, override, problems)) {
      const changed = edit(root, target.path, override, problems);
      if (changed.kind === "table") root = changed;
    }
  }
  return { root, inner };
}

type Target = { kind: "here"; path: readonly PathPart[] } | { kind: "inside"; include: string; override: Override };

/** The full path of what an override means: `dit.depth` is `nodes.dit.params.depth`. */
function findTarget(root: Table, override: Override, problems: Problems): Target | undefined {
  const [head, ...rest] = override.path;
  const here = (...path: PathPart[]): Target => ({ kind: "here", path });
  const named = (text: string): PathPart => ({ text, at: head.at });
  if (head.text === "nodes" && rest.length > 0) return findNode(root, rest, head, override, problems);
  if (["seed", "name", "note", "plugins", "expect"].includes(head.text) && rest.length === 0) return here(head);
  if (head.text === "sweep" || head.text === "report") return here(head, ...rest);
  if ((head.text === "vars" || head.text === "phases") && rest[0]) {
    const table = tableOf(root, head.text);
    if (override.op === "set" && rest.length === 1 && !entryOf(table, rest[0].text) && head.text === "vars")
      return missing(override, rest[0], "variable", keysOf(table), problems);
    if (head.text === "phases" && (override.op === "set" || rest.length > 1) && !entryOf(table, rest[0].text))
      return missing(override, rest[0], "phase", keysOf(table), problems);
    return here(head, ...rest);
  }
  const nodes = tableOf(root, "nodes");
  const phases = tableOf(root, "phases");
  if (entryOf(nodes, head.text) || head.text.includes("/"))
    return findNode(root, [head, ...rest], named("nodes"), override, problems);
  if (entryOf(phases, head.text)) return here(named("phases"), head, ...rest);
  if (override.op === "add" && rest.length === 0) {
    problems.add("G510", `override ${quote(override.text)} does not say what it adds to`, override.at, {
      cure: `write +nodes.${override.text.slice(1)}`,
    });
    return undefined;
  }
  return missing(override, head, "node or phase", [...keysOf(nodes), ...keysOf(phases)], problems, graphKeys);
}

function findNode(
  root: Table,
  path: readonly PathPart[],
  head: PathPart,
  override: Override,
  problems: Problems,
): Target | undefined {
  const [name, ...rest] = path;
  if (!name) return undefined;
  const nodes = tableOf(root, "nodes");
  const node = entryOf(nodes, name.text);
  if (node) {
    const including = entryOf(asMap(node.value), "use") !== undefined;
    const short = rest[0] && !nodeKeys.includes(rest[0].text);
    const group: PathPart[] = short ? [{ text: including ? "vars" : "params", at: name.at }] : [];
    return { kind: "here", path: [head, name, ...group, ...rest] };
  }
  const slash = name.text.indexOf("/");
  const outer = slash > 0 ? entryOf(nodes, name.text.slice(0, slash)) : undefined;
  if (outer && entryOf(asMap(outer.value), "use")) {
    const innerName: PathPart = { text: name.text.slice(slash + 1), at: { ...name.at, start: name.at.start + slash + 1 } };
    return {
      kind: "inside",
      include: outer.key,
      override: { ...override, path: [{ text: "nodes", at: head.at }, innerName, ...rest] },
    };
  }
  if (override.op === "add" && rest.length === 0) return { kind: "here", path: [head, name] };
  return missing(override, name, "node", keysOf(nodes), problems);
}

function missing(
  override: Override,
  part: PathPart,
  what: string,
  known: readonly string[],
  problems: Problems,
  also: readonly string[] = [],
): undefined {
  const extras = suggest(part.text, [...known, ...also], known.length > 0 ? `there are ${listing(known, 12)}` : undefined);
  problems.add("G511", `override ${quote(override.text)}: no ${what} ${quote(part.text)}`, part.at, extras);
  return undefined;
}

/** False, and reported with its readers, where a node that is still read or run would go. */
function mayRemove(root: Table, path: readonly PathPart[], override: Override, problems: Problems): boolean {
  const [head, name, ...rest] = path;
  if (override.op !== "remove" || head?.text !== "nodes" || !name || rest.length > 0) return true;
  const readers = [...readersOf(root, name.text)];
  if (readers.length === 0) return true;
  const message = `override ${quote(override.text)}: ${quote(name.text)} is still read by ${listing(readers.map(quote))}`;
  problems.add("G513", message, override.at, { cure: "remove or change those first, to the left of it" });
  return false;
}

/** Names of nodes that read a node, of phases that run it, and of outputs that it gives. */
function* readersOf(root: Table, name: string): Iterable<string> {
  const reads = (value: Value): boolean => isText(value) && parseReference(value.value)?.node === name;
  for (const { key, value } of tableOf(root, "nodes")?.entries ?? [])
    if (key !== name && asMap(entryOf(asMap(value), "in")?.value)?.entries.some((entry) => reads(entry.value))) yield key;
  for (const { key, value } of tableOf(root, "outputs")?.entries ?? []) if (reads(value)) yield `outputs.${key}`;
  for (const { key, value } of tableOf(root, "phases")?.entries ?? []) {
    const run = entryOf(asMap(value), "run")?.value;
    const runs = (item: Value): boolean => isText(item) && (item.value === name || item.value.startsWith(`${name}/`));
    const log = entryOf(asMap(value), "log")?.value;
    if ((run?.kind === "list" && run.items.some(runs)) || (log?.kind === "list" && log.items.some(reads))) yield `phases.${key}`;
  }
}

function tableOf(root: Table, key: string): Table | undefined {
  return asMap(entryOf(root, key)?.value);
}

function asMap(value: Value | undefined): Table | undefined {
  return value?.kind === "table" ? value : undefined;
}

function keysOf(table: Table | undefined): string[] {
  return table?.entries.map((entry) => entry.key) ?? [];
}
