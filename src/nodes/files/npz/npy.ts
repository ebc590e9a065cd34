/** What stands before the numbers of a NumPy array (numpy.lib.format 1.0 to 3.0). */
export interface NpyHeader {
  /** NumPy's name of the type, e.g. `<f4` or `|u1`. */
  readonly descr: string;
  readonly shape: readonly number[];
  /** Bytes before the first number. */
  readonly begin: number;
}

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** Most bytes that a header may take: NumPy's own readers refuse longer ones. */
export const longestHeader = 10_000;

/** Numbers of each type that is read, little-endian. */
const readers: Readonly<Record<string, (bytes: Uint8Array) => ArrayLike<number>>> = {
  "|u1": (bytes) => bytes,
  "<f4": (bytes) => new Float32Array(aligned(bytes)),
  "<f8": (bytes) => new Float64Array(aligned(bytes)),
  "<i4": (bytes) => new Int32Array(aligned(bytes)),
  "<i8": (bytes) => Array.from(new BigInt64Array(aligned(bytes)), Number),
};

/** Reads a header from the first bytes of an array's file. Throws an Error for what is no header or an order of axes not read here. */
export function parseNpyHeader(bytes: Uint8Array): NpyHeader {
  if (!magic.every((byte, i) => bytes[i] === byte)) throw new Error("is no NumPy array");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = (bytes[6] ?? 0) > 1;
  if (bytes.byteLength < 12) throw new Error("is cut off in its header");
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const from = wide ? 12 : 10;
  if (from + length > bytes.byteLength) throw new Error(`has a header of ${length} bytes, which is cut off or too long`);
  const text = new TextDecoder("latin1").decode(bytes.subarray(from, from + length));
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const shape = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(text)?.[1];
  if (descr === undefined || shape === undefined)
    throw new Error(`has the header ${JSON.stringify(text.slice(0, 80))}, expected a plain array`);
  if (/'fortran_order'\s*:\s*True/.test(text)) throw new Error("lies in Fortran order; save it with numpy.ascontiguousarray");
  const sizes = shape.split(",").flatMap((size) => (size.trim() === "" ? [] : [Number(size)]));
  return { descr, shape: sizes, begin: from + length };
}

/** Bytes of one number of a type; throws an Error for a type that is not read here. */
export function sizeOfNpy(descr: string): number {
  if (!readers[descr]) throw new Error(`has the type ${descr}, expected one of ${Object.keys(readers).join(" ")}`);
  return Number(descr.slice(2));
}

/** A whole array of an `.npy` file. Throws an Error where its numbers are not all there. */
export function parseNpy(bytes: Uint8Array): { readonly shape: readonly number[]; readonly data: ArrayLike<number> } {
  const { descr, shape, begin } = parseNpyHeader(bytes);
  const length = shape.reduce((a, b) => a * b, 1) * sizeOfNpy(descr);
  if (begin + length !== bytes.byteLength)
    throw new Error(`has ${bytes.byteLength - begin} bytes for ${descr}[${shape.join()}], which needs ${length}`);
  return { shape, data: readers[descr]?.(bytes.subarray(begin)) ?? [] };
}

/** A header of format 1.0 whose length is a multiple of 64 and, for shapes of up to five axes, always the same. */
export function npyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.map((size) => `${size},`).join(" ")}), }`;
  const length = 64 * Math.ceil((10 + Math.max(text.length, 110) + 1) / 64);
  const bytes = new Uint8Array(length).fill(0x20);
  bytes.set([...magic, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, length - 10, true);
  bytes.set(new TextEncoder().encode(text), 10);
  bytes[length - 1] = 0x0a;
  return bytes;
}

function aligned(bytes: Uint8Array): ArrayBuffer {
  return bytes.slice().buffer;
}
