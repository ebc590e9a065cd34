/** A pattern of keys, ready to match and to fill. */
export interface KeyPattern {
  /** What the stars stand for in this key; undefined where it does not match. */
  match(key: string): readonly string[] | undefined;
  /** The key with these words in the stars' places. */
  fill(words: readonly string[]): string;
}

/** Compiles a pattern: `*` is one word without dots, a final `**` any rest. */
export function keyPattern(text: string): KeyPattern {
  const parts = text.split(/(\*\*$|\*)/);
  const source = parts.map((part) =>
    part === "*" ? "([^.]+)" : part === "**" ? "(.+)" : part.replace(/[.\\[\]{}()+?^$|]/g, "\\$&"),
  );
  const regex = new RegExp(`^${source.join("")}$`);
  return {
    match: (key) => regex.exec(key)?.slice(1),
    fill(words) {
      let next = 0;
      return parts.map((part) => (part.startsWith("*") ? (words[next++] ?? "") : part)).join("");
    },
  };
}
