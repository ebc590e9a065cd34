import type {
  HostContext,
  HostValues,
  NamedArrays,
  NodeDef,
  Origin,
  Ports,
  ProbeResult,
  Source,
} from "../../core/define-node.js";
import type { HostArray } from "../../core/tensor.js";
import { toHostArray } from "./arrays.js";
import type { Nested } from "./arrays.js";

/** One step's inputs by port, as nested numbers or arrays; a model's weights as a map. */
export type Batch = Readonly<Record<string, Nested | HostArray | NamedArrays>>;

/** A host node alone: a run's context in memory, and calls that drive it as a phase would. */
export interface Harness {
  /** Files that the node wrote into the run folder, by relative path. */
  readonly written: ReadonlyMap<string, Uint8Array>;
  /** Log lines as `level: message`. */
  readonly logged: readonly string[];
  /** The run's clock, which stands still until the test moves it; seconds from 0. */
  readonly clock: { now(): number; advance(seconds: number): void };
  /** What the node says of its files before a run. */
  probe(): Promise<ProbeResult>;
  /** Opens a source; the test closes it. */
  source(): Promise<Source>;
  /** Gives batches to a reducer; its results at the end. */
  reduce(...batches: readonly Batch[]): Promise<Record<string, number>>;
  /** Gives batches to a sink as steps 1, 2, … of a phase that ends. */
  sink(...batches: readonly Batch[]): Promise<void>;
}

/** Settings of the run around the node. */
export interface HarnessOptions {
  /** The node's name in its graph. */
  readonly node?: string;
  readonly seed?: number;
  /** Where the node is told that its inputs come from. */
  readonly origins?: readonly Origin[];
}

/** A source, reducer or sink for a test. Throws what the schema says of bad params; the calls throw what the node throws. */
export function harness(def: NodeDef, params: Readonly<Record<string, unknown>> = {}, options: HarnessOptions = {}): Harness {
  const checked = def.params.parse(params);
  const written = new Map<string, Uint8Array>();
  const logged: string[] = [];
  let seconds = 0;
  const clock = {
    now: () => seconds,
    advance(more: number) {
      if (!(more >= 0)) throw new Error(`a clock goes forward; got ${more} seconds`);
      seconds += more;
    },
  };
  const context: HostContext = {
    node: options.node ?? "node",
    seed: options.seed ?? 0,
    now: clock.now,
    log: (level, message) => void logged.push(`${level}: ${message}`),
    async write(path, bytes) {
      written.set(path, bytes);
      return `/run/${path}`;
    },
    origins: async () => options.origins ?? [],
  };
  const values = (batch: Batch): HostValues<Ports> =>
    Object.fromEntries(
      Object.entries(batch).map(([port, value]) => [
        port,
        isNamed(value) ? value : toHostArray(value, def.inputs[port]?.spec.startsWith("i32") ? "i32" : "f32"),
      ]),
    );
  return {
    written,
    logged,
    clock,
    probe: async () => (await def.probe?.(checked)) ?? {},
    async source() {
      if (def.kind !== "source") throw new Error(`"${def.type}" is a ${def.kind}, expected a source`);
      return def.open(checked, context);
    },
    async reduce(...batches) {
      if (def.kind !== "reducer") throw new Error(`"${def.type}" is a ${def.kind}, expected a reducer`);
      const reduction = await def.start(checked, context);
      for (const batch of batches) await reduction.add(values(batch));
      return reduction.finish();
    },
    async sink(...batches) {
      if (def.kind !== "sink") throw new Error(`"${def.type}" is a ${def.kind}, expected a sink`);
      const sink = await def.open(checked, context);
      for (const [i, batch] of batches.entries()) await sink.write(values(batch), { step: i + 1, phase: "phase" });
      await sink.close();
    },
  };
}

function isNamed(value: Batch[string]): value is NamedArrays {
  return value instanceof Map;
}
