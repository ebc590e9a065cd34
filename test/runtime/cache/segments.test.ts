import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { cachePlace } from "../../../src/runtime/cache/cache-place.js";
import { listSegments, makeRoom } from "../../../src/runtime/cache/segments.js";
import { UsageError } from "../../../src/runtime/usage-error.js";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "cache-"));
  await mkdir(join(root, "a"));
  for (const [i, name] of ["old", "middle", "new"].entries()) {
    await writeFile(join(root, "a", `${name}.bin`), new Uint8Array(100));
    await writeFile(join(root, "a", `${name}.idx`), "");
    await utimes(join(root, "a", `${name}.bin`), i + 1, i + 1);
  }
});
afterEach(() => rm(root, { recursive: true, force: true }));

const names = async (): Promise<string[]> => (await listSegments(root)).map(({ file }) => file.slice(root.length + 3)).sort();

test("what was used least recently goes first, and no more than needed", async () => {
  expect(await makeRoom(root, 300, 0, new Set())).toBe(true);
  expect(await names()).toEqual(["middle.bin", "new.bin", "old.bin"]);
  expect(await makeRoom(root, 300, 50, new Set())).toBe(true);
  expect(await names()).toEqual(["middle.bin", "new.bin"]);
});

test("what is in use stays, and it is told where that leaves no room", async () => {
  expect(await makeRoom(root, 150, 100, new Set([join(root, "a", "old.bin")]))).toBe(false);
  expect(await names()).toEqual(["old.bin"]);
});

describe("RAEGRAPH_CACHE_LIMIT", () => {
  test.each([
    ["500MB", 5e8],
    ["2.5 GB", 2.5e9],
    ["1000", 1000],
    [undefined, 20e9],
  ])("%s", (text, limit) =>
    expect(cachePlace({ RAEGRAPH_CACHE: "/c", RAEGRAPH_CACHE_LIMIT: text })).toEqual({ folder: "/c", limit }),
  );

  test("refuses what is no size", () => {
    expect(() => cachePlace({ RAEGRAPH_CACHE_LIMIT: "much" })).toThrow(UsageError);
  });
});
