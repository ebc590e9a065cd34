import type { Span } from "../problem.js";
import type { BoundNode } from "./bind-nodes.js";
import type { Entry, Value } from "./value.js";

/** Where a value of the resolved graph was written, and where the variable that brought it there was. */
export interface Origin {
  readonly at: Span;
  readonly from?: Span;
}

/** The key of a path in the resolved graph. */
export function originKey(path: readonly (string | number)[]): string {
  return path.join("\n");
}

/** Origins by key, of all that a graph's files and overrides say: head, types, params, inputs, phases. What is not there is a default. */
export function originsOf(fields: ReadonlyMap<string, Entry>, nodes: readonly BoundNode[]): ReadonlyMap<string, Origin> {
  const origins = new Map<string, Origin>();
  const note = (value: Value, path: readonly (string | number)[]): void => {
    const from = value.kind === "scalar" ? value.origin : undefined;
    const moved = from !== undefined && (from.file !== value.at.file || from.start !== value.at.start);
    origins.set(originKey(path), moved ? { at: value.at, from } : { at: value.at });
    if (value.kind === "table") for (const entry of value.entries) note(entry.value, [...path, entry.key]);
    if (value.kind === "list") value.items.forEach((item, i) => note(item, [...path, i]));
  };
  for (const key of ["name", "note", "seed", "phases"]) {
    const entry = fields.get(key);
    if (entry) note(entry.value, [key]);
  }
  for (const { draft } of nodes) {
    const path = ["nodes", draft.name];
    origins.set(originKey(path), { at: draft.at });
    if (draft.type) origins.set(originKey([...path, "type"]), { at: draft.type.at });
    if (draft.params) note(draft.params, [...path, "params"]);
    for (const wire of draft.wires) origins.set(originKey([...path, "in", wire.port]), { at: wire.at });
  }
  return origins;
}
