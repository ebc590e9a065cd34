import type { Contract, PortRef } from "../graph.js";
import type { BoundNode } from "./bind-nodes.js";
import { asList, asTable, readFields } from "./fields.js";
import type { Problems } from "./problems.js";
import { resolveReference } from "./resolve-reference.js";
import type { Scope } from "./scope.js";
import type { Entry, Value } from "./value.js";
import { isBroken, nameValue } from "./value.js";
import { quote } from "./words.js";

/** Keys of a contract. */
const contractKeys = ["finite", "range"] as const;

/** Reads `expect: { dit.velocity: { finite: true, range: [-8, 8] } }`; mistakes are reported at their places. */
export function readExpect(
  entry: Entry | undefined,
  scope: Scope,
  nodes: readonly BoundNode[],
  problems: Problems,
): readonly Contract[] {
  const table = entry && asTable(entry.value, "expect", problems);
  const byName = new Map(nodes.map((node) => [node.draft.name, node]));
  const lookup = { nodes: byName, problems, circles: problems, told: new Set<string>() };
  return (table?.entries ?? []).flatMap(({ key, keyAt, value }) => {
    const producer = resolveReference(scope, { port: key, portAt: keyAt, ref: key, at: keyAt }, lookup);
    const promise = readPromise(key, value, problems);
    if (!producer || !promise) return [];
    const { node, port, variant } = producer;
    const spec = node.def.outputs[port];
    if (spec?.kind !== "tensor" || variant) {
      const carried = `${quote(key)} carries ${spec?.spec ?? "nothing"}`;
      problems.add("G304", `expect: ${carried}, and a contract is about numbers`, keyAt, { cure: "name a tensor port" });
      return [];
    }
    const edge: PortRef = { node: node.draft.name, port };
    return [{ edge, at: keyAt, ...promise }];
  });
}

function readPromise(key: string, value: Value, problems: Problems): Pick<Contract, "finite" | "range"> | undefined {
  const what = `expect: ${key}`;
  const table = asTable(value, what, problems);
  if (!table) return undefined;
  const fields = readFields(table, contractKeys, what, problems);
  if (table.entries.length === 0 && !isBroken(table)) {
    problems.add("G106", `${what} expects nothing`, value.at, { cure: "write { finite: true, range: [-8, 8] }, or one of them" });
    return undefined;
  }
  const finite = readFlag(fields.get("finite"), what, problems);
  const range = readRange(fields.get("range"), what, problems);
  return { ...(finite === undefined ? {} : { finite }), ...(range ? { range } : {}) };
}

function readFlag(entry: Entry | undefined, what: string, problems: Problems): boolean | undefined {
  const value = entry?.value;
  if (!value || value.kind === "broken") return undefined;
  if (value.kind === "scalar" && typeof value.value === "boolean") return value.value;
  problems.add("G106", `${what}: finite: expected true or false, got ${nameValue(value)}`, value.at);
  return undefined;
}

function readRange(entry: Entry | undefined, what: string, problems: Problems): readonly [number, number] | undefined {
  const cure = "write range: [-8, 8]";
  const list = entry && asList(entry.value, `${what}: range`, cure, problems);
  if (!list || isBroken(list)) return undefined;
  const numbers = list.items.map((item) => (item.kind === "scalar" && typeof item.value === "number" ? item.value : NaN));
  const [low = NaN, high = NaN] = numbers;
  if (numbers.length === 2 && low <= high) return [low, high];
  problems.add("G106", `${what}: range: expected the least and the largest number`, list.at, { cure });
  return undefined;
}
