import { closeSync, fdatasyncSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";

/** A file of JSON objects, one a line, that only grows. Each line reaches the system at once, so a killed process loses none. */
export interface LineFile {
  write(value: object): void;
  /** A line that is JSON already; its line break included. */
  writeText(line: string): void;
  /** Makes what was written survive a power cut; gives the file's length in bytes. */
  sync(): number;
  close(): void;
}

/** Opens a line file to append. With `keep`, what lies beyond so many bytes is cut off first. */
export function openLineFile(file: string, keep?: number): LineFile {
  const handle = openSync(file, "a");
  let size = fstatSync(handle).size;
  if (keep !== undefined && keep < size) {
    ftruncateSync(handle, keep);
    size = keep;
  }
  const writeText = (line: string): void => {
    const bytes = Buffer.from(line);
    for (let done = 0; done < bytes.length;) done += writeSync(handle, bytes, done);
    size += bytes.length;
  };
  return {
    write: (value) => writeText(`${JSON.stringify(value)}\n`),
    writeText,
    sync() {
      fdatasyncSync(handle);
      return size;
    },
    close: () => closeSync(handle),
  };
}
