import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { runNode } from "../../acceptance/graph-command.js";
import type { Ended } from "../../acceptance/graph-command.js";

// The bundle must lie below the project, where its libraries and its package.json are found.
const bundle = resolve("build/test/start");
const command = join(bundle, "graph.cjs");
const assets = resolve("graphs/assets/fashion-mnist");
let folder = "";

beforeAll(async () => {
  await promisify(execFile)(process.execPath, ["scripts/bundle.mjs", bundle], { env: { ...process.env, NODE_OPTIONS: "" } });
  folder = await mkdtemp(join(tmpdir(), "graph-start-"));
  await writeFile(
    join(folder, "look.yaml"),
    `name: look
nodes:
  images: { type: data.idx, params: { images: ${assets}/t10k-images-idx3-ubyte.gz, batch: 4 } }
  grid: { type: out.image_grid, in: { image: images.image } }
phases:
  show: { run: [grid], steps: 3 }
`,
  );
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Tells every file that is imported, by a hook, and at the end every file that was required. */
const watcher = ((): string => {
  const hook = `import { appendFileSync } from "node:fs";
export async function resolve(name, context, next) {
  const found = await next(name, context);
  if (found.url.startsWith("file:")) appendFileSync(2, "(loaded " + found.url + ")\\n");
  return found;
}`;
  const main = `import module from "node:module";
module.register(${JSON.stringify(dataUrl(hook))});
process.on("exit", () => Object.keys(module._cache).forEach((file) => process.stderr.write("(loaded " + file + ")\\n")));`;
  return dataUrl(main);
})();

function dataUrl(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

/** Runs the bundled command; `loaded` are the files that it took in as modules. */
async function graph(...args: string[]): Promise<Ended & { readonly loaded: readonly string[] }> {
  const ended = await runNode(["--import", watcher, command, ...args], folder);
  const line = /\(loaded (.*?)\)\n/g;
  const loaded = [...ended.stderr.matchAll(line)].map(([, file = ""]) => file.replace(/^file:\/\//, ""));
  return { ...ended, stderr: ended.stderr.replace(line, ""), loaded: [...new Set(loaded)] };
}

const readings: readonly (readonly [name: string, args: readonly string[], says: string])[] = [
  ["help", ["--help"], "Usage: graph"],
  ["inspect", ["inspect"], "model.dit_dh"],
  ["inspect TYPE", ["inspect", "model.dit_dh"], "hidden_size"],
  ["check", ["check", "look.yaml"], "no mistakes found"],
  ["print", ["print", "look.yaml"], "type: data.idx"],
  ["show", ["show", "look.yaml", "--format", "svg"], "image f32[4,28,28,1]"],
  ["weights", ["weights", resolve("graphs/assets/encoder.safetensors")], "vit.encoder.layer.0"],
  ["weights of PyTorch", ["weights", resolve("test/fixtures/torch/zip.pt")], "ema.bias"],
  ["explain", ["explain", "G306"], "different sizes"],
  ["schema", ["schema"], "json-schema.org"],
];

describe("a verb that only reads", () => {
  test.each(readings)("%s loads one file, and no library besides", async (_name, args, says) => {
    const { code, stdout, stderr, loaded } = await graph(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(says);
    expect(loaded).toEqual([command]);
  });

  test("has no tensor library, stream library or image library in that file", async () => {
    const code = await readFile(join(bundle, "main.cjs"), "utf8");
    const packages = new Set([...code.matchAll(/^ *\/\/ node_modules\/((?:@[\w-]+\/)?[\w-]+)/gm)].map(([, name]) => name));
    // The language's own libraries are there, so the absence of the others says something.
    expect([...packages]).toEqual(expect.arrayContaining(["commander", "yaml", "zod"]));
    const heavy = ["@tensorflow/tfjs-core", "rxjs", "inversify", "sharp", "pino", "fast-png", "ml-matrix"];
    expect(heavy.filter((name) => packages.has(name))).toEqual([]);
  });

  test("says the same with and without its code cache, and writes a missing one", async () => {
    const cache = join(bundle, "cache");
    const before = await graph("check", "look.yaml");
    await rm(cache, { recursive: true, force: true });
    const without = await graph("check", "look.yaml");
    expect(without).toEqual(before);
    expect((await readdir(cache)).map((file) => file.split("-").at(-1))).toEqual(["check"]);
    expect(await graph("check", "look.yaml")).toEqual(before);
  });

  test("keeps its exit code and writes no cache where a graph is wrong", async () => {
    await rm(join(bundle, "cache"), { recursive: true, force: true });
    const { code, stderr } = await graph("check", "missing.yaml");
    expect(code).toBe(2);
    expect(stderr).toContain("missing.yaml");
    expect(await readdir(join(bundle, "cache")).catch(() => [])).toEqual([]);
  });
});

test("a verb that runs a graph loads the tensor library, once, and comes to its end", async () => {
  const { code, loaded } = await graph("run", "look.yaml", "--backend", "reference", "--run-dir", join(folder, "run"));
  expect(code).toBe(0);
  expect(loaded.filter((file) => file.includes("@tensorflow/tfjs-core/"))).toHaveLength(1);
  expect(loaded.filter((file) => /node_modules\/(rxjs|inversify|zod|yaml)\//.test(file))).toEqual([]);
  expect(await readdir(join(folder, "run", "samples"))).toHaveLength(1);
});
