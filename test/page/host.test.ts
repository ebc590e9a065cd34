import { gzipSync } from "node:zlib";
import { expect, test } from "@jest/globals";
import { makeGate } from "../../src/page/gate.js";
import { editFile, offerFiles } from "../../src/page/host/files.js";
import { open, readdir, readFile, stat } from "../../src/page/host/fs-promises.js";
import { basename, dirname, extname, join, relative, resolve } from "../../src/page/host/path.js";
import { promisify } from "../../src/page/host/util.js";
import { constants, gunzip } from "../../src/page/host/zlib.js";

test("paths as Node has them", () => {
  expect(resolve("/graphs", "../data/x.idx")).toBe("/data/x.idx");
  expect(resolve("/graphs", "/data")).toBe("/data");
  expect(join("/a", "b", "..", "c.txt")).toBe("/a/c.txt");
  expect([dirname("/a/b"), dirname("/a"), basename("/a/b.txt", ".txt"), extname("/a/.x"), extname("b.tar.gz")]).toEqual([
    "/a", "/", "b", "", ".gz",
  ]); // prettier-ignore
  expect(relative("/a/b", "/a/c/d")).toBe("../c/d");
});

test("gzip data is unpacked; cut off it is refused, unless only its start was asked for", async () => {
  const unzip = promisify(gunzip);
  const numbers = Uint8Array.from({ length: 100_000 }, (_, i) => (i * i) % 251);
  const packed = gzipSync(numbers);
  expect(await unzip(packed, {})).toEqual(numbers);
  const start = packed.subarray(0, packed.length / 2);
  await expect(unzip(start, {})).rejects.toThrow();
  const some = await unzip(start, { finishFlush: constants.Z_SYNC_FLUSH });
  expect(some.length).toBeGreaterThan(100);
  expect(some).toEqual(numbers.subarray(0, some.length));
  await expect(unzip(packed, { maxOutputLength: 99_999 })).rejects.toMatchObject({ code: "ERR_BUFFER_TOO_LARGE" });
});

test("files are those of the list, and edited texts stand for theirs", async () => {
  offerFiles("http://127.0.0.1:1/files", { "/a/x.yaml": 3, "/a/b/y.idx": 4 }, () => undefined);
  expect(await readdir("/a")).toEqual(["x.yaml", "b"]);
  expect((await stat("/a/b")).isDirectory()).toBe(true);
  await expect(stat("/a/z")).rejects.toMatchObject({ code: "ENOENT" });
  editFile("/a/x.yaml", "new text");
  expect(await readFile("/a/x.yaml", "utf8")).toBe("new text");
  const target = new Uint8Array(4);
  const handle = await open("/a/x.yaml");
  expect(await handle.read(target, 1, 3, 4)).toEqual({ bytesRead: 3 });
  expect(new TextDecoder().decode(target.subarray(1))).toBe("tex");
  await expect(readFile("/a/b/y.idx")).rejects.toThrow(/did not arrive .* server still running/);
});

test("a gate holds back until it opens", async () => {
  const gate = makeGate();
  await gate.pass();
  gate.shut();
  const order: string[] = [];
  const waiting = gate.pass().then(() => order.push("passed"));
  await Promise.resolve();
  order.push("opened");
  gate.open();
  await waiting;
  expect(order).toEqual(["opened", "passed"]);
});
