/** Random numbers in [0, 1), repeatable. */
export type Random = () => number;

/** One of the list. */
export function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

/** A whole number from 0 to below `end`. */
export function below(random: Random, end: number): number {
  return Math.floor(random() * end);
}

/** Numbers at which lengths and counts go wrong. */
const edges = [0n, 1n, 0x7fn, 0xffn, 0x7fffn, 0xffffn, 0x7fffffffn, 0xffffffffn, 1n << 40n, (1n << 53n) + 1n, (1n << 64n) - 1n];

const mutations: readonly ((bytes: Buffer, random: Random) => Buffer)[] = [
  // One bit, one byte.
  (bytes, random) => changed(bytes, random, (at) => (bytes[at] = (bytes[at] ?? 0) ^ (1 << below(random, 8)))),
  (bytes, random) => changed(bytes, random, (at) => (bytes[at] = below(random, 256))),
  // A number of one to eight bytes at the edge of what fits.
  (bytes, random) =>
    changed(bytes, random, (at) => {
      const number = Buffer.alloc(8);
      number.writeBigUInt64LE(pick(random, edges));
      number.copy(bytes, at, 0, pick(random, [1, 2, 4, 8]));
    }),
  // Cut off, a piece left out, doubled, or from another place.
  (bytes, random) => bytes.subarray(0, below(random, bytes.length)),
  (bytes, random) => {
    const at = below(random, bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + below(random, 24))]);
  },
  (bytes, random) => {
    const at = below(random, bytes.length);
    return Buffer.concat([bytes.subarray(0, at + 1 + below(random, 24)), bytes.subarray(at)]);
  },
  (bytes, random) => {
    const [from, to, size] = [below(random, bytes.length), below(random, bytes.length), 1 + below(random, 24)];
    Buffer.from(bytes.subarray(from, from + size)).copy(bytes, to);
    return bytes;
  },
];

/** The bytes with one to four random changes. */
export function mutate(original: Uint8Array, random: Random): Buffer {
  let bytes = Buffer.from(original);
  for (let i = 1 + below(random, 4); i > 0 && bytes.length > 0; i--) bytes = Buffer.from(pick(random, mutations)(bytes, random));
  return bytes;
}

function changed(bytes: Buffer, random: Random, change: (at: number) => void): Buffer {
  change(below(random, bytes.length));
  return bytes;
}

/** The header of a safetensors file with one of its values replaced by something that may not stand there. */
export function mutateHeader(file: Uint8Array, random: Random): Buffer {
  const length = Number(Buffer.from(file).readBigUInt64LE(0));
  const header = JSON.parse(Buffer.from(file.subarray(8, 8 + length)).toString()) as Record<string, Record<string, unknown>>;
  const odd = [-1, 0, 0.5, 1e300, 2 ** 53, 2 ** 31, null, "F33", "", [], {}, [1e9, 1e9], [-4, 4], true, "\u0000", [[1]]];
  const name = pick(random, Object.keys(header));
  const entry = header[name] ?? {};
  const field = pick(random, Object.keys(entry));
  const value = entry[field];
  const how = random();
  if (how < 0.2) Reflect.deleteProperty(header, name);
  else if (how < 0.4) header[name] = pick(random, odd) as Record<string, unknown>;
  else if (how < 0.5) header[pick(random, ["__proto__x", "", "__metadata__", "a.b", "x"])] = entry;
  else if (how < 0.8 && Array.isArray(value) && value.length > 0) value[below(random, value.length)] = pick(random, odd);
  else entry[field] = pick(random, odd);
  const text = Buffer.from(JSON.stringify(header));
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([size, text, file.subarray(8 + length)]);
}
