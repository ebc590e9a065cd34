/** What nodes use of `node:zlib`, by the browser's own decompression. */
import { chunksOf } from "./chunks.js";

export const constants = { Z_SYNC_FLUSH: 2, Z_FINISH: 4 } as const;

interface Options {
  readonly finishFlush?: number;
  readonly maxOutputLength?: number;
}

/** Unpacks gzip data. With `Z_SYNC_FLUSH` data that is cut off gives what it held; data beyond `maxOutputLength` is refused as in Node. */
export function gunzip(bytes: Uint8Array, options: Options, done: (error: Error | null, result?: Uint8Array) => void): void {
  unpack(bytes, options).then(
    (result) => done(null, result),
    (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
  );
}

async function unpack(bytes: Uint8Array, { finishFlush, maxOutputLength = Infinity }: Options): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream("gzip"));
  try {
    for await (const part of chunksOf(stream)) {
      parts.push(part);
      length += part.byteLength;
      if (length > maxOutputLength) throw Object.assign(new Error("more data than expected"), { code: "ERR_BUFFER_TOO_LARGE" });
    }
  } catch (error) {
    if (finishFlush !== constants.Z_SYNC_FLUSH || length === 0) throw error;
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
