/** Memory that is needed from its first use to its last, both counted. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/**
 * Shares buffers among pieces that never live at once: the largest first, each into the first buffer that is free for its whole life.
 * WebGPU allows a buffer only one kind of use within a dispatch, so pieces that meet in one must not share; hence whole buffers instead
 * of one arena. Gives each piece's buffer and the sizes of the buffers in bytes.
 */
export function planBuffers(pieces: readonly Lifetime[]): {
  readonly buffer: readonly number[];
  readonly bytes: readonly number[];
} {
  const buffer = new Array<number>(pieces.length).fill(0);
  const held: { readonly bytes: number; readonly lives: Lifetime[] }[] = [];
  const bySize = [...pieces.entries()].sort(([i, a], [j, b]) => b.bytes - a.bytes || a.first - b.first || i - j);
  for (const [i, piece] of bySize) {
    let at = held.findIndex(({ lives }) => lives.every((other) => other.last < piece.first || other.first > piece.last));
    if (at < 0) at = held.push({ bytes: piece.bytes, lives: [] }) - 1;
    held[at]?.lives.push(piece);
    buffer[i] = at;
  }
  return { buffer, bytes: held.map(({ bytes }) => bytes) };
}
