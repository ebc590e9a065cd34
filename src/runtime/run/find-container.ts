import type { CompiledLayout, FileArray } from "./apply-layout.js";

/**
 * The parts of a file under which a model's weights may lie, as key prefixes: "" for the file itself, `ema.`, `model.module.`, ….
 * Whatever stands before a key that some layout knows is a candidate; those with nearly as many such keys as the best are given, most first.
 */
export function containersOf(
  arrays: readonly FileArray[],
  wanted: ReadonlySet<string>,
  layouts: readonly CompiledLayout[],
): string[] {
  const hits = new Map<string, number>();
  for (const { name } of arrays)
    for (let at = 0; at >= 0; at = nextPart(name, at)) {
      const key = name.slice(at);
      if (layouts.some((layout) => layout.targets(key).some((target) => wanted.has(target)))) {
        const prefix = name.slice(0, at);
        hits.set(prefix, (hits.get(prefix) ?? 0) + 1);
      }
    }
  const most = Math.max(0, ...hits.values());
  const near = [...hits].filter(([, count]) => count >= nearly * most);
  return near.length === 0 ? [""] : near.sort((a, b) => b[1] - a[1] || a[0].length - b[0].length).map(([prefix]) => prefix);
}

/** A part of the file with fewer known keys than this share of the best part's is no rival of it. */
const nearly = 0.9;

/** The place after the next dot, or -1. */
function nextPart(name: string, from: number): number {
  const dot = name.indexOf(".", from);
  return dot < 0 ? -1 : dot + 1;
}
