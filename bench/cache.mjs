import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { median, table } from "./numbers.mjs";
import { wholeNumber } from "./options.mjs";

export const note = "An epoch of images through the shipped frozen encoder: computed, computed and kept, read from the cache.";

export const options = {
  batch: { value: "n", note: "images of a step (default: 125)", check: wholeNumber },
};

const graphs = fileURLToPath(new URL("../graphs/", import.meta.url));

/** Data and encoder alone; what is made of the tokens costs next to nothing. */
function graphText(batch) {
  return `name: cache-bench
nodes:
  images: { use: ${graphs}parts/images.yaml, vars: { batch: ${batch}, shuffle: true } }
  encoder: { use: ${graphs}parts/encoder.yaml, in: { image: images.image } }
  sum: { type: flow.velocity_loss, in: { prediction: encoder.tokens, target: encoder.tokens } }
  mean: { type: metric.mean, in: { value: sum.value } }
phases:
  epoch: { run: [mean], steps: ${Math.floor(12000 / batch)} }
`;
}

/** Times one epoch each: without a cache, with an empty one, then with what that one kept. */
export async function run({ batch = 125, precision, threads, rounds }, say) {
  const { loadGraph, runGraph } = await import("../dist/bundle/index.js");
  const folder = await mkdtemp(join(tmpdir(), "cache-bench-"));
  const file = join(folder, "graph.yaml");
  await writeFile(file, graphText(batch));
  const times = { plain: [], first: [], second: [] };
  let turn = 0;
  const epoch = async (overrides) => {
    const runDir = join(folder, `run-${turn++}`);
    await runGraph(await loadGraph(file, { overrides }), { backend: "native", precision, threads, runDir });
    const events = (await readFile(join(runDir, "events.jsonl"), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    return {
      seconds: events.find(({ event }) => event === "phase-end").seconds,
      cache: events.find(({ event }) => event === "cache"),
    };
  };
  try {
    const counts = [];
    for (let round = 0; round < rounds; round++) {
      process.env.RAEGRAPH_CACHE = join(folder, `cache-${round}`);
      say(`round ${round + 1} of ${rounds}`);
      times.plain.push((await epoch([])).seconds);
      for (const name of ["first", "second"]) {
        const { seconds, cache } = await epoch(["+encoder/vit.cache=disk"]);
        times[name].push(seconds);
        counts.push(cache);
      }
    }
    const [plain, first, second] = Object.values(times).map((list) => 1000 * median(list));
    const [cold, warm] = counts;
    return { batch, plain_ms: plain, first_ms: first, second_ms: second, ratio: first / second, cold, warm };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The result for people. */
export function text({ plain_ms, first_ms, second_ms, ratio, cold, warm }) {
  const row = (name, ms, counts) => [
    name,
    `${ms.toFixed(0)} ms`,
    counts ? `${counts.computed} computed, ${counts.read} read` : "",
  ];
  return [
    table([
      ["epoch of 12,000 images, data and encoder", "time", "images"],
      row("without cache", plain_ms),
      row("first epoch with cache", first_ms, cold),
      row("second epoch with cache", second_ms, warm),
    ]),
    `the second epoch takes ${ratio.toFixed(1)} times less than the first`,
  ].join("\n");
}
