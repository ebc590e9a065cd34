import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { HostArray } from "../../src/core/tensor.js";
import { encodeSafetensors } from "../../src/nodes/files/safetensors.js";
import { runVerb } from "../../src/runtime/cli/run.js";
import { badGraphs } from "./bad-graphs.js";
import { bundle, runNode } from "./graph-command.js";
import { changed, idxBytes, tinyFolder } from "./tiny.js";

const flags = {
  backend: "reference",
  precision: "fp32",
  resume: "never",
  logEvery: 10,
  programs: true,
  checkReplay: 0,
  stallAfter: 60,
} as const;
const home = process.cwd();
let folder = "";

beforeAll(async () => {
  folder = await tinyFolder();
  process.chdir(folder);
  await writeFile("none.idx", idxBytes([0, 8, 8], new Uint8Array()));
  await writeFile("half.idx", idxBytes([64, 8, 8], new Uint8Array(1000)));
  const other = encodeSafetensors(
    new Map([
      ["vit.embeddings.cls_token", zeros(1, 1, 16)],
      ["vit.layernorm.wieght", zeros(8)],
    ]),
  );
  await writeFile("other.safetensors", other);
  await writeFile("cut.safetensors", other.subarray(0, other.length - 3));
  await mkdir("checkpoint");
  await writeFile("checkpoint/ema.safetensors", encodeSafetensors(new Map([["pos_embed", zeros(1, 9, 8)]])));
});
afterEach(() => void jest.restoreAllMocks());
afterAll(async () => {
  process.chdir(home);
  await rm(folder, { recursive: true, force: true });
});

function zeros(...shape: number[]): HostArray {
  return { dtype: "f32", shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) };
}

/** What `graph run` says of a file: exit code and standard error, `.` for the folder. Holds that nothing was written. */
async function run(text: string | Uint8Array, overrides: string[] = [], more = {}): Promise<{ code: number; said: string }> {
  const file = "bad.yaml";
  await writeFile(file, text);
  const before = await readdir(".", { recursive: true });
  let said = "";
  jest.spyOn(process.stderr, "write").mockImplementation((part) => (said += String(part)) !== "");
  const code = await runVerb(file, overrides, { ...flags, ...more });
  expect(await readdir(".", { recursive: true })).toEqual(before);
  return { code, said: said.replaceAll(folder, ".") };
}

/** The lines of a text that start a problem. */
function firstLines(said: string): string[] {
  return said.split("\n").filter((line) => / ?error\[G\d+\]: /.test(line));
}

describe("a graph with a mistake is told where, what and the cure, and nothing runs", () => {
  test.each(badGraphs)("%s", async (_what, text, lines, cure) => {
    const { code, said } = await run(text);
    expect(firstLines(said)).toEqual(lines);
    expect(said).toContain(cure);
    expect(said).toContain(`${lines.length} ${lines.length === 1 ? "mistake" : "mistakes"}; nothing ran\n`);
    expect(code).toBe(2);
  });

  test("an edge that does not fit shows both of its ends", async () => {
    const { said } = await run(changed(["in_channels: 8", "in_channels: 16"], ["z: drawn.z", "z: encoder.tokens"]));
    expect(said)
      .toBe(`bad.yaml:24:14 error[G306]: node "dit", input "x": produces f32[4,2,2,8], expects f32[B,2,2,16]: size 4 differs (8 and 16)
   24 |     in: { x: noisy.x, t: time.t, label: images.label }
      |              ^^^^^^^
      = change the params of "noisy" or "dit" so that both agree, or connect another output
bad.yaml:20:3 note: "noisy.x" is produced here
   20 |   noisy: { type: flow.linear_path, in: { data: encoder.tokens, t: time.t } }
      |   ^^^^^

1 mistake; nothing ran
`);
  });

  test("weights of another model are listed key by key", async () => {
    const { said } = await run(changed(["image_size: 8", "weights: other.safetensors\n      image_size: 8"]));
    expect(said).toBe(`bad.yaml:9:16 error[G404]: node "encoder": ./other.safetensors: the file holds another model:
    9 |       weights: other.safetensors
      |                ^^^^^^^^^^^^^^^^^
      | wrong shape vit.embeddings.cls_token: [1,1,16] in the file, [1,1,8] in the model
      | missing vit.embeddings.position_embeddings
      | missing vit.embeddings.patch_embeddings.projection.weight
      | missing vit.embeddings.patch_embeddings.projection.bias
      | missing vit.encoder.layer.0.attention.attention.query.weight
      | missing vit.encoder.layer.0.attention.attention.query.bias
      | missing vit.encoder.layer.0.attention.attention.key.weight
      | missing vit.encoder.layer.0.attention.attention.key.bias
      | missing vit.encoder.layer.0.attention.attention.value.weight
      | missing vit.encoder.layer.0.attention.attention.value.bias
      | missing vit.encoder.layer.0.attention.output.dense.weight
      | missing vit.encoder.layer.0.attention.output.dense.bias
      | missing vit.encoder.layer.0.intermediate.dense.weight
      | missing vit.encoder.layer.0.intermediate.dense.bias
      | missing vit.encoder.layer.0.output.dense.weight
      | missing vit.encoder.layer.0.output.dense.bias
      | missing vit.encoder.layer.0.layernorm_before.weight
      | missing vit.encoder.layer.0.layernorm_before.bias
      | missing vit.encoder.layer.0.layernorm_after.weight
      | missing vit.encoder.layer.0.layernorm_after.bias
      | unexpected vit.layernorm.wieght (the model has "vit.layernorm.weight")
      | set the params that it was made with, or give another file

1 mistake; nothing ran
`);
  });
});

describe("what is not in the graph file", () => {
  test.each<readonly [string, string[], object, string]>([
    [
      "a backend that there is not",
      [],
      { backend: "wasmm" },
      'graph: unknown backend "wasmm"; did you mean "wasm"? there are auto, ',
    ],
    [
      "a precision that the backend has not",
      [],
      { precision: "bf16" },
      "graph: backend reference computes in fp32, not in bf16; choose another --precision or --backend\n",
    ],
    [
      "a run to resume that there is not",
      [],
      { resume: "nowhere" },
      "graph: cannot resume from ./nowhere: no such folder; give never, auto, must, a run folder or a checkpoint folder\n",
    ],
    [
      "an override of a misspelt param",
      ["dit.dpeth=2"],
      {},
      '<override>:1:5 error[G104]: node "dit": unknown param "dpeth"\n    1 | dit.dpeth=2\n      |     ^^^^^\n      = did you mean "depth"?\n',
    ],
    [
      "an override without value",
      ["dit.depth"],
      {},
      '<override>:1:1 error[G510]: override "dit.depth" has no value\n    1 | dit.depth\n      | ^^^^^^^^^\n      = write key=value, +key=value to add, or ~key to remove\n',
    ],
  ])("%s", async (_what, overrides, more, said) => {
    const ended = await run(changed(), overrides, more);
    expect(ended.said).toContain(said);
    expect(ended.code).toBe(2);
  });

  test("a checkpoint whose files are damaged", async () => {
    await mkdir("run/checkpoints/step-00000005", { recursive: true });
    await writeFile("run/checkpoints/step-00000005/state.json", "{}");
    const { code, said } = await run(changed(), [], { resume: "run" });
    expect(said).toMatch(
      /^graph: no checkpoint of \.\/run is whole:\n {2}checkpoint .*step-00000005 cannot be used: state\.json.*\nstart a new run\n$/,
    );
    expect(code).toBe(2);
  });

  test("a graph file, a verb and a flag that there are not, as the process tells them", async () => {
    process.chdir(home); // the bundler looks for the project here
    const main = await bundle("src/runtime/cli/main.ts", "bad-input");
    process.chdir(folder);
    const before = await readdir(".", { recursive: true });
    const [file, verb, flag] = await Promise.all(
      [
        ["run", "tniy.yaml"],
        ["rnu", "tiny.yaml"],
        ["run", "tiny.yaml", "--bakend=wasm"],
      ].map((args) => runNode([main, ...args], folder)),
    );
    expect(file).toEqual({
      code: 2,
      stdout: "",
      stderr: `error[G401]: cannot read "${join(folder, "tniy.yaml")}": no such file\n      = give the path of a graph file, counted from the current folder\n\n1 mistake; nothing ran\n`,
    });
    expect(verb).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^graph: unknown command 'rnu'\n\(Did you mean run\?\)\n/),
    });
    expect(flag).toMatchObject({ code: 2, stderr: expect.stringMatching(/^graph: unknown option '--bakend=wasm'\n/) });
    expect(await readdir(".", { recursive: true })).toEqual(before);
  });
});
