import { nearNames } from "../near-names.js";

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
  const near = nearest(name, known);
  if (near.length > 0) return { cure: `did you mean ${either(near)}?` };
  return otherwise === undefined ? {} : { cure: otherwise };
}

/** Up to three known names that a misspelt one may mean; two letters in the wrong order count as the nearest mistake. */
export function nearest(name: string, known: Iterable<string>): string[] {
  const names = [...known];
  const swapped = names.filter((other) => isSwapped(name, other));
  return [...new Set([...swapped, ...nearNames(name.slice(0, 200), names)])].slice(0, 3);
}

/** True where two neighbouring letters are all that differs. */
function isSwapped(a: string, b: string): boolean {
  if (a.length !== b.length || a === b) return false;
  let i = 0;
  while (a[i] === b[i]) i++;
  return a[i] === b[i + 1] && a[i + 1] === b[i] && a.slice(i + 2) === b.slice(i + 2);
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function joined(words: readonly string[], last: string): string {
  if (words.length <= 1) return words.join("");
  return `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1) ?? ""}`;
}
