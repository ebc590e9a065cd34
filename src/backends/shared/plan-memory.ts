/** Memory that is needed from its first use to its last, both counted. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Lays pieces into one arena so that no two that live at once overlap: the largest first, each at the lowest place that is free for
 * its whole life. Every piece starts at a multiple of `alignment` bytes, a cache line where nothing is said. Gives the offsets in the order of the pieces, and the arena's size in bytes.
 */
export function planMemory(
  pieces: readonly Lifetime[],
  alignment = 64,
): { readonly offsets: readonly number[]; readonly bytes: number } {
  const offsets = new Array<number>(pieces.length).fill(0);
  const bySize = pieces.map((_, i) => i).sort((a, b) => sizeOf(pieces, b) - sizeOf(pieces, a) || a - b);
  /** Laid pieces by offset. */
  const laid: { readonly from: number; readonly to: number; readonly life: Lifetime }[] = [];
  let bytes = 0;
  for (const index of bySize) {
    const life = pieces[index] as Lifetime;
    const size = Math.ceil(life.bytes / alignment) * alignment;
    let from = 0;
    for (const other of laid) {
      if (other.life.last < life.first || other.life.first > life.last) continue;
      if (other.from >= from + size) break;
      from = Math.max(from, other.to);
    }
    offsets[index] = from;
    bytes = Math.max(bytes, from + size);
    const after = laid.findIndex((other) => other.from > from);
    laid.splice(after < 0 ? laid.length : after, 0, { from, to: from + size, life });
  }
  return { offsets, bytes };
}

function sizeOf(pieces: readonly Lifetime[], index: number): number {
  return pieces[index]?.bytes ?? 0;
}
