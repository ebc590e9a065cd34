/**
 * The golden values' pseudo-random numbers: offset + scale·(2u − 1) in f32, u from mulberry32 seeded by the 32-bit FNV-1a hash of the
 * name.
 */
export function fill(name: string, size: number, scale: number, offset = 0): Float32Array {
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) state = Math.imul(state ^ byte, 0x01000193);
  return Float32Array.from({ length: size }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return offset + scale * (2 * (((t ^ (t >>> 14)) >>> 0) / 2 ** 32) - 1);
  });
}
