import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { errorCode } from "../error-code.js";
import { maskedCrc32c } from "./crc32c.js";
import { imageEvent, restartEvent, scalarEvent, versionEvent } from "./event-message.js";
import { concat } from "./protobuf.js";

/** A TensorBoard event file under way. */
export interface EventFile {
  scalar(tag: string, step: number, value: number): void;
  /** Throws an Error where the bytes are no PNG. */
  image(tag: string, step: number, png: Uint8Array): void;
  close(): void;
}

/**
 * Starts `events.out.tfevents.<seconds>.<host>` in a folder, a new file each time. With `restartAt`, the first step to come, readers
 * drop from older files what a resumed run does again. `seconds` is the clock.
 */
export function openEventFile(folder: string, seconds: () => number, restartAt?: number): EventFile {
  mkdirSync(folder, { recursive: true });
  const base = join(folder, `events.out.tfevents.${Math.floor(seconds())}.${hostname()}`);
  const handle = openNew(base);
  const put = (message: Uint8Array): void => void writeSync(handle, recordOf(message));
  put(versionEvent({ seconds: seconds(), step: 0 }));
  if (restartAt !== undefined) put(restartEvent({ seconds: seconds(), step: restartAt }));
  return {
    scalar: (tag, step, value) => put(scalarEvent({ seconds: seconds(), step }, tag, value)),
    image: (tag, step, png) => put(imageEvent({ seconds: seconds(), step }, tag, png)),
    close: () => closeSync(handle),
  };
}

/** A record of the file format: length, its masked CRC-32C, the bytes, their masked CRC-32C; little endian. */
export function recordOf(message: Uint8Array): Uint8Array {
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(message.length), true);
  return concat([length, word(maskedCrc32c(length)), message, word(maskedCrc32c(message))]);
}

function word(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}

/** Two files of one second get different names, in the order of their making. */
function openNew(base: string): number {
  for (let attempt = 0; ; attempt++)
    try {
      return openSync(attempt === 0 ? base : `${base}.${attempt}`, "wx");
    } catch (error) {
      if (errorCode(error) !== "EEXIST" || attempt > 1000) throw error;
    }
}
