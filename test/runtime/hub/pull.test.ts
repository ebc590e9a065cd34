import { readFile, readdir, readlink, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { encodeSafetensors, readSafetensors } from "../../../src/nodes/files/safetensors.js";
import { loadGraph, runGraph } from "../../../src/runtime/api.js";
import { pullVerb } from "../../../src/runtime/cli/pull.js";
import { parseHubAddress } from "../../../src/runtime/hub/hub-address.js";
import { pull } from "../../../src/runtime/hub/pull.js";
import { weightsFile } from "../../../src/runtime/run/weights-file.js";
import { tempFolder } from "../../nodes/files/temp-folder.js";
import { commit, startHub } from "./hub-server.js";
import type { HubServer } from "./hub-server.js";

const at = tempFolder();
const fixtures = fileURLToPath(new URL("../../fixtures/", import.meta.url));
const numbers = (count: number, first: number): Uint8Array =>
  encodeSafetensors(
    new Map([["w", { dtype: "f32", shape: [count], data: Float32Array.from({ length: count }, (_, i) => first + i) }]]),
  );
const large = numbers(50_000, 0);
const shards = {
  "model-1.safetensors": numbers(400, 1),
  "model-2.safetensors": encodeSafetensors(new Map([["b", { dtype: "f32", shape: [1], data: Float32Array.of(9) }]])),
};
const index = { metadata: {}, weight_map: { w: "model-1.safetensors", b: "model-2.safetensors" } };

let hub: HubServer;
let lines: string[] = [];
const say = (line: string): void => void lines.push(line);
const bring = (address: string): Promise<string> => pull(address, say);
const before = { ...process.env };

beforeAll(async () => {
  hub = await startHub({
    "org/plain": { "README.md": Buffer.from("hello"), "model.safetensors": large, "small/stat.safetensors": numbers(3, 5) },
    "org/sharded": { ...shards, "model.safetensors.index.json": Buffer.from(JSON.stringify(index)) },
    "org/two": { "a.safetensors": numbers(1, 0), "b.safetensors": numbers(1, 1) },
    "closed/model": { "model.safetensors": large },
    "org/decoder": {
      "model.safetensors": await readFile(`${fixtures}decoder/weights.safetensors`),
      "config.json": await readFile(`${fixtures}decoder/config.json`),
    },
  });
});
afterAll(() => hub.close());
beforeEach(() => {
  for (const name of ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_HUB_OFFLINE", "HF_HUB_CACHE"])
    Reflect.deleteProperty(process.env, name);
  process.env["HF_ENDPOINT"] = hub.url;
  process.env["HF_HOME"] = at("home");
  Object.assign(hub.faults, { drops: [], wrong: false, noRanges: false, failures: [] });
  hub.seen.length = 0;
  lines = [];
});
afterEach(async () => {
  await rm(at("home"), { recursive: true, force: true });
  process.env = { ...before };
});

const snapshot = (repo: string): string => at(`home/hub/models--org--${repo}/snapshots/${commit}`);

describe("a model", () => {
  test("is fetched to the cache of the hub's own tools, under its commit; its weights are found by their usual name", async () => {
    const file = await pull("hf://org/plain", say);
    expect(file).toBe(join(snapshot("plain"), "model.safetensors"));
    expect(Buffer.compare(await readFile(file), large)).toBe(0);
    expect(await readlink(file)).toMatch(/^\.\.\/\.\.\/blobs\/[0-9a-f]{64}$/);
    expect(await readFile(at("home/hub/models--org--plain/refs/main"), "utf8")).toBe(commit);
    expect(lines).toEqual(["pulling org/plain/model.safetensors, 200 kB"]);
  });

  test("that is there is not fetched again; a branch is asked for its commit, a commit asks nobody", async () => {
    await pull("hf://org/plain", say);
    hub.seen.length = 0;
    await pull("hf://org/plain@main", say);
    expect(hub.seen.filter(({ path }) => path.includes("/resolve/"))).toEqual([]);
    hub.seen.length = 0;
    expect(await pull(`hf://org/plain@${commit}`, say)).toBe(join(snapshot("plain"), "model.safetensors"));
    expect(hub.seen).toEqual([]);
  });

  test("may be one of its files, also in a folder; a small one is held to git's checksum", async () => {
    const file = await pull("hf://org/plain/small/stat.safetensors@main", say);
    expect([...((await readSafetensors(file)).get("w")?.data ?? [])]).toEqual([5, 6, 7]);
    expect(await readlink(file)).toMatch(/^\.\.\/\.\.\/\.\.\/blobs\/[0-9a-f]{40}$/);
  });

  test("in shards is fetched whole, its index last", async () => {
    const { file } = await weightsFile(await pull("hf://org/sharded", say), {});
    expect((await readdir(snapshot("sharded"))).sort()).toEqual([
      "model-1.safetensors",
      "model-2.safetensors",
      "model.safetensors.index.json",
    ]);
    expect(file.endsWith(".index.json")).toBe(true);
    expect(lines).toHaveLength(3);
  });

  test("without one file of weights asks which", async () => {
    await expect(pull("hf://org/two", say)).rejects.toThrow(
      "hf://org/two: which of its files holds the weights? add one of a.safetensors, b.safetensors to the address",
    );
  });
});

describe("a connection", () => {
  const parts = (): (string | undefined)[] => hub.seen.filter(({ path }) => path.startsWith("/store/")).map(({ range }) => range);

  test("that drops is taken up again where it broke", async () => {
    hub.faults.drops = [60_000, 70_000];
    expect(Buffer.compare(await readFile(await pull("hf://org/plain", say)), large)).toBe(0);
    expect(parts()).toEqual([undefined, "bytes=60000-", "bytes=130000-"]);
  });

  test("that keeps breaking leaves its part for the next time", async () => {
    hub.faults.drops = [60_000, 0, 0, 0, 0, 0];
    await expect(pull("hf://org/plain", say)).rejects.toThrow(
      /broke off after 60000 of \d+ bytes .* they are kept, pull again to go on/,
    );
    hub.seen.length = 0;
    expect(Buffer.compare(await readFile(await pull("hf://org/plain", say)), large)).toBe(0);
    expect(parts()).toEqual(["bytes=60000-"]);
  });

  test("to a server that cannot go on starts again; a fault of the server is waited out", async () => {
    Object.assign(hub.faults, { drops: [60_000], noRanges: true, failures: [503] });
    expect(Buffer.compare(await readFile(await pull("hf://org/plain", say)), large)).toBe(0);
    expect(parts()).toEqual([undefined, undefined, "bytes=60000-"]);
  });

  test("that gives other bytes than promised leaves nothing behind", async () => {
    hub.faults.wrong = true;
    await expect(pull("hf://org/plain", say)).rejects.toThrow(
      /its checksum is [0-9a-f]{64}, [0-9a-f]{64} was promised; the download is removed/,
    );
    expect(await readdir(at("home/hub/models--org--plain/blobs"))).toEqual([]);
    await expect(pull("hf://org/plain/README.md", say)).rejects.toThrow(/its checksum is [0-9a-f]{40},/);
  });

  test("to nowhere says so", async () => {
    process.env["HF_ENDPOINT"] = "http://127.0.0.1:9";
    await expect(pull("hf://org/plain", say)).rejects.toThrow(
      /hf:\/\/org\/plain: http:\/\/127\.0\.0\.1:9 cannot be reached .*HF_HUB_OFFLINE=1/,
    );
  });
});

describe("access", () => {
  test("is by the environment's token, which the other server never sees", async () => {
    await expect(pull("hf://closed/model", say)).rejects.toThrow(
      "the server answered 401: it is not public, or not there; set HF_TOKEN",
    );
    process.env["HF_TOKEN"] = "hf_other";
    await expect(pull("hf://closed/model", say)).rejects.toThrow("the token in HF_TOKEN does not open it");
    process.env["HF_TOKEN"] = hub.token;
    hub.seen.length = 0;
    await pull("hf://closed/model", say);
    const told = (store: boolean): unknown[] =>
      hub.seen.filter(({ path }) => path.startsWith("/store/") === store).map(({ token }) => token);
    expect(new Set(told(false))).toEqual(new Set([`Bearer ${hub.token}`]));
    expect(told(true)).toEqual([undefined]);
  });

  test("to what is not there names it", async () => {
    await expect(pull("hf://org/none", say)).rejects.toThrow(
      'the server answered 404: there is no model org/none with a revision "main"',
    );
    await expect(pull("hf://org/plain@v2", say)).rejects.toThrow('org/plain with a revision "v2"');
    await expect(pull("hf://org/plain/none.pt", say)).rejects.toThrow(
      'it has no file "none.pt"; there are README.md, model.safetensors',
    );
  });

  test("offline is to the cache alone", async () => {
    process.env["HF_HUB_OFFLINE"] = "1";
    await expect(pull("hf://org/plain", say)).rejects.toThrow(
      `hf://org/plain is not in the cache ${at("home/hub")}, and HF_HUB_OFFLINE`,
    );
    process.env["HF_HUB_OFFLINE"] = "0";
    const file = await pull("hf://org/plain", say);
    process.env["HF_HUB_OFFLINE"] = "1";
    hub.seen.length = 0;
    expect(await pull("hf://org/plain", say)).toBe(file);
    expect(hub.seen).toEqual([]);
  });
});

test.each([
  ["hf://org", "the model's name is missing"],
  ["hf://org/", "a part of it is empty"],
  ["hf://org/../x", '".." is no name on the hub'],
  ["hf://org/name/a/../../b", '".." is no name on the hub'],
  ["hf://org/name@", "a part of it is empty"],
  ["hf://org/na\\me", '"na\\me" is no name on the hub'],
])("%s is refused", (address, message) => {
  expect(() => parseHubAddress(address)).toThrow(`${address}: ${message}; expected hf://org/name[/file][@revision]`);
});

test("an address names file and revision", () => {
  expect(parseHubAddress("hf://a/b/c/d.pt@refs/pr/1")).toEqual({
    repo: "a/b",
    file: "c/d.pt",
    revision: "refs/pr/1",
    text: "hf://a/b/c/d.pt@refs/pr/1",
  });
});

describe("a graph", () => {
  const graphFile = `${fixtures}parity/decoder.yaml`;
  const overrides = (to: string, weights: string): string[] => [
    `vars.from=${fixtures}decoder`,
    `vars.to=${at(to)}`,
    `decoder.weights=${weights}`,
  ];

  test("whose weights are not in the cache is wrong, and says how to get them; nothing is fetched", async () => {
    await expect(loadGraph(graphFile, { overrides: overrides("none", "hf://org/decoder") })).rejects.toThrow(
      `hf://org/decoder is not in the cache ${at("home/hub")}; \`graph pull hf://org/decoder\` brings it there`,
    );
    expect(hub.seen).toEqual([]);
  });

  test("with weights of the hub gives what it gives with the file itself, and its lock names the commit", async () => {
    const local = await loadGraph(graphFile, { overrides: overrides("local", `${fixtures}decoder/weights.safetensors`) });
    await runGraph(local, { backend: "reference", runDir: at("local-run") });
    const pulled = await loadGraph(graphFile, {
      overrides: overrides("pulled", "hf://org/decoder@main"),
      pull: (address) => pull(address, say),
    });
    await runGraph(pulled, { backend: "reference", runDir: at("pulled-run") });
    const files = await readdir(at("local"));
    expect(files.length).toBeGreaterThan(0);
    for (const file of files)
      expect(Buffer.compare(await readFile(at(`pulled/${file}`)), await readFile(at(`local/${file}`)))).toBe(0);
    expect(await readFile(at("pulled-run/lock.json"), "utf8")).toContain(`models--org--decoder/snapshots/${commit}`);
  });

  test("is pulled by the command, by its file or by address; both are told", async () => {
    const said = { out: "" };
    jest.spyOn(process.stdout, "write").mockImplementation((part) => (said.out += String(part)) !== "");
    jest.spyOn(process.stderr, "write").mockImplementation(() => true);
    const text = "name: x\nuse: { }\n";
    await writeFile(at("bad.yaml"), text);
    expect(await pullVerb(["hf://org/plain/small/stat.safetensors#w"], { json: true })).toBe(0);
    expect(JSON.parse(said.out)).toEqual({
      "hf://org/plain/small/stat.safetensors#w": join(snapshot("plain"), "small/stat.safetensors"),
    });
    said.out = "";
    const graph = (await readFile(graphFile, "utf8"))
      .replaceAll("${vars.from}/weights.safetensors", "hf://org/decoder")
      .replace("../decoder", `${fixtures}decoder`);
    await writeFile(at("decoder.yaml"), graph);
    expect(await pullVerb([at("decoder.yaml")], {})).toBe(0);
    expect(said.out).toBe(`hf://org/decoder ${join(snapshot("decoder"), "model.safetensors")}\n`);
    expect(await pullVerb(["hf://org/none"], {})).toBe(1);
    expect(await pullVerb(["hf://org"], {})).toBe(2);
    jest.restoreAllMocks();
  });

  test("takes a model's config from the hub as well, by the same cache, with its part and its revision", async () => {
    const config = (address: string): string[] => [...overrides("config", "hf://org/decoder"), `decoder.config=${address}`];
    await pull("hf://org/decoder", say);
    await expect(loadGraph(graphFile, { overrides: config("hf://org/decoder") })).rejects.toThrow(
      `hf://org/decoder/config.json@main is not in the cache ${at("home/hub")}; \`graph pull hf://org/decoder/config.json@main\``,
    );
    await expect(loadGraph(graphFile, { overrides: config("hf://org/decoder/none.json"), pull: bring })).rejects.toThrow(
      'it has no file "none.json"; there are model.safetensors, config.json',
    );
    await expect(loadGraph(graphFile, { overrides: config("hf://org"), pull: bring })).rejects.toThrow(
      "hf://org: the model's name is missing; expected hf://org/name[/file][@revision]",
    );
    const paramsOf = async (address: string): Promise<unknown> => {
      const { nodes } = await loadGraph(graphFile, { overrides: config(address), pull: bring });
      return nodes.find(({ name }) => name === "decoder")?.params;
    };
    const wanted = await paramsOf(`${fixtures}decoder/config.json`);
    lines = [];
    expect(await paramsOf("hf://org/decoder")).toEqual(wanted);
    expect(lines).toEqual([expect.stringMatching(/^pulling org\/decoder\/config\.json, \d/)]);
    process.env["HF_HUB_OFFLINE"] = "1";
    hub.seen.length = 0;
    expect(await paramsOf("hf://org/decoder/config.json@main#config")).toMatchObject({ decoder_hidden_size: 48 });
    await expect(paramsOf("hf://org/plain/config.json")).rejects.toThrow("and HF_HUB_OFFLINE forbids to fetch it");
    expect(hub.seen).toEqual([]);
  });

  test("in the cache is looked at again when its file is damaged there", async () => {
    const file = await pull("hf://org/decoder", say);
    await rm(file);
    await writeFile(file, "short");
    await expect(loadGraph(graphFile, { overrides: overrides("short", "hf://org/decoder") })).rejects.toThrow(
      "not a safetensors file",
    );
  });
});
