import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { referenceBackend } from "../../src/backends/reference/index.js";
import { webgpuBackend } from "../../src/backends/webgpu/index.js";
import type { ComputeBackend } from "../../src/core/define-backend.js";
import type { Graph } from "../../src/core/graph.js";
import { formatProblem } from "../../src/core/language/format-problem.js";
import { GraphError } from "../../src/core/problem.js";
import { checkLimits } from "../../src/runtime/check-limits.js";
import { loadGraph } from "../../src/runtime/load-graph.js";
import { tinyFolder } from "../acceptance/tiny.js";

let folder = "";
beforeAll(async () => {
  folder = await tinyFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const tiny = (...overrides: string[]): ReturnType<typeof loadGraph> => loadGraph(join(folder, "tiny.yaml"), { overrides });

/** A backend whose device holds so many bytes in a tensor. */
function small(tensorBytes: number): ComputeBackend {
  return { ...referenceBackend, id: "small", limits: () => Promise.resolve({ tensorBytes, of: "a small card" }) };
}

test("names the largest tensor of a graph that fits", async () => {
  // The head's conditioning: 64 images, 4 tokens, 6 times the width 16, 4 bytes each.
  const found = await checkLimits(await tiny("images.batch=64"), small(98_304));
  expect(found?.largest).toMatchObject({ what: "the conditioning of a block", shape: [64, 4, 96], bytes: 98_304 });
  expect(found?.largest?.node.name).toBe("dit");
});

test("refuses every node with a larger one at its place, and names the batch that fits", async () => {
  const { problems, sources } = await refusal(await tiny("images.batch=64"), small(98_304 / 2));
  const [text = ""] = problems.map((problem) => formatProblem(problem, sources, { relativeTo: () => "tiny.yaml", color: false }));
  expect(problems).toHaveLength(1);
  expect(text).toContain(
    'tiny.yaml:21:3 error[G601]: node "dit": the conditioning of a block [64,4,96] takes 0.0938 MiB; small holds at most 0.0469 MiB in one tensor (a small card)',
  );
  expect(text).toContain("= a batch of 32 fits; or make the model smaller, or take another backend than small");
});

test("a weight that is too large asks for a smaller model", async () => {
  const { problems } = await refusal(await tiny(), small(4 * 8 * 512 - 1));
  expect(problems.map(({ message, cure }) => [message.split(" takes")[0], cure])).toEqual([
    ['node "dit": the weight t_embedder.mlp.0.weight [8,512]', "make the model smaller, or take another backend than small"],
  ]);
});

test("webgpu has the adapter's limits, or those that every device has", async () => {
  const limits = await webgpuBackend.limits?.();
  expect(limits?.tensorBytes).toBeGreaterThanOrEqual(128 * 2 ** 20);
  const { problems } = await refusal(await tiny("dit.num_classes=2000000000"), webgpuBackend);
  expect(problems[0]?.message).toMatch(
    /^node "dit": the weight y_embedder.embedding_table.weight \[2000000001,8\] takes 61,035 MiB; webgpu holds at most [\d,]+ MiB in one tensor \(.+\)$/,
  );
});

test("a backend without such limits is not asked", async () => {
  expect(await checkLimits(await tiny("dit.num_classes=2000000000"), referenceBackend)).toBeUndefined();
});

async function refusal(graph: Graph, backend: ComputeBackend): Promise<GraphError> {
  const thrown = await checkLimits(graph, backend).catch((error: unknown) => error);
  if (!(thrown instanceof GraphError)) throw new Error("expected a refusal", { cause: thrown });
  return thrown;
}
