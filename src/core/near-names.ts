import { distance } from "fastest-levenshtein";

/**
 * Up to three names that a misspelt one may mean, nearest first: an equal name in other letters' case, else those within a
 * distance of a third of its length.
 */
export function nearNames(name: string, known: Iterable<string>): string[] {
  const lower = name.toLowerCase();
  const limit = Math.max(1, Math.floor(name.length / 3));
  const ranked = [...new Set(known)].map((other) => ({ other, far: other.toLowerCase() === lower ? 0 : distance(name, other) }));
  return ranked
    .filter(({ far }) => far <= limit)
    .sort((a, b) => a.far - b.far || a.other.localeCompare(b.other))
    .slice(0, 3)
    .map(({ other }) => other);
}
