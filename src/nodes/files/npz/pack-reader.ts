import type { FileHandle } from "node:fs/promises";
import { within } from "../error-text.js";
import { readAt, withFile } from "../open-file.js";
import { dataOffset, readZipDirectory } from "../zip-directory.js";
import { longestHeader, parseNpyHeader } from "./npy.js";

/** Where a pack's images lie: `count` of shape `[height,width,3]`, one byte a number, from byte `begin` on. */
export interface Pack {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly begin: number;
}

/** Finds the images of an `.npz` archive: its array `arr_0`, uint8 `[N,H,W,3]`, stored uncompressed. Throws an Error that names the file. */
export function findPack(file: string): Promise<Pack> {
  return within(file, () =>
    withFile(file, "an .npz sample pack", async (handle, bytes) => {
      const entry = (await readZipDirectory(handle, bytes)).get("arr_0.npy");
      if (!entry) throw new Error('holds no array "arr_0"; expected a pack as numpy.savez(file, images) writes it');
      const offset = await dataOffset(handle, entry, bytes);
      const head = new Uint8Array(Math.min(entry.bytes, longestHeader));
      await readAt(handle, head, offset);
      const { descr, shape, begin } = parseNpyHeader(head);
      const [count = 0, height = 0, width = 0, channels = 0] = shape;
      if (descr !== "|u1" || shape.length !== 4 || channels !== 3)
        throw new Error(`"arr_0" is ${descr}[${shape.join()}], expected |u1[N,H,W,3]: bytes, channels last`);
      const length = begin + count * height * width * 3;
      if (length !== entry.bytes) throw new Error(`"arr_0" has ${entry.bytes} bytes, its header says ${length}; write it again`);
      return { count, height, width, begin: offset + begin };
    }),
  );
}

/** Images `from` to `from + count` as numbers in [0,1]. */
export async function readPack(handle: FileHandle, pack: Pack, from: number, count: number): Promise<Float32Array> {
  const size = pack.height * pack.width * 3;
  const bytes = new Uint8Array(count * size);
  if ((await readAt(handle, bytes, pack.begin + from * size)) < bytes.length)
    throw new Error("the sample pack is cut off; write it again");
  return Float32Array.from(bytes, (byte) => byte / 255);
}
