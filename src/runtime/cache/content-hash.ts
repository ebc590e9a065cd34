import { createHash } from "node:crypto";
import type { HostArray } from "../../core/tensor.js";

/** 128 bits of SHA-256 in hexadecimal digits: of a key's parts, in the order of their names. */
export function partsHash(parts: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(parts).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 32);
}

/** The key of each sample of a batch, or of the batch as a whole: of what the arrays hold for it, type and shape included. */
export function contentKeys(arrays: readonly HostArray[], unit: "sample" | "batch"): string[] {
  const count = unit === "batch" ? 1 : (arrays[0]?.shape[0] ?? 0);
  return Array.from({ length: count }, (_, i) => {
    const hash = createHash("sha256");
    for (const { dtype, shape, data } of arrays) {
      const own = unit === "batch" ? shape : shape.slice(1);
      const size = own.reduce((a, b) => a * b, 1);
      hash.update(`${dtype}[${own.join()}]`);
      hash.update(new Uint8Array(data.buffer, data.byteOffset + 4 * i * size, 4 * size));
    }
    return hash.digest("hex").slice(0, 32);
  });
}

/** A sum over 32-bit words that finds torn and overwritten records; `bytes` starts on a word and holds whole ones. */
export function wordSum(bytes: Uint8Array): number {
  const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >>> 2);
  let sum = 0x811c9dc5;
  for (let i = 0; i < words.length; i++) sum = Math.imul(sum ^ (words[i] ?? 0), 0x01000193);
  return sum >>> 0;
}
