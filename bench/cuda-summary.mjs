/**
 * What bench/cuda-device.sh found, as one object: `node bench/cuda-summary.mjs FOLDER` reads the files that it wrote there, writes
 * FOLDER/summary.json, and prints a line for each suite, op and step.
 */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { median } from "./numbers.mjs";

/** Dense TFLOP/s of the data sheets, without sparsity. */
const peaks = [
  { card: /H[12]00/, bf16: 989, fp32: 67 },
  { card: /A100/, bf16: 312, fp32: 19.5 },
];

/**
 * Medians of all turns: suites, ops and steps, ours beside PyTorch's.
 * @param {ReadonlyMap<string, string>} files their texts by name
 */
export function summarize(files) {
  const steps = [...files.keys()].filter((name) => /^step-.*\.json$/.test(name)).sort();
  return {
    suites: suitesOf(files),
    ops: opsOf(files),
    steps: steps.flatMap((name) => stepOf(linesOf(files, name), linesOf(files, `torch-${name}`))),
  };
}

/** The JSON lines of a file; none where it is missing. What is no JSON is left out: a command that failed may have said why. */
function linesOf(files, name) {
  const lines = (files.get(name) ?? "").split("\n").filter((line) => line.startsWith("{"));
  return lines.flatMap((line) => {
    try {
      return [JSON.parse(line)];
    } catch {
      return [];
    }
  });
}

/** Tests that passed and failed, in the words of Node's runner or of Jest. */
function suitesOf(files) {
  const texts = [...files].filter(([name]) => name.endsWith(".txt"));
  return texts.map(([name, text]) => {
    const count = (word) => Number((new RegExp(`^ℹ ${word} (\\d+)`, "m").exec(text) ?? new RegExp(`^Tests:.*?(\\d+) ${word}ed`, "m").exec(text))?.[1] ?? 0);
    return { suite: name.replace(/\.txt$/, ""), passed: count("pass"), failed: count("fail") };
  }); // prettier-ignore
}

function opsOf(files) {
  const theirs = linesOf(files, "torch-ops.json");
  return ["fp32", "bf16"].flatMap((precision) => {
    const turns = linesOf(files, `ops-${precision}.json`).filter(({ results }) => results);
    return (turns[0]?.results ?? []).map(({ name }) => {
      const own = turns.flatMap(({ results }) => results.filter((one) => one.name === name));
      const ours = median(own.map(({ ms }) => ms));
      const other = theirs.flatMap((turn) => [...(turn[precision] ?? []), ...(turn.optimizer ?? [])].filter((one) => one.name === name));
      const rate = own.find(({ ms }) => ms === ours);
      return {
        name,
        precision,
        ours_ms: ours,
        ...(rate?.tflops ? { tflops: rate.tflops } : { gb_per_s: rate?.gb_per_s }),
        ...(other.length > 0 ? againstTorch(ours, other.map(({ ms }) => ms)) : {}),
      };
    });
  }); // prettier-ignore
}

function againstTorch(ours, turns) {
  const ms = median(turns);
  return { torch_ms: ms, ratio: ours / ms };
}

/** A step's lines alternate with those of the card's memory while it ran. */
function stepOf(ours, theirs) {
  const turns = withMemory(ours).filter(({ ours_ms: ms }) => ms);
  const [first] = turns;
  if (!first) return [];
  const { config, precision, batch, flops, params, device } = first;
  const ms = median(turns.map((turn) => turn.ours_ms));
  const peak = peaks.find(({ card }) => card.test(device))?.[precision];
  const host = turns.map((turn) => turn.ours_outside_kernels_ms).filter((time) => time !== null && time !== undefined);
  const peers = withMemory(theirs).filter(({ ms_median: time }) => time);
  const peer = (compile) => {
    const own = peers.filter((turn) => turn.compile === compile);
    return own.length === 0 ? null : { ...againstTorch(ms, own.map((turn) => turn.ms_median)), most_memory_mib: mostOf(own), torch: own[0].torch };
  };
  return [
    {
      config,
      precision,
      batch,
      params,
      device,
      ours_ms: ms,
      images_per_s: (1000 * batch) / ms,
      host_ms: host.length > 0 ? median(host) : null,
      utilisation: peak ? flops / ms / 1e9 / peak : null,
      most_memory_mib: mostOf(turns),
      eager: peer(false),
      compiled: peer(true),
    },
  ];
} // prettier-ignore

function withMemory(lines) {
  const isMemory = (line) => line !== undefined && Object.keys(line).join() === "most_memory_mib";
  return lines.flatMap((line, i) => {
    const next = lines[i + 1];
    return isMemory(line) ? [] : [{ ...line, most_memory_mib: isMemory(next) ? next.most_memory_mib : null }];
  });
}

function mostOf(turns) {
  const known = turns.map(({ most_memory_mib: mib }) => mib).filter((mib) => mib !== null);
  return known.length > 0 ? Math.max(...known) : null;
}

/** One line each. */
export function textOf({ suites, ops, steps }) {
  return [
    ...suites.map(({ suite, passed, failed }) => `${suite}: ${passed} passed, ${failed} failed`),
    ...ops.map(({ name, precision, ours_ms: ms, torch_ms: theirs, ratio }) =>
      `${name}, ${precision}: ${ms.toFixed(3)} ms${theirs ? `; PyTorch ${theirs.toFixed(3)} ms, ratio ${ratio.toFixed(2)}` : ""}`),
    ...steps.map(({ config, precision, batch, ours_ms: ms, images_per_s: rate, host_ms: host, utilisation, most_memory_mib: mib, ...peers }) =>
      [
        `step ${config} ${precision} batch ${batch}: ${ms.toFixed(1)} ms, ${rate.toFixed(0)} images/s`,
        ...(host === null ? [] : [`${host.toFixed(2)} ms of it outside the GPU`]),
        ...(utilisation === null ? [] : [`${(100 * utilisation).toFixed(1)} % of the data sheet's peak`]),
        ...(mib === null ? [] : [`${mib} MiB`]),
        ...["eager", "compiled"].flatMap((how) => peers[how] ? [`PyTorch ${how} ${peers[how].torch_ms.toFixed(1)} ms, ratio ${peers[how].ratio.toFixed(2)}`] : []),
      ].join("; ")),
  ].join("\n");
} // prettier-ignore

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = process.argv[2] ?? "cuda-results";
  const names = readdirSync(folder).filter((name) => /\.(json|txt)$/.test(name) && name !== "summary.json");
  const summary = summarize(new Map(names.map((name) => [name, readFileSync(join(folder, name), "utf8")])));
  writeFileSync(join(folder, "summary.json"), `${JSON.stringify(summary, null, 1)}\n`);
  console.log(textOf(summary));
}
