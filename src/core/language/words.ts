import { nearNames } from "../near-names.js";

export { nearNames as nearest };

const longest = 60;

/** A name or text from a file, in quotes: control characters escaped, long texts cut. */
export function quote(text: string): string {
  return JSON.stringify(text.length > longest ? `${text.slice(0, longest)}…` : text);
}

/** `"a", "b" or "c"`. */
export function either(names: readonly string[]): string {
  return joined(names.map(quote), "or");
}

/** `a, b and c`; more than `limit` are counted. */
export function listing(names: readonly string[], limit = 8): string {
  if (names.length <= limit) return joined(names, "and");
  return `${names.slice(0, limit).join(", ")} and ${names.length - limit} more`;
}

/** `did you mean "depth"?`, or the names there are where none is near. Spread it into a problem. */
export function suggest(name: string, known: Iterable<string>, otherwise?: string): { readonly cure?: string } {
  const near = nearNames(name, known);
  if (near.length > 0) return { cure: `did you mean ${either(near)}?` };
  return otherwise === undefined ? {} : { cure: otherwise };
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `a, b or c`. */
export function joined(words: readonly string[], last: string): string {
  if (words.length <= 1) return words.join("");
  return `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1) ?? ""}`;
}
