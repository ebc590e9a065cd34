import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { z } from "zod";
import { defineNode } from "../../../src/core/define-node.js";
import { tensor } from "../../../src/core/port.js";
import { loadGraph } from "../../../src/runtime/load-graph.js";
import { runToy } from "../toy/run-toy.js";
import { toyNodes } from "../toy/toy-nodes.js";

const toldTo: string[] = [];

const witness = defineNode({
  kind: "sink",
  type: "out.toy_witness",
  note: "Tells what it was told to do.",
  inputs: { y: tensor("f32[B,D]") },
  outputs: {},
  params: z.object({ fails: z.boolean().default(false) }),
  async open({ fails }, { node }) {
    const tell = (what: string): void => void toldTo.push(`${node} ${what}`);
    return {
      async write() {
        tell("write");
      },
      async close() {
        tell("close");
        if (fails) throw new Error("the disk is full");
      },
      async abandon() {
        tell("abandon");
      },
    };
  },
});

/** Runs a graph of two steps, in which the second batch may be broken, and gives what its sinks were told. */
async function told(params: { broken?: number; fails?: boolean }): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "sinks-"));
  await writeFile(join(folder, "z.safetensors"), "old");
  await writeFile(
    join(folder, "sinks.yaml"),
    `name: sinks
nodes:
  points: { type: toy.points, params: { batch: 2, count: 4${params.broken === undefined ? "" : `, broken: ${params.broken}`} } }
  first: { type: out.toy_witness, params: { fails: ${params.fails ?? false} }, in: { y: points.x } }
  second: { type: out.toy_witness, in: { y: points.y } }
  file: { type: out.tensor_file, params: { file: z.safetensors, key: z }, in: { tensor: points.x } }
`,
  );
  toldTo.length = 0;
  const graph = await loadGraph(join(folder, "sinks.yaml"), { nodes: [...toyNodes, witness] });
  const failed = await runToy(graph).then(
    () => false,
    () => true,
  );
  const kept = (await readFile(join(folder, "z.safetensors"), "utf8")) === "old";
  await rm(folder, { recursive: true });
  return [...toldTo, failed ? "failed" : "finished", kept ? "old file kept" : "file replaced"];
}

test("a phase that ends well closes its sinks", async () => {
  expect(await told({})).toEqual([
    ...["first write", "second write", "first write", "second write"],
    ...["first close", "second close", "finished", "file replaced"],
  ]);
});

test("a phase that fails abandons them, and a file from before stays", async () => {
  expect(await told({ broken: 2 })).toEqual([
    ...["first write", "second write", "first abandon", "second abandon", "failed", "old file kept"],
  ]);
});

test("where one cannot be closed, only the others are abandoned", async () => {
  expect((await told({ fails: true })).slice(4)).toEqual(["first close", "second abandon", "failed", "old file kept"]);
});
