import type { FileHandle } from "node:fs/promises";
import { messageOf, within } from "../error-text.js";
import { readAt, withFile } from "../open-file.js";
import { writeAtomic } from "../write-atomic.js";
import { npyHeader, parseNpy } from "./npy.js";

/** An array of an `.npz` archive. */
export interface NpzArray {
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
}

/** Most bytes of an archive that is read whole: statistics of 2048 features take 33 MB. */
const largest = 2 ** 30;

/**
 * Named arrays of an `.npz` archive, stored or compressed, as numpy.savez writes it; names that it lacks are left out. Throws an Error
 * where the file is none, is larger than 1 GiB, or an array is damaged.
 */
export async function readNpz(file: string, names: readonly string[]): Promise<ReadonlyMap<string, NpzArray>> {
  const bytes = await withFile(file, "an .npz file", readWhole);
  const { unzipSync } = await import("fflate");
  return within(file, async () => {
    const files = names.map((name) => `${name}.npy`);
    let found: Record<string, Uint8Array>;
    try {
      found = unzipSync(bytes, { filter: ({ name, originalSize }) => files.includes(name) && fits(name, originalSize) });
    } catch (error) {
      throw new Error(`is no whole .npz archive (${messageOf(error)}); write or download it again`, { cause: error });
    }
    return new Map(
      Object.entries(found).map(([name, content]) => {
        try {
          return [name.replace(/\.npy$/, ""), parseNpy(content)];
        } catch (error) {
          throw new Error(`"${name}" ${messageOf(error)}`, { cause: error });
        }
      }),
    );
  });
}

/** Writes arrays of float64 as an `.npz` archive, uncompressed, whole or not at all. */
export async function writeNpz(
  file: string,
  arrays: ReadonlyMap<string, { shape: readonly number[]; data: Float64Array }>,
): Promise<void> {
  const { zipSync } = await import("fflate");
  const entries = [...arrays].map(([name, { shape, data }]) => {
    const header = npyHeader("<f8", shape);
    const content = new Uint8Array(header.byteLength + data.byteLength);
    content.set(header);
    content.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), header.byteLength);
    return [`${name}.npy`, content] as const;
  });
  await writeAtomic(file, [zipSync(Object.fromEntries(entries), { level: 0 })]);
}

function fits(name: string, bytes: number): boolean {
  if (bytes > largest) throw new Error(`${name} has ${bytes} bytes`);
  return true;
}

async function readWhole(handle: FileHandle, bytes: number): Promise<Uint8Array> {
  if (bytes > largest)
    throw new Error(`an archive of ${bytes} bytes is too large to be read whole; keep statistics in a file of their own`);
  const whole = new Uint8Array(bytes);
  await readAt(handle, whole, 0);
  return whole;
}
