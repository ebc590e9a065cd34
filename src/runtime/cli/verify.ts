import { basename } from "node:path";
import { placeOf } from "../run/failure.js";
import type { Graph } from "../../core/graph.js";
import { loadGraph } from "../load-graph.js";
import { table } from "../text.js";
import type { Divergence, PlaceDifference } from "../verify/compare-steps.js";
import type { BackendDifference, Verification } from "../verify/verify-graph.js";
import { exitCodes } from "./exit-codes.js";
import { graphOptions } from "./graph-flags.js";
import type { GraphFlags } from "./graph-flags.js";
import { reportProblems } from "./report-problems.js";
import { onStopSignals } from "./stop-signals.js";

/** Flags of `graph verify`, as the command line gives them. */
export interface VerifyFlags extends GraphFlags {
  readonly backends: readonly string[];
  readonly threads?: number;
  readonly steps: number;
  readonly phase?: readonly string[];
  readonly tolerance?: readonly string[];
  readonly stack?: boolean;
  readonly json?: boolean;
}

/** `graph verify`: the same graph on several backends; exit code 3 where one differs by more than it may. */
export async function verifyVerb(file: string, overrides: readonly string[], flags: VerifyFlags): Promise<number> {
  const note = (line: string): void => void process.stderr.write(`${line}\n`);
  const stop = onStopSignals(note);
  try {
    const graph = await loadGraph(file, graphOptions(overrides, flags));
    const [{ verifyGraph }, { backendsOf }, { keyOf }, { Interrupted }] = await Promise.all([
      import("../verify/verify-graph.js"),
      import("../plugins/backends-of.js"),
      import("../verify/compare-steps.js"),
      import("../run/failure.js"),
    ]);
    const verification = await verifyGraph(graph, {
      backends: backendsOf(graph),
      compare: flags.backends,
      steps: flags.steps,
      tolerances: flags.tolerance ?? [],
      signal: stop.signal,
      note,
      ...(flags.phase ? { phases: flags.phase } : {}),
      ...(flags.threads === undefined ? {} : { threads: flags.threads }),
    }).catch((error: unknown) => {
      if (error instanceof Interrupted) return error.message;
      throw error;
    });
    if (typeof verification === "string") {
      note(verification);
      return exitCodes.interrupted;
    }
    const text = flags.json
      ? JSON.stringify(asJson(graph, verification, keyOf), undefined, 2)
      : asText(graph, verification, basename(file), keyOf);
    process.stdout.write(`${text}\n`);
    return verification.others.every(({ first }) => !first) ? exitCodes.ok : exitCodes.verification;
  } catch (error) {
    return reportProblems(error, flags);
  } finally {
    stop.release();
  }
}

type KeyOf = (place: PlaceDifference["place"]) => string;

function asText(graph: Graph, { device, others, steps, losses }: Verification, file: string, keyOf: KeyOf): string {
  const parts = others.map((other) =>
    [
      `${file}: ${other.device}`,
      `against ${device}; at most ${steps} steps of each phase`,
      `\nworst difference as a share of the largest number\n${table(rows(other, keyOf), [2, 3, 4])}`,
      ...lossText(losses, other),
      other.first ? `\nfirst difference: ${firstText(graph, other.first, keyOf)}` : "\nno difference beyond what is allowed",
    ].join("\n"),
  );
  return parts.join("\n\n");
}

/** Edges and numbers one by one; the gradients of a model together, by the worst. */
function rows({ places }: BackendDifference, keyOf: KeyOf): string[][] {
  const shown = new Map<string, PlaceDifference>();
  for (const one of places) {
    const key = `${one.phase} ${one.place.kind === "gradient" ? `gradient of ${one.place.node}` : keyOf(one.place)}`;
    const known = shown.get(key);
    if (!known || one.difference > known.difference) shown.set(key, one);
  }
  return [
    ["phase", "what", "difference", "at step", "allowed", ""],
    ...[...shown.values()].map((one) => [
      one.phase,
      keyOf(one.place),
      one.difference.toPrecision(2),
      String(one.step + 1),
      String(one.allowed),
      one.difference > one.allowed ? "differs" : "",
    ]),
  ];
}

function lossText(losses: Verification["losses"], other: BackendDifference): string[] {
  return Object.entries(losses).map(([name, values]) => {
    const theirs = other.losses[name] ?? [];
    const apart = Math.max(...values.map((value, i) => Math.abs((theirs[i] ?? NaN) / value - 1)));
    const last = values.length - 1;
    return `\nlosses of ${name}: within ${apart.toPrecision(2)} over ${values.length} steps; the last ${String(theirs[last])} against ${String(values[last])}`;
  });
}

function firstText(graph: Graph, { place, phase, step, difference, allowed, shape, worst }: Divergence, keyOf: KeyOf): string {
  const node = graph.nodes.find(({ name }) => name === place.node);
  const where = node ? `node "${place.node}" (${placeOf(graph, node)})` : `"${place.node}"`;
  const far = Number.isFinite(difference)
    ? `by ${difference.toPrecision(3)} of its largest number`
    : "where only one of them is a number, or their shapes differ";
  return `${where}: ${keyOf(place)} [${shape.join(",")}] at step ${step + 1} of phase "${phase}" differs ${far} (allowed ${allowed}): ${worst[1]} instead of ${worst[0]}`;
}

/** Infinite differences are null, as JSON has no name for them. */
function asJson(graph: Graph, { graph: name, device, steps, losses, results, others }: Verification, keyOf: KeyOf): object {
  const plain = (one: PlaceDifference): object => ({
    phase: one.phase,
    node: one.place.node,
    what: keyOf(one.place),
    step: one.step + 1,
    difference: one.difference,
    allowed: one.allowed,
  });
  return {
    graph: name,
    device,
    steps,
    losses,
    results,
    others: others.map((other) => {
      const node = graph.nodes.find((one) => one.name === other.first?.place.node);
      return {
        device: other.device,
        equal: !other.first,
        first: other.first
          ? { ...plain(other.first), at: node ? placeOf(graph, node) : null, shape: other.first.shape, values: other.first.worst }
          : null,
        losses: other.losses,
        results: other.results,
        places: other.places.map(plain),
      };
    }),
  };
}
