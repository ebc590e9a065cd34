import { asInteger, asTable, asText, readFields, reportMissing } from "./fields.js";
import { againKeys, plainNodeKeys } from "./keys.js";
import type { Problems } from "./problems.js";
import { readAgain } from "./read-again.js";
import type { NodeDraft, Scope, Wire } from "./scope.js";
import type { Entry, Value } from "./value.js";
import { entryOf, isBroken } from "./value.js";
import { quote } from "./words.js";

/** Reads one plain entry of `nodes`. What is wrong in it is reported and left undefined. */
export function readNode(entry: Entry, scope: Scope, problems: Problems): NodeDraft {
  const name = scope.prefix + entry.key;
  const what = `node ${quote(name)}`;
  const base = { kind: "node", name, at: entry.keyAt, scope, wires: [] } as const;
  const table = asTable(entry.value, what, problems);
  if (!table) return { ...base, wired: false, type: undefined, params: undefined };
  const repeats = entryOf(table, "again") !== undefined;
  const fields = readFields(table, repeats ? againKeys : plainNodeKeys, what, problems);
  const again = readAgain(fields.get("again"), scope.prefix, what, problems);
  const type = fields.get("type");
  if (!type && !repeats) {
    const cure = "add type: family.name, or use: ./file.yaml";
    reportMissing(table, "type", { message: `${what} has no type`, at: entry.keyAt, cure }, problems);
  }
  const typeText = type && asText(type.value, `${what}: type`, problems);
  const params = fields.get("params");
  const paramsTable = params
    ? asTable(params.value, `${what}: params`, problems)
    : { kind: "table" as const, entries: [], at: entry.keyAt };
  const wires = fields.get("in");
  const read = wires ? readWires(wires.value, `${what}: in`, problems) : [];
  const note = fields.get("note");
  const cache = readCache(fields.get("cache"), what, problems);
  const noteText = note && asText(note.value, `${what}: note`, problems);
  return {
    ...base,
    wires: read ?? [],
    wired: read !== undefined,
    type: typeText && { text: typeText.value, at: typeText.at },
    params: paramsTable && isBroken(paramsTable) ? undefined : paramsTable,
    ...(noteText ? { note: noteText.value } : {}),
    ...(again ? { again: { ...again, implied: false } } : {}),
    ...(cache ? { cache } : {}),
    ...readStart(fields.get("from"), what, problems),
    ...readUpdates(fields.get("updates"), what, problems),
  };
}

function readStart(entry: Entry | undefined, what: string, problems: Problems): Pick<NodeDraft, "from"> {
  const step = entry && asInteger(entry.value, `${what}: from`, 0, Number.MAX_SAFE_INTEGER, problems);
  return entry && step !== undefined && step > 0 ? { from: { step, at: entry.value.at } } : {};
}

function readUpdates(entry: Entry | undefined, what: string, problems: Problems): Pick<NodeDraft, "updates"> {
  const count = entry && asInteger(entry.value, `${what}: updates`, 1, 1000, problems);
  return entry && count !== undefined ? { updates: { count, at: entry.value.at } } : {};
}

function readCache(entry: Entry | undefined, what: string, problems: Problems): NodeDraft["cache"] {
  const text = entry && asText(entry.value, `${what}: cache`, problems);
  if (!text) return undefined;
  if (text.value === "disk") return { value: "disk", at: text.at };
  problems.add("G106", `${what}: cache: expected disk, got ${quote(text.value)}`, text.at, { cure: "write cache: disk" });
  return undefined;
}

/** Reads a map of port to reference; undefined where it is none. */
export function readWires(value: Value, what: string, problems: Problems): Wire[] | undefined {
  return asTable(value, what, problems)?.entries.map(({ key, keyAt, value: ref }): Wire => {
    const text = asText(ref, `${what}.${key}`, problems);
    return { port: key, portAt: keyAt, ref: text?.value, at: ref.at };
  });
}
