import type { ExpandedFile } from "./expansion.js";
import { asInteger, asText, reportMissing } from "./fields.js";
import type { Problems } from "./problems.js";
import type { GraphHead } from "./resolved-text.js";
import { quote } from "./words.js";

const largestSeed = 2 ** 32 - 1;

/** Reads name, note and seed. The name also names the run's folder, so it is one path segment. */
export function readHead({ fields, root, scope }: ExpandedFile, problems: Problems): GraphHead {
  const name = fields.get("name");
  const at = { file: scope.file, start: 0, end: 0 };
  if (!name) reportMissing(root, "name", { message: "the graph has no name", at, cure: "add name: my-graph" }, problems);
  const text = name && asText(name.value, "name", problems);
  if (text && !/^[A-Za-z0-9_][\w.-]{0,99}$/.test(text.value))
    problems.add("G108", `${quote(text.value)} is no name for a graph`, text.at, {
      cure: "use letters, digits, _, - and ., no spaces: it names the run's folder",
    });
  const seed = fields.get("seed");
  const note = fields.get("note");
  const noteText = note && asText(note.value, "note", problems);
  return {
    name: text?.value ?? "",
    seed: (seed && asInteger(seed.value, "seed", 0, largestSeed, problems)) ?? 0,
    ...(noteText ? { note: noteText.value } : {}),
  };
}
