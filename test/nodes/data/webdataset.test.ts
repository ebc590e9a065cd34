import { beforeAll, describe, expect, test } from "@jest/globals";
import { encode } from "fast-png";
import { existsSync } from "node:fs";
import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { pack } from "tar-stream";
import { webdataset } from "../../../src/nodes/data/webdataset.js";
import { tarIndex } from "../../../src/nodes/files/tar-index.js";
import { harness } from "../../../src/runtime/testing/harness.js";
import { tempFolder } from "../files/temp-folder.js";
import { drain, indices, numbers } from "./drain.js";

const at = tempFolder();

async function tar(name: string, files: Readonly<Record<string, Uint8Array | string>>): Promise<void> {
  const archive = pack();
  for (const [entry, bytes] of Object.entries(files)) archive.entry({ name: entry }, Buffer.from(bytes));
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  await mkdir(dirname(at(name)), { recursive: true });
  await writeFile(at(name), Buffer.concat(chunks));
}

const grey = (level: number) => encode({ width: 2, height: 2, channels: 1, data: new Uint8Array(4).fill(level) });
const open = (shards: string, params: object = {}) =>
  harness(webdataset, { shards: [at(shards)], size: 2, batch: 2, channels: 1, ...params }, { seed: 1, node: "images" });
const levels = (packet: Parameters<typeof numbers>[0]) =>
  numbers(packet, "image").filter((_, i) => i % 4 === 0).map((value) => Math.round(value * 255)); // prettier-ignore

/** The packets of a source that is then closed. */
async function read(node: ReturnType<typeof open>, most = Infinity) {
  const source = await node.source();
  const packets = await drain(source, most);
  await source.close();
  return packets;
}

beforeAll(async () => {
  process.env["XDG_CACHE_HOME"] = at("cache");
  await tar("set/b.tar", { "x.cls": "7", "x.png": grey(30), [`${"long/".repeat(30)}y.png`]: grey(40), [`${"long/".repeat(30)}y.cls`]: "8" }); // prettier-ignore
  await tar("set/a.tar", {
    "1.png": grey(10),
    "1.cls": "5",
    "1.json": "{}",
    "2.big.txt": "x",
    "2.PNG": grey(20),
    "2.cls": "6\n",
  });
});

test.each(["../evil.png", "/etc/evil.png", "a/../../evil.png"])("a shard with a file called %s is refused", async (name) => {
  await tar("evil/a.tar", { "1.png": grey(1), [name]: "x" });
  await expect(tarIndex(at("evil/a.tar"))).rejects.toThrow("which leads out of its folder; such files are not read");
});

describe("samples", () => {
  test("files of one name, shard by shard in the order of their names; long names too", async () => {
    const packets = await read(open("set", { repeat: false }));
    expect(packets.map(levels)).toEqual([[10, 20], [30, 40]]); // prettier-ignore
    expect(packets.map((packet) => numbers(packet, "label"))).toEqual([[5, 6], [7, 8]]); // prettier-ignore
    expect((await open("set").probe()).summary).toBe("4 images in 2 shards");
  });

  test("the class may be the folder, and a prefix chooses a part", async () => {
    await tar("folders.tar", { "train/cat/1.png": grey(1), "train/ant/2.png": grey(2), "test/ant/3.png": grey(3) });
    const [packet] = await read(open("folders.tar", { label: "folder", within: "train/" }), 1);
    expect([levels(packet), numbers(packet, "label")]).toEqual([[1, 2], [1, 0]]); // prettier-ignore
    const [none] = await read(open("folders.tar", { label: "none", batch: 3 }), 1);
    expect(numbers(none, "label")).toEqual([0, 0, 0]);
  });

  test("shuffling goes over all shards, and a resumed source goes on with the very next sample", async () => {
    const params = { batch: 1, shuffle: true, flip: true };
    const whole = await open("set", params).source();
    expect(
      indices(await drain(whole, 4))
        .flat()
        .sort(),
    ).toEqual([0, 1, 2, 3]);
    await drain(whole, 3);
    const resumed = await open("set", params).source();
    resumed.restore(JSON.parse(JSON.stringify(whole.state())));
    expect(await drain(resumed, 6)).toEqual(await drain(whole, 6));
    await Promise.all([whole.close(), resumed.close()]);
  });
});

test("the index is kept, and made anew when the archive changes", async () => {
  const names = async () => (await tarIndex(at("kept.tar"), at("kept"))).map(({ name }) => name);
  await tar("kept.tar", { "1.png": grey(1) });
  expect(await names()).toEqual(["1.png"]);
  const [file = ""] = await readdir(at("kept"));
  await writeFile(at(`kept/${file}`), JSON.stringify([{ name: "from the index", offset: 0, size: 0 }]));
  expect(await names()).toEqual(["from the index"]);
  await writeFile(at(`kept/${file}`), "damaged");
  expect(await names()).toEqual(["1.png"]);
  await tar("kept.tar", { "1.png": grey(1), "2.png": grey(2) });
  await utimes(at("kept.tar"), 1, 1);
  expect(await names()).toEqual(["1.png", "2.png"]);
});

test("refusals, found before a run", async () => {
  await tar("bare.tar", { "1.png": grey(1) });
  await tar("word.tar", { "1.png": grey(1), "1.cls": "cat" });
  await writeFile(at("no.tar"), "this is no archive".repeat(100));
  await mkdir(at("empty"));
  await expect(open("bare.tar").probe()).rejects.toThrow('bare.tar: sample "1" has no .cls file; set label to folder or none');
  await expect(open("word.tar").probe()).rejects.toThrow('"1.cls" is "cat", expected a number');
  await expect(open("no.tar").probe()).rejects.toThrow("no.tar: is no whole tar archive");
  await expect(open("empty").probe()).rejects.toThrow("no tar archives in it; expected .tar files");
  await expect(open("absent.tar").probe()).rejects.toThrow("absent.tar: no such file or folder; expected tar archives");
  await expect(open("set", { batch: 5 }).probe()).rejects.toThrow("a batch of 5 is larger than the data set of 4 images");
});

const cifar = resolve("../shared/data/cifar10-2500.tar");
(existsSync(cifar) ? test : test.skip)("2,000 training images of CIFAR-10 from one archive (needs ../shared)", async () => {
  const node = harness(webdataset, { shards: [cifar], size: 32, batch: 50, label: "folder", within: "cifar10/train/" });
  expect((await node.probe()).summary).toBe("2000 images in 1 shard");
  const source = await node.source();
  const [packet] = await drain(source, 1);
  await source.close();
  expect(new Set(numbers(packet, "label"))).toEqual(new Set([0]));
  const mean = numbers(packet, "image").reduce((a, b) => a + b, 0) / (50 * 32 * 32 * 3);
  expect(mean).toBeGreaterThan(0.4);
  expect(mean).toBeLessThan(0.7); // airplanes: sky
});
