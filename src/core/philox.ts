/** The two 32-bit words that separate one node's random numbers from another's. */
export type PhiloxKey = readonly [number, number];

/** The key of a node in a graph with this seed. */
export function philoxKey(seed: number, node: string): PhiloxKey {
  return [seed >>> 0, streamId(node)];
}

/** A 32-bit number for a name (FNV-1a over its UTF-16 units). */
export function streamId(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/**
 * Raw words of the counter-based generator Philox 4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
 * Words 4i..4i+3 are the block with counter (i, stream, step, 0); any part can be computed without the rest.
 */
export function philoxWords(key: PhiloxKey, stream: number, step: number, size: number): Uint32Array {
  const words = new Uint32Array(Math.ceil(size / 4) * 4);
  for (let block = 0; block * 4 < size; block++) fillBlock(words, block, key, stream, step);
  return words;
}

/** Numbers in (0,1): the middle of one of 2^23 equal parts, exact in f32. */
export function philoxUniform(key: PhiloxKey, stream: number, step: number, size: number): Float32Array {
  const words = philoxWords(key, stream, step, size);
  const out = new Float32Array(size);
  // A plain loop: weights are drawn by the million, and `from` with a function takes five times as long.
  for (let i = 0; i < size; i++) out[i] = unit(words[i] ?? 0);
  return out;
}

/** Standard normal numbers by Box and Muller from pairs of uniform ones, at most 5.77 in size. */
export function philoxNormal(key: PhiloxKey, stream: number, step: number, size: number): Float32Array {
  const words = philoxWords(key, stream, step, size);
  const out = new Float32Array(words.length);
  for (let i = 0; i < words.length; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(unit(words[i] ?? 0)));
    const angle = 2 * Math.PI * unit(words[i + 1] ?? 0);
    out[i] = radius * Math.cos(angle);
    out[i + 1] = radius * Math.sin(angle);
  }
  return out.subarray(0, size);
}

function unit(word: number): number {
  return ((word >>> 9) + 0.5) / 0x800000;
}

function fillBlock(words: Uint32Array, block: number, key: PhiloxKey, stream: number, step: number): void {
  let [k0, k1] = key;
  let c0 = block | 0;
  let c1 = stream | 0;
  let c2 = step | 0;
  let c3 = 0;
  for (let round = 0; round < 10; round++) {
    const high0 = multiplyHigh(0xd2511f53, c0);
    const low0 = Math.imul(0xd2511f53, c0);
    const high1 = multiplyHigh(0xcd9e8d57, c2);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = high1 ^ c1 ^ k0;
    c1 = low1;
    c2 = high0 ^ c3 ^ k1;
    c3 = low0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  words[block * 4] = c0;
  words[block * 4 + 1] = c1;
  words[block * 4 + 2] = c2;
  words[block * 4 + 3] = c3;
}

/** The upper 32 bits of the product of two unsigned 32-bit numbers, by 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const carry = (middle & 0xffff) + a0 * b1;
  return (a1 * b1 + Math.floor(middle / 0x10000) + Math.floor(carry / 0x10000)) | 0;
}
