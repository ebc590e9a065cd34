import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, test } from "@jest/globals";
import { z } from "zod";

import { defineNode } from "../../../src/core/define-node.js";
import { tensor } from "../../../src/core/port.js";
import { tf } from "../../../src/core/tensor.js";
import { loadGraph, runGraph } from "../../../src/runtime/api.js";
import { toyNodes } from "../../runtime/toy/toy-nodes.js";
import { missing, useEmulator } from "./emulator.js";

const bent = defineNode({
  kind: "map",
  type: "toy.arctangent",
  note: "A kernel for which the device has no call.",
  inputs: { x: tensor("f32[B,D]") },
  outputs: { x: tensor("f32[B,D]") },
  params: z.object({}),
  run: ({ x }) => ({ x: tf.atan(x) }),
});

const graph = `name: toy
nodes:
  points: { type: toy.points }
  bent: { type: toy.arctangent, in: { x: points.x } }
  net: { type: toy.linear, in: { x: bent.x } }
  error: { type: flow.velocity_loss, in: { prediction: net.y, target: points.y } }
  adam: { type: train.adamw, params: { lr: 0.05 }, in: { loss: error.value, trains: net.weights } }
phases: { train: { run: [adam], steps: 6 } }
`;

const reason = missing();

describe("kernels that cuda leaves to the host", () => {
  if (reason !== undefined) {
    test.skip(`not tested: ${reason}`, () => undefined);
    return;
  }
  useEmulator();

  test("are named in the run's log, once each", async () => {
    const folder = await mkdtemp(join(tmpdir(), "host-kernels-"));
    await writeFile(join(folder, "toy.yaml"), graph);
    const loaded = await loadGraph(join(folder, "toy.yaml"), { nodes: [...toyNodes, bent] });
    await runGraph(loaded, { backend: "cuda", runDir: join(folder, "run") });
    const log = await readFile(join(folder, "run/log.jsonl"), "utf8");
    const lines = log.split("\n").filter((line) => line.includes("runs on the host, on copies"));
    expect(lines.map((line) => (JSON.parse(line) as { msg: string }).msg)).toEqual([
      "cuda: the kernel Atan runs on the host, on copies, for some of its shapes or types",
    ]);
    await rm(folder, { recursive: true });
  });
});
