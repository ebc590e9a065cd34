import { open } from "node:fs/promises";

/** Numbers that are written at once. */
const piece = 4 << 20;

/** Writes a safetensors file of these arrays, f32, filled with one piece of small numbers again and again; gives its bytes. */
export async function makeFile(file, specs) {
  const header = {};
  let end = 0;
  for (const { name, shape } of specs) {
    const begin = end;
    end += 4 * shape.reduce((a, b) => a * b, 1);
    header[name] = { dtype: "F32", shape, data_offsets: [begin, end] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, " ")]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  const numbers = Float32Array.from({ length: piece }, (_, i) => 0.02 * Math.sin(i));
  const handle = await open(file, "wx");
  try {
    await handle.write(Buffer.concat([length, padded]));
    for (let left = end; left > 0; left -= 4 * piece)
      await handle.write(new Uint8Array(numbers.buffer, 0, Math.min(left, 4 * piece)));
  } finally {
    await handle.close();
  }
  return 8 + padded.length + end;
}
