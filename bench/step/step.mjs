import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { BenchError } from "../bench-error.mjs";
import { threadCount } from "../machine.mjs";
import { alternate, median, percent, ratioText } from "../numbers.mjs";
import { oneOf, wholeNumber } from "../options.mjs";
import { openPeer } from "../torch/open-peer.mjs";
import { configs } from "./configs.mjs";
import { timeStep } from "./time-step.mjs";

export const note = "One DiT-DH training step: noise, forward, backward, clipping, AdamW, moving average.";

export const options = {
  config: {
    value: "tiny|mini|mid|s|xl|wide|dh",
    default: "mini",
    note: "0.3 M (to try a backend), 3.3 M, 20 M or 196 M parameters",
    check: oneOf(...Object.keys(configs)),
  },
  batch: { value: "n", note: "samples a step (default: by the configuration); not with --vs-torch", check: wholeNumber },
  backend: { value: "id", default: "native", note: "auto, native, wasm, reference, …" },
  steps: { value: "n", note: "steps of a turn (default: by the configuration)", check: wholeNumber },
  profile: { note: "also time by kernel" },
};

/** Times our step; with --vs-torch in turns with PyTorch's, each turn in a process of its own, so that memory is never shared. */
export async function run(given, say) {
  const settings = { ...given, threads: threadCount(given.threads), steps: given.steps ?? configs[given.config].steps };
  const { config, precision, threads, steps, rounds } = settings;
  if (!given.vsTorch) return timeStep(settings);
  const work = ["--config", config, "--precision", precision];
  const time = ({ ms_median: ms }) => ms;
  const peer = await openPeer({
    name: "torch_step",
    threads,
    python: given.python,
    trial: [...work, "--steps", "2"],
    time,
    note: say,
  });
  const [ours, theirs] = await alternate(
    rounds,
    () => ourTurn([...work, "--backend", given.backend, "--threads", String(threads), "--steps", String(steps)]),
    () => peer.run([...work, "--steps", String(steps)]),
  );
  const oursMs = median(ours.map(({ ours_ms: ms }) => ms));
  const torchMs = median(theirs.map(time));
  return {
    ...ours.at(-1),
    ours_ms: oursMs,
    torch_ms: torchMs,
    ratio: oursMs / torchMs,
    images_per_s: (1000 * ours[0].batch) / oursMs,
    ours_ms_min: Math.min(...ours.map(({ ours_ms_min: ms }) => ms)),
    torch_ms_min: Math.min(...theirs.map(({ ms_min: ms }) => ms)),
    ...floorOf(ours),
    peak_rss_bytes: Math.max(...ours.map(({ peak_rss_bytes: bytes }) => bytes)),
    torch: peer.about,
    rounds: ours.map((turn, i) => ({ ours_ms: turn.ours_ms, torch_ms: time(theirs[i]) })),
  };
}

/** The best peak of all turns: a busy neighbour only ever lowers it. */
function floorOf(turns) {
  const peaks = turns.map(({ peak_gflops: peak }) => peak).filter((peak) => peak !== null);
  if (peaks.length === 0) return {};
  const peak = Math.max(...peaks);
  return { peak_gflops: peak, floor_ms: turns[0].flops / peak / 1e6 };
}

async function ourTurn(args) {
  const main = fileURLToPath(new URL("../main.mjs", import.meta.url));
  try {
    return JSON.parse((await promisify(execFile)(process.execPath, [main, "step", ...args, "--json"])).stdout);
  } catch (error) {
    throw new BenchError(`our step failed: ${String(error.stderr ?? error.message).trim()}`);
  }
}

export function text(result) {
  const { config, precision, device, ours_ms: ours, torch, floor_ms: floor, peak_gflops: peak, rounds, kernels } = result;
  const rate = `${result.images_per_s.toFixed(1)} images/s, ${(result.peak_rss_bytes / 1e9).toFixed(2)} GB at most`;
  return [
    `step ${config}, ${precision}, batch ${result.batch}, ${(result.params / 1e6).toFixed(1)} M parameters; ${device}`,
    `ours     ${ours.toFixed(1)} ms (least ${result.ours_ms_min.toFixed(1)}), ${rate}`,
    ...(torch
      ? [
          `PyTorch  ${result.torch_ms.toFixed(1)} ms (least ${result.torch_ms_min.toFixed(1)}), ${torch.version} ${torch.mode}, ${torch.threads} threads`,
        ]
      : []),
    ...(result.ours_outside_kernels_ms === null
      ? []
      : [`host     ${result.ours_outside_kernels_ms.toFixed(2)} ms of a step outside kernels`]),
    ...(floor === null
      ? []
      : [
          `floor    ${floor.toFixed(1)} ms: ${(result.flops / 1e9).toFixed(1)} GFLOP at the measured peak of ${peak.toFixed(0)} GFLOP/s; ours reaches ${percent(floor / ours)}`,
        ]),
    ...(torch
      ? [
          `ratio    ${ratioText(result.ratio, torch)}; by turns ${rounds.map((turn) => (turn.ours_ms / turn.torch_ms).toFixed(2)).join(" ")}`,
        ]
      : []),
    ...(kernels ?? []).map(
      ({ kernel, calls, ms }) => `${kernel.padEnd(20)} ${calls.toFixed(0).padStart(5)} calls ${ms.toFixed(2).padStart(8)} ms`,
    ),
  ].join("\n");
}
