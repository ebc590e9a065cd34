import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { locate } from "../../src/core/language/format-problem.js";
import type { Problem } from "../../src/core/problem.js";
import { badPlugins, graph, node } from "./bad-plugins.js";
import { bundled } from "./bundled-graph.js";
import type { Bundled } from "./bundled-graph.js";
import { runNode } from "./graph-command.js";
import { idxBytes } from "./tiny.js";

let shipped: Bundled;
let folder = "";

beforeAll(async () => {
  shipped = await bundled("plugins");
  folder = await mkdtemp(join(tmpdir(), "graph-plugins-"));
  await files("", { "nodes.ts": node(), "good.yaml": graph("./nodes.ts") });
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Writes files and a small data set below the folder; gives their folder. */
async function files(below: string, texts: Readonly<Record<string, string>>): Promise<string> {
  const here = join(folder, below);
  for (const [name, text] of Object.entries(texts)) {
    await mkdir(dirname(join(here, name)), { recursive: true });
    await writeFile(join(here, name), text);
  }
  await mkdir(here, { recursive: true });
  await writeFile(join(here, "images.idx"), idxBytes([8, 4, 4], new Uint8Array(8 * 4 * 4).fill(128)));
  return here;
}

describe("a plugin with a mistake is named, with the cure", () => {
  let found: readonly (readonly Problem[])[] = [];
  const folders: string[] = [];

  // One process looks at all, for to start one takes longer than to check.
  beforeAll(async () => {
    for (const [i, bad] of badPlugins.entries())
      folders.push(await files(`bad-${i}`, { ...bad.files, "bad.yaml": graph(bad.plugin, bad.type) }));
    const script = `const { checkGraph } = await import(${JSON.stringify(shipped.face)});
const found = [];
for (const folder of ${JSON.stringify(folders)}) {
  process.chdir(folder);
  found.push((await checkGraph("bad.yaml")).problems);
}
process.stdout.write(JSON.stringify(found));`;
    const { stdout, stderr } = await runNode(["--input-type=module", "-e", script], folder);
    expect(stderr).toBe("");
    found = JSON.parse(stdout) as Problem[][];
  }, 120_000);

  test.each(badPlugins.map(({ what }, i) => [what, i] as const))("%s", async (_what, i) => {
    const { plugin, type, lines = [] } = badPlugins[i] ?? { plugin: "" };
    const text = graph(plugin, type);
    const told = (found[i] ?? []).map(({ code, message, at }) => {
      const { line, col } = locate(text, at?.start ?? -1);
      return `bad.yaml:${line}:${col} error[${code}]: ${message}`.replaceAll(folders[i] ?? "", ".");
    });
    expect(told).toEqual(lines);
  });

  test("on the command line too, without a stack, and nothing runs", async () => {
    expect(await shipped.graph(folder, "check", "good.yaml", "--plugin", "./nowhere.ts")).toEqual({
      code: 2,
      stdout: "",
      stderr: `<plugin>:1:1 error[G405]: plugin "./nowhere.ts": no such file: ${join(folder, "nowhere.ts")}; paths count from the file that names them
    1 | ./nowhere.ts
      | ^^^^^^^^^^^^

1 mistake; nothing ran
`,
    });
  });
});

describe("a plugin", () => {
  test("in TypeScript, named by the graph, runs, and the run's lock and resolved graph know it", async () => {
    const { code, stderr } = await shipped.graph(folder, "run", "good.yaml", "--backend", "reference", "--run-dir", "run");
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const lock = JSON.parse(await readFile(join(folder, "run/lock.json"), "utf8")) as { plugins: unknown };
    expect(lock.plugins).toEqual([
      { name: "./nodes.ts", file: join(folder, "nodes.ts"), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ]);
    expect(await readFile(join(folder, "run/resolved.yaml"), "utf8")).toContain(`plugins: [${join(folder, "nodes.ts")}]`);
    expect(await shipped.graph(folder, "check", "run/resolved.yaml")).toMatchObject({ code: 0 });
  });

  test("named by a flag is known to check and inspect", async () => {
    await files("", { "plain.yaml": graph("").replace("plugins: []\n", "") });
    const [without, check, inspect] = await Promise.all([
      shipped.graph(folder, "check", "plain.yaml"),
      shipped.graph(folder, "check", "plain.yaml", "--plugin", "nodes.ts"),
      shipped.graph(folder, "inspect", "my.noise", "--plugin", "nodes.ts"),
    ]);
    expect([without.code, check.code, inspect.code]).toEqual([2, 0, 0]);
    expect(without.stderr).toContain('unknown type "my.noise"');
    expect(inspect.stdout).toContain("std  number >= 0  0.1");
  });

  test("as a package of other files brings a node, an op and a backend; one copy of the tensor library serves all", async () => {
    const here = await files("package", {
      "good.yaml": graph("extras"),
      "node_modules/extras/package.json":
        '{ "name": "extras", "version": "1.2.3", "type": "module", "raegraph": { "nodes": "./nodes.js" } }',
      "node_modules/extras/nodes.js": `import * as tensors from "@tensorflow/tfjs-core";
import { defineNode, tensor, tf, z } from "raegraph";
import { double } from "./double.js";
export { slow } from "./slow.js";
export { double };
export const noise = defineNode({
  kind: "map", type: "my.noise", note: "Doubles.", params: z.object({}),
  inputs: { data: tensor("f32[B,...]") }, outputs: { x: tensor("f32[B,...]") },
  run({ data }) {
    if (tf.engine() !== tensors.engine() || tf.Tensor !== tensors.Tensor) throw new Error("two tensor libraries");
    return { x: double({ x: data }, {}) };
  },
});
export const nodes = [noise];
`,
      "node_modules/extras/double.js": `import { defineOp, tf } from "raegraph";
export const double = defineOp({ kernel: "Double", inputs: ["x"], expand: ({ x }) => tf.mul(x, 2), grad: (dy) => ({ x: () => tf.mul(dy, 2) }) });
`,
      "node_modules/extras/slow.js": `import { defineBackend, tf } from "raegraph";
export const slow = defineBackend({
  id: "slow", note: "The plain one again.", precisions: ["fp32"],
  probe: async () => ({ available: true, reason: "always" }),
  async open() {
    throw new Error("opened slow with tensor library " + tf.version_core);
  },
});
`,
    });
    const [slow, plain] = await Promise.all([
      shipped.graph(here, "run", "good.yaml", "--backend", "slow", "--run-dir", "slow"),
      shipped.graph(here, "run", "good.yaml", "--backend", "reference", "--run-dir", "plain"),
    ]);
    expect(plain).toMatchObject({ code: 0 });
    expect(slow).toMatchObject({ code: 1, stderr: expect.stringContaining("opened slow with tensor library 4.22.0") });
    const lock = JSON.parse(await readFile(join(here, "plain/lock.json"), "utf8")) as { plugins: unknown };
    expect(lock.plugins).toMatchObject([{ name: "extras", version: "1.2.3" }]);
  });

  test("that imports zod of its own and other TypeScript files works, its paths counted from the graph", async () => {
    const here = await files("own", {
      "good.yaml": graph("./nodes.ts").replace("my.noise,", "my.noise, params: { table: ./a.bin, std: 2 },"),
      "nodes.ts": `import { z } from "${join(process.cwd(), "node_modules/zod/index.js")}";
${node(["defineNode, tensor, z", "defineNode, path, tensor"], ["z.object({", 'z.object({ table: path("a table"),'], ["defineNode({", "defineNode({\n  ...more,"]).replace("export", 'import { more } from "./more.js";\nexport')}`,
      "more.ts": "enum Version { first = 3 }\nexport const more: { readonly version: number } = { version: Version.first };\n",
    });
    const { code, stdout, stderr } = await shipped.graph(here, "print", "good.yaml");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`type: my.noise@3\n    params:\n      table: ${join(here, "a.bin")}\n      std: 2`);
  });
});
