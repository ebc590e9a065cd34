import type { Override, PathPart } from "./override-text.js";
import type { Problems } from "./problems.js";
import { graphKeys } from "./keys.js";
import type { Entry, Table, Value } from "./value.js";
import { entryOf, nameValue } from "./value.js";
import { listing, quote, suggest } from "./words.js";

type Path = readonly [PathPart, ...PathPart[]];

/**
 * An overlay file as the overrides that it stands for: what it gives is set, maps merged into those of the graph; a node with `type` or
 * `use`, or a phase with `run`, that the graph lacks is added; `name: ~` removes. `root` is the graph's map, `added` the names that
 * overlays before this one added to a group; it grows.
 */
export function overlayOverrides(overlay: Table, root: Table, added: Set<string>, problems: Problems): Override[] {
  const sets: Override[] = [];
  const removals: Override[] = [];
  for (const entry of overlay.entries) {
    const { key, value } = entry;
    if (!graphKeys.includes(key))
      problems.add(
        "G104",
        `overlay: unknown key ${quote(key)}`,
        entry.keyAt,
        suggest(key, graphKeys, `keys here: ${listing(graphKeys)}`),
      );
    else if (key !== "nodes" && key !== "phases" && key !== "vars") sets.push(override("set", [part(entry)], value));
    else if (value.kind !== "table") {
      if (!isNull(value)) problems.add("G106", `overlay: ${key}: expected a map, got ${nameValue(value)}`, value.at);
    } else for (const member of value.entries) readMember(entry, member, root, added, sets, removals);
  }
  // Readers usually stand below what they read, and must go first.
  return [...sets, ...removals.reverse()];
}

function readMember(group: Entry, member: Entry, root: Table, added: Set<string>, sets: Override[], removals: Override[]): void {
  const path: Path = [part(group), part(member)];
  const name = `${group.key}.${member.key}`;
  const table = entryOf(root, group.key)?.value;
  const there = added.has(name) || (table?.kind === "table" && entryOf(table, member.key) !== undefined);
  const inside = group.key === "nodes" && member.key.includes("/");
  const marks = group.key === "nodes" ? ["type", "use"] : ["run"];
  const whole =
    member.value.kind === "table" && marks.some((mark) => member.value.kind === "table" && entryOf(member.value, mark));
  if (isNull(member.value)) removals.push(override("remove", path));
  else if (group.key === "vars") sets.push(override("set", path, member.value));
  else if (!there && whole) {
    added.add(name);
    sets.push(override("add", path, member.value));
    // What neither the graph has nor the overlay completes is told once, by the name.
  } else if (!there && !inside) sets.push(override("set", path, member.value));
  else sets.push(...leaves(path, member.value));
}

/** One override for each value below a map. */
function leaves(path: Path, value: Value): Override[] {
  if (isNull(value) && path.length > 2) return [override("remove", path)];
  if (value.kind !== "table") return [override("set", path, value)];
  return value.entries.flatMap((entry) => leaves([...path, part(entry)], entry.value));
}

function part({ key, keyAt }: Entry): PathPart {
  return { text: key, at: keyAt };
}

function override(op: "remove", path: Path): Override;
function override(op: "set" | "add", path: Path, value: Value): Override;
function override(op: Override["op"], path: Path, value?: Value): Override {
  const name = path.map(({ text }) => text).join(".");
  const at = path.at(-1)?.at ?? path[0].at;
  if (op === "remove" || value === undefined) return { op: "remove", path, at, text: `~${name}` };
  return { op, path, at, text: op === "add" ? `+${name}` : name, value };
}

function isNull(value: Value): boolean {
  return value.kind === "scalar" && value.value === null;
}
