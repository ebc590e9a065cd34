import { distance } from "fastest-levenshtein";

/** A longer text is no misspelt name; comparing all of it would only take time. */
const longest = 200;

/**
 * Up to three names that a misspelt one may mean, nearest first: an equal name in other letters' case, then one with two
 * neighbouring letters swapped, then those within a distance of a third of its length.
 */
export function nearNames(name: string, known: Iterable<string>): string[] {
  const text = name.slice(0, longest);
  const limit = Math.max(1, Math.floor(text.length / 3));
  const ranked = [...new Set(known)].map((other) => ({ other, far: farness(text, other) }));
  return ranked
    .filter(({ far }) => far <= limit)
    .sort((a, b) => a.far - b.far || (a.other < b.other ? -1 : 1))
    .slice(0, 3)
    .map(({ other }) => other);
}

/** Letters to change; a swap of two neighbours is half a mistake, another case of the letters none. */
function farness(a: string, b: string): number {
  if (a.toLowerCase() === b.toLowerCase()) return 0;
  return isSwapped(a, b) ? 0.5 : distance(a, b);
}

/** True where two neighbouring letters are all that differs. */
function isSwapped(a: string, b: string): boolean {
  if (a.length !== b.length || a === b) return false;
  let i = 0;
  while (a[i] === b[i]) i++;
  return a[i] === b[i + 1] && a[i + 1] === b[i] && a.slice(i + 2) === b.slice(i + 2);
}
