import type { Json } from "../define-node.js";
import type { Sweep, SweepAxis } from "../experiment.js";
import { asInteger, asList, asTable, readFields, reportMissing } from "./fields.js";
import type { Problems } from "./problems.js";
import type { Entry, Table, Value } from "./value.js";
import { isBroken } from "./value.js";
import { quote } from "./words.js";

/** Keys of `sweep`. */
const sweepKeys = ["over", "seeds"] as const;

/**
 * Reads `sweep: { over: { dit.width: [384, 768] }, seeds: 3 }`; mistakes are reported, and undefined stands for no sweep. A map in the place of
 * a list names settings of several params each.
 */
export function readSweep(entry: Entry | undefined, problems: Problems): Sweep | undefined {
  const table = entry && asTable(entry.value, "sweep", problems);
  if (!table) return undefined;
  const fields = readFields(table, sweepKeys, "sweep", problems);
  const seeds = fields.get("seeds");
  const count = seeds ? asInteger(seeds.value, "sweep: seeds", 1, 1000, problems) : 1;
  const over = fields.get("over");
  if (!over && !seeds) {
    const cure = "add over: { node.param: [first, second] }";
    reportMissing(table, "over", { message: "sweep varies nothing", at: entry.keyAt, cure }, problems);
  }
  const entries = (over && asTable(over.value, "sweep: over", problems))?.entries ?? [];
  const axes = entries.flatMap((axis) => readAxis(axis, problems));
  return { axes, seeds: count ?? 1 };
}

function readAxis({ key, keyAt, value }: Entry, problems: Problems): SweepAxis[] {
  if (!isPath(key)) {
    const cure = key === "seed" ? "write sweep: { seeds: 3 }" : "write node.param as overrides do";
    problems.add("G108", `${quote(key)} is nothing that a sweep can vary`, keyAt, { cure });
    return [];
  }
  if (value.kind === "table") return readNamed(key, value, problems);
  const list = asList(value, `sweep: over.${key}`, `write ${key}: [first, second]`, problems);
  if (!list || isBroken(list)) return [];
  if (list.items.length === 0) {
    problems.add("G106", `sweep: over.${key}: expected values, got an empty list`, value.at, { cure: "give at least one value" });
    return [];
  }
  return [{ path: key, values: list.items.map(plainValue) }];
}

/** `size: { small: { dit.depth: 2, dit.width: 64 }, large: … }`: names that stand for several params each. */
function readNamed(key: string, table: Table, problems: Problems): SweepAxis[] {
  if (isBroken(table)) return [];
  const sets: Record<string, Record<string, Json>> = {};
  for (const { key: name, value, keyAt } of table.entries) {
    const set = asTable(value, `sweep: over.${key}.${name}`, problems);
    if (!set) continue;
    for (const { key: path, keyAt: at } of set.entries)
      if (!isPath(path))
        problems.add("G108", `${quote(path)} is nothing that a sweep can set`, at, { cure: "write node.param as overrides do" });
    if (name.includes(","))
      problems.add("G108", `${quote(name)} is no name for a setting`, keyAt, { cure: "leave commas out: they part axes" });
    sets[name] = Object.fromEntries(set.entries.map((entry) => [entry.key, plainValue(entry.value)]));
  }
  if (table.entries.length === 0)
    problems.add("G106", `sweep: over.${key}: expected settings, got an empty map`, table.at, { cure: "give at least one" });
  const values = table.entries.map((entry) => entry.key).filter((name) => Object.hasOwn(sets, name));
  return values.length > 0 ? [{ path: key, values, sets }] : [];
}

function isPath(text: string): boolean {
  return /^[\w/-]+(\.[\w/-]+)*$/.test(text) && text !== "seed";
}

/** A value as plain data. */
export function plainValue(value: Value): Json {
  if (value.kind === "list") return value.items.map(plainValue);
  if (value.kind === "table") return Object.fromEntries(value.entries.map((entry) => [entry.key, plainValue(entry.value)]));
  return value.kind === "scalar" ? value.value : null;
}
