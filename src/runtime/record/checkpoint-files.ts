import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";

/** The end of a checkpoint's folder name is its step in eight digits. */
export function checkpointName(step: number): string {
  return `step-${String(step).padStart(8, "0")}`;
}

/** The step that a folder's name says, or undefined if it is no checkpoint's name. */
export function stepOf(name: string): number | undefined {
  const digits = /^step-(\d{8,})$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Length and hash by which a damaged file is found out. */
export interface FileMark {
  readonly bytes: number;
  readonly sha256: string;
}

/** The mark of a file. */
export async function markFile(file: string): Promise<FileMark> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return { bytes: (await stat(file)).size, sha256: hash.digest("hex") };
}
