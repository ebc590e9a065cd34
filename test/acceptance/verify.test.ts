import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { bundled } from "./bundled-graph.js";
import type { Bundled } from "./bundled-graph.js";
import { idxBytes } from "./tiny.js";

let shipped: Bundled;
let folder = "";

/** An op that doubles, whose kernel for wasm forgot to. */
const plugin = `import { defineNode, defineOp, tensor, tf, z } from "raegraph";
const twice = defineOp({ kernel: "Twice", inputs: ["x"], expand: ({ x }) => tf.mul(x, 2), grad: (dy) => ({ x: () => tf.mul(dy, 2) }) });
export const doubled = defineNode({
  kind: "map", type: "my.doubled", note: "Doubles.", params: z.object({}),
  inputs: { x: tensor("f32[B,...]") }, outputs: { x: tensor("f32[B,...]") },
  run({ x }) {
    if (!tf.getKernel("Twice", "wasm"))
      tf.registerKernel({ kernelName: "Twice", backendName: "wasm", kernelFunc: (call) => tf.getKernel("Identity", "wasm").kernelFunc(call) });
    return { x: twice({ x }, {}) };
  },
});
`;
const graph = `name: doubling
plugins: [./nodes.ts]
nodes:
  images: { type: data.idx, params: { images: images.idx, batch: 2 } }
  plain: { type: my.doubled, in: { x: images.image } }
  again: { type: my.doubled, in: { x: plain.x } }
  grid: { type: out.image_grid, in: { image: again.x } }
phases: { show: { run: [grid], steps: 2 } }
`;

beforeAll(async () => {
  shipped = await bundled("verify");
  folder = await mkdtemp(join(tmpdir(), "graph-verify-"));
  await writeFile(join(folder, "images.idx"), idxBytes([8, 4, 4], new Uint8Array(8 * 4 * 4).fill(51)));
  await writeFile(join(folder, "nodes.ts"), plugin);
  await writeFile(join(folder, "doubling.yaml"), graph);
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test("graph verify ends with 3 and names the first node that is wrong on a backend, its place and by how much", async () => {
  const { code, stdout } = await shipped.graph(folder, "verify", "doubling.yaml", "--backends", "reference,wasm");
  expect(code).toBe(3);
  expect(stdout).toContain(
    'first difference: node "plain" (doubling.yaml:5:3): plain.x [2,4,4,1] at step 1 of phase "show" differs by 0.500 of its largest number (allowed 0.001): 0.20000000298023224 instead of 0.4000000059604645',
  );
  expect(stdout).toMatch(/^ +show +again\.x +0\.75 +1 +0\.001 +differs$/m);
});

test("and tells the same as JSON; with 0 where the backends agree", async () => {
  const json = await shipped.graph(folder, "verify", "doubling.yaml", "--backends", "reference,wasm", "--json");
  expect(json.code).toBe(3);
  const { others } = JSON.parse(json.stdout) as { others: { equal: boolean; first: object }[] };
  expect(others).toMatchObject([{ equal: false, first: { node: "plain", step: 1, difference: 0.5, at: "doubling.yaml:5:3" } }]);
  const alike = await shipped.graph(folder, "verify", "doubling.yaml", "--backends", "reference,wasm", "--tolerance", "0.8");
  expect(alike).toMatchObject({ code: 0, stdout: expect.stringContaining("no difference beyond what is allowed") });
});
