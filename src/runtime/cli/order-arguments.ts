import type { Command } from "commander";

/**
 * Puts the verb first, so that `graph --json check x.yaml` means `graph check --json x.yaml`. Options keep their order and values.
 * Words without a verb stay as they are.
 */
export function orderArguments(words: readonly string[], verbs: readonly Command[]): string[] {
  const names = new Map(verbs.map((verb) => [verb.name(), verb]));
  const withValue = new Set(
    verbs.flatMap((verb) =>
      verb.options.filter((option) => option.required).flatMap(({ long, short }) => [long ?? "", short ?? ""]),
    ),
  );
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (word === "--") break;
    if (word.startsWith("-")) {
      if (withValue.has(word)) i++;
      continue;
    }
    if (names.has(word)) return [word, ...words.slice(0, i), ...words.slice(i + 1)];
    break;
  }
  return [...words];
}
