import type { Problems } from "./problems.js";
import type { Override, PathPart } from "./override-text.js";
import type { Entry, List, Table, Value } from "./value.js";
import { entryOf, nameValue } from "./value.js";
import { quote, suggest } from "./words.js";

/** A value with an override carried out at `path` below it; maps on the way are made as needed. Mistakes leave the value as it is. */
export function edit(value: Value, path: readonly PathPart[], override: Override, problems: Problems): Value {
  const [step, ...rest] = path;
  if (!step) return override.op === "remove" ? value : override.value;
  if (value.kind === "list") return editItem(value, step, rest, override, problems);
  if (value.kind === "table") return editEntry(value, step, rest, override, problems);
  if (value.kind === "scalar" && value.value === null)
    return editEntry({ kind: "table", entries: [], at: value.at }, step, rest, override, problems);
  problems.add("G511", `override ${quote(override.text)}: there is no ${quote(step.text)} inside ${nameValue(value)}`, step.at);
  return value;
}

function editEntry(table: Table, step: PathPart, rest: readonly PathPart[], override: Override, problems: Problems): Table {
  const entry = entryOf(table, step.text);
  const last = rest.length === 0;
  if (last && override.op === "add" && entry) {
    const notes = [{ message: "it is here", at: entry.keyAt }];
    const cure = `to change it, write ${override.text.slice(1)}`;
    problems.add("G512", `override ${quote(override.text)}: ${quote(step.text)} is already there`, override.at, { notes, cure });
    return table;
  }
  if (override.op === "remove" && !entry) {
    const known = table.entries.map(({ key }) => key);
    problems.add(
      "G511",
      `override ${quote(override.text)}: there is no ${quote(step.text)} to remove`,
      step.at,
      suggest(step.text, known),
    );
    return table;
  }
  if (last && override.op === "remove") return { ...table, entries: table.entries.filter((other) => other !== entry) };
  const empty: Value = { kind: "scalar", value: null, at: override.at };
  const changed: Entry = { key: step.text, keyAt: step.at, value: edit(entry?.value ?? empty, rest, override, problems) };
  if (!entry) return { ...table, entries: [...table.entries, changed] };
  // What is merely inside keeps its own place in the file.
  const kept: Entry = last ? changed : { ...changed, keyAt: entry.keyAt };
  return { ...table, entries: table.entries.map((other) => (other === entry ? kept : other)) };
}

function editItem(list: List, step: PathPart, rest: readonly PathPart[], override: Override, problems: Problems): List {
  const index = /^\d+$/.test(step.text) ? Number(step.text) : -1;
  const item = list.items[index];
  if (!item || (rest.length === 0 && override.op !== "set")) {
    const cure = item ? "set the whole list" : `its items are 0 to ${list.items.length - 1}`;
    problems.add(
      "G511",
      `override ${quote(override.text)}: the list has no item ${quote(step.text)} to ${verbs[override.op]}`,
      step.at,
      { cure },
    );
    return list;
  }
  return { ...list, items: list.items.map((other, i) => (i === index ? edit(item, rest, override, problems) : other)) };
}

const verbs = { set: "set", add: "add to", remove: "remove" } as const;
