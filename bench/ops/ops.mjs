import { fromPackage, measurePeak, openAddon, threadCount } from "../machine.mjs";
import { alternate, median, percent, ratioText, table } from "../numbers.mjs";
import { openPeer } from "../torch/open-peer.mjs";
import { opCases } from "./cases.mjs";
import { copyBandwidth, timeAdamW } from "./memory.mjs";
import { timeOp } from "./time-op.mjs";

export const note = "Fused ops of the native backend, forward and backward, and the optimizer.";

export const options = {};

/** Times every op; the object's own times are those of attention, forward and backward. */
export async function run({ precision, threads: asked, vsTorch, rounds, python }, say) {
  const threads = threadCount(asked);
  const addon = await openAddon(threads);
  const { nativeBackend } = await fromPackage("backends/native/index.js");
  const device = await nativeBackend.open({ precision, threads });
  const cases = await opCases();
  const args = ["--precision", precision];
  const time = ({ rows }) => Object.values(rows).reduce((sum, ms) => sum + ms, 0);
  const peer = vsTorch
    ? await openPeer({ name: "torch_ops", threads, python, trial: [...args, "--brief"], time, note: say })
    : undefined;
  const limits = { peak: 0, copy: 0 };
  const ourTurn = async () => {
    limits.peak = Math.max(limits.peak, await measurePeak(addon, precision));
    limits.copy = Math.max(limits.copy, copyBandwidth(addon));
    const timed = new Map([["adamw", timeAdamW(addon)]]);
    for (const { name, flops, ...rest } of cases)
      for (const [pass, found] of Object.entries(await timeOp(rest)))
        timed.set(`${name} ${pass}`, { ...found, ...(flops ? { flops: flops * (pass === "backward" ? 2 : 1) } : {}) });
    return timed;
  };
  const theirTurn = async () => (await peer.run(args)).rows;
  try {
    const [ours, theirs] = await alternate(peer ? rounds : 1, ourTurn, ...(peer ? [theirTurn] : []));
    const rows = [...ours[0]].map(([name, { bytes, flops }]) => {
      const ms = median(ours.map((turn) => turn.get(name).ms));
      const rate = flops ? { gflops: flops / ms / 1e6, of_peak: flops / ms / 1e6 / limits.peak } : rateOf(bytes, ms, limits.copy);
      if (!theirs) return { name, ours_ms: ms, ...rate };
      const torchMs = median(theirs.map((turn) => turn[name]));
      return { name, ours_ms: ms, ...rate, torch_ms: torchMs, ratio: ms / torchMs };
    });
    const sum = (key) =>
      rows.filter(({ name }) => /^attention (forward|backward)$/.test(name)).reduce((total, row) => total + row[key], 0);
    const torch = peer ? { torch_ms: sum("torch_ms"), ratio: sum("ours_ms") / sum("torch_ms"), torch: peer.about } : {};
    const about = { isa: addon.isa(), threads, precision, peak_gflops: limits.peak, copy_gb_per_s: limits.copy / 1e9 };
    return { ...about, ours_ms: sum("ours_ms"), ...torch, rows };
  } finally {
    await device.close();
  }
}

function rateOf(bytes, ms, copy) {
  const rate = bytes / (ms / 1000);
  return { gb_per_s: rate / 1e9, of_copy: rate / copy };
}

export function text({ isa, threads, precision, peak_gflops: peak, copy_gb_per_s: copy, rows, ratio, torch }) {
  const head = ["op", "ms", "rate", "of limit", ...(torch ? ["PyTorch ms", "ratio"] : [])];
  const lines = rows.map((row) => [
    row.name,
    row.ours_ms.toFixed(2),
    row.gflops ? `${row.gflops.toFixed(1)} GFLOP/s` : `${row.gb_per_s.toFixed(1)} GB/s`,
    percent(row.of_peak ?? row.of_copy),
    ...(torch ? [row.torch_ms.toFixed(2), row.ratio.toFixed(2)] : []),
  ]);
  const limits = `peak ${peak.toFixed(0)} GFLOP/s, copy ${copy.toFixed(1)} GB/s`;
  const end = torch ? [`attention forward and backward in ${ratioText(ratio, torch)}; ${torch.version} ${torch.mode}`] : [];
  return [`${isa}, ${precision}, ${threads} threads; limits: ${limits}`, table([head, ...lines]), ...end].join("\n");
}
