import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { availableBackends } from "./backends.js";
import { bundle, runNode } from "./graph-command.js";
import { tinyFolder } from "./tiny.js";

const backends = (await availableBackends()).filter((id) => id !== "reference");

/** Images taken as latents, one block of width 8: as little work per step as a training can have. */
const smallest = `name: smallest
nodes:
  images: { type: data.idx, params: { images: images.idx, batch: 1 } }
  time: { type: flow.shifted_time, in: { like: images.image } }
  noisy: { type: flow.linear_path, in: { data: images.image, t: time.t } }
  dit:
    type: model.dit
    params:
      { input_size: 8, patch_size: 8, in_channels: 1, hidden_size: 8, depth: 1, num_heads: 1, num_classes: 2, use_rope: false }
    in: { x: noisy.x, t: time.t, label: images.label }
  loss: { type: flow.velocity_loss, in: { prediction: dit.velocity, target: noisy.velocity } }
  adam: { type: train.adamw, in: { loss: loss.value, trains: dit.weights } }
phases:
  train: { run: [adam], steps: 2000, checkpoint: 0 }
`;

/**
 * Young objects get a fixed space, and code is not compiled anew when it is found hot: both the engine decides by how fast the machine
 * happens to be, and either takes more than the 5%.
 */
const nodeFlags = ["--expose-gc", "--min-semi-space-size=4", "--max-semi-space-size=4", "--no-opt"];

let folder = "";
let script = "";

beforeAll(async () => {
  folder = await tinyFolder(smallest);
  script = await bundle("test/acceptance/memory-child.ts", "memory");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(backends)(
  "%s: memory after 2,000 steps is within 5%% of that after 200",
  async (backend) => {
    const args = [...nodeFlags, script, "tiny.yaml", backend, join(folder, backend), "200", "2000"];
    const { code, stdout, stderr } = await runNode(args, folder);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const [early = NaN, late = NaN] = JSON.parse(stdout) as number[];
    expect(early).toBeGreaterThan(10e6);
    expect(late / early).toBeLessThan(1.05);
  },
  300_000,
);
