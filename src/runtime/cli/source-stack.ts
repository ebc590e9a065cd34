import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import type { SourceMapPayload } from "node:module";
import { relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * An error's stack in terms of the sources: places in bundled code are looked up in the source map beside it, which nobody reads while
 * all goes well.
 */
export function sourceStack(error: Error): string {
  const maps = new Map<string, SourceMap | undefined>();
  return (error.stack ?? error.message).replace(frame, (place, address: string, line: string, column: string) => {
    const file = address.startsWith("file:") ? fileURLToPath(address) : address;
    if (!maps.has(file)) maps.set(file, readMap(file));
    const origin = maps.get(file)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (!origin || !("originalSource" in origin)) return place;
    const source = relative(process.cwd(), resolve(file, "..", origin.originalSource));
    return `${source}:${origin.originalLine + 1}:${origin.originalColumn + 1}`;
  });
}

/** `file:///…/chunk.js:12:34`, or the same without the scheme. */
const frame = /((?:file:\/\/)?\/[^\s()]+):(\d+):(\d+)/g;

function readMap(file: string): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(`${file}.map`, "utf8")) as SourceMapPayload);
  } catch {
    return undefined;
  }
}
