import { basename } from "node:path";
import type { Precision } from "../../core/define-backend.js";
import type { GraphBench } from "../bench/bench-graph.js";
import type { Row } from "../bench/rows.js";
import { loadGraph } from "../load-graph.js";
import { metric, table } from "../text.js";
import { exitCodes } from "./exit-codes.js";
import { graphOptions } from "./graph-flags.js";
import type { GraphFlags } from "./graph-flags.js";
import { pullOnce } from "./pull-once.js";
import { reportProblems } from "./report-problems.js";

/** Flags of `graph bench`, as the command line gives them. */
export interface BenchFlags extends GraphFlags {
  readonly backend: string;
  readonly precision: Precision;
  readonly threads?: number;
  readonly phase?: string;
  readonly steps: number;
  readonly stack?: boolean;
  readonly json?: boolean;
}

/** `graph bench`: times a phase of a graph by node and writes nothing but the table; gives the exit code. */
export async function benchVerb(file: string, overrides: readonly string[], flags: BenchFlags): Promise<number> {
  try {
    const graph = await loadGraph(file, { ...graphOptions(overrides, flags), pull: pullOnce });
    const [{ benchGraph }, { backendsOf }] = await Promise.all([
      import("../bench/bench-graph.js"),
      import("../plugins/backends-of.js"),
    ]);
    const note = (line: string): void => void process.stderr.write(`${line}\n`);
    const bench = await benchGraph(graph, { ...flags, backends: backendsOf(graph), note });
    process.stdout.write(flags.json ? `${JSON.stringify(asJson(bench), undefined, 2)}\n` : `${asText(bench, basename(file))}\n`);
    return exitCodes.ok;
  } catch (error) {
    return reportProblems(error, flags);
  }
}

function asText(bench: GraphBench, file: string): string {
  const { stepMs, imagesPerSecond, leftOut } = bench;
  const images = imagesPerSecond === undefined ? "" : `, ${Number(imagesPerSecond.toPrecision(3))} images/s`;
  const rows = [["node", "type", "part", "ms", "share", "GFLOP/s", "of peak"], ...bench.rows.map(cells)];
  return [
    `${file}, phase ${bench.phase}: ${stepMs.toFixed(1)} ms a step (median of ${bench.steps}, least ${bench.leastMs.toFixed(1)})${images}`,
    bench.device,
    ...rateText(bench),
    `\nnode by node: ${bench.watchedMs.toFixed(1)} ms a step\n${table(rows, [3, 4, 5, 6])}`,
    ...(leftOut.length > 0 ? [`\nnot run, because it writes: ${leftOut.join(", ")}`] : []),
  ].join("\n");
}

/** Operations per second against the processor's limit; nothing where no node counts its operations. */
function rateText({ flops, stepMs, peak, floorMs }: GraphBench): string[] {
  if (flops === 0) return [];
  const rate = `${metric(flops)}FLOP a step, ${(flops / stepMs / 1e6).toFixed(1)} GFLOP/s`;
  if (peak === undefined || floorMs === undefined) return [rate];
  return [`${rate}; multiply-add peak ${peak.toFixed(0)} GFLOP/s, at which a step takes ${floorMs.toFixed(1)} ms`];
}

/** What the rows without a node hold. */
const explained: Readonly<Partial<Record<Row["part"], string>>> = {
  data: "waiting for sources",
  rest: "upload, tape, freeing",
  results: "fetching results",
};

function cells({ node, type, part, ms, share, gflops, ofPeak }: Row): string[] {
  return [
    node ?? "",
    type ?? explained[part] ?? "",
    part,
    ms.toFixed(2),
    percent(share),
    gflops === undefined ? "" : gflops.toFixed(1),
    ofPeak === undefined ? "" : percent(ofPeak),
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)}%`;
}

/** Names as in the other benchmarks' output; null where nobody can tell. */
function asJson(bench: GraphBench): object {
  return {
    graph: bench.graph,
    phase: bench.phase,
    device: bench.device,
    precision: bench.precision,
    batch: bench.batch ?? null,
    steps: bench.steps,
    step_ms: bench.stepMs,
    step_ms_min: bench.leastMs,
    images_per_s: bench.imagesPerSecond ?? null,
    flops: bench.flops,
    peak_gflops: bench.peak ?? null,
    floor_ms: bench.floorMs ?? null,
    by_node_ms: bench.watchedMs,
    rows: bench.rows.map(({ node = null, type = null, part, ms, share, gflops = null, ofPeak = null }) => ({
      node,
      type,
      part,
      ms,
      share,
      gflops,
      of_peak: ofPeak,
    })),
    left_out: bench.leftOut,
  };
}
