/**
 * The golden values' pseudo-random numbers: offset + scale·(2u − 1) in f32, u from mulberry32 seeded by the 32-bit FNV-1a hash of the
 * name.
 */
export function fill(name: string, size: number, scale: number, offset = 0): Float32Array {
  // Jest looks every global up anew.
  const { imul } = Math;
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) state = imul(state ^ byte, 0x01000193);
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    state = (state + 0x6d2b79f5) | 0;
    let t = imul(state ^ (state >>> 15), state | 1);
    t ^= t + imul(t ^ (t >>> 7), t | 61);
    values[i] = offset + scale * (2 * (((t ^ (t >>> 14)) >>> 0) / 2 ** 32) - 1);
  }
  return values;
}
