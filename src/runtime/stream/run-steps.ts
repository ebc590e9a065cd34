import { setImmediate } from "node:timers/promises";
import { concatMap, defer, EMPTY, from as fromPromise, fromEvent, lastValueFrom, map, Subject, take, takeUntil, zip } from "rxjs";
import type { Observable } from "rxjs";
import type { Json, Packet, Source } from "../../core/define-node.js";
import { credits } from "./credits.js";
import { pull } from "./pull.js";
import type { Pulled } from "./pull.js";

/** A packet and the position of its source right behind it. */
export interface Delivery {
  readonly packet: Packet;
  readonly state: Json;
}

/** A loop over sources joined step by step. */
export interface StepLoop {
  readonly sources: readonly { readonly name: string; readonly source: Source }[];
  /** Packets of one source that may be held at once, the one in work included. */
  readonly depth: number;
  /** Number of the first step. */
  readonly from: number;
  /** The step to end before; undefined runs until a source ends. */
  readonly steps: number | undefined;
  /** Once aborted, the step in work is finished and no other starts. */
  readonly signal: AbortSignal;
  /** One step; never called while another is in work. */
  each(step: number, packets: ReadonlyMap<string, Delivery>): Promise<void>;
}

/** Why a loop ended. */
export type StepsEnd = "steps" | "data" | "aborted";

/**
 * Runs steps until they are done, a source ends, or the signal is aborted. Sources work ahead, within their depth, while a step runs.
 * Throws what `each` or a source throws, after the steps before it. All sources are closed in every case.
 */
export async function runSteps(loop: StepLoop): Promise<StepsEnd> {
  const { sources, depth, from, steps, signal } = loop;
  const returned = new Subject<void>();
  // Where another packet waits, a source makes its next one while the next step works, rather than between the steps.
  const late = sources.length > 0 && depth > 1;
  let done = 0;
  let working: Promise<void> = Promise.resolve();
  const work = async (packets: ReadonlyMap<string, Delivery>): Promise<void> => {
    // Kernels on the CPU never wait for the event loop; without this turn neither signals nor read files would get through.
    await setImmediate();
    if (signal.aborted) return;
    const step = loop.each(from + done, packets);
    if (late && done > 0) returned.next();
    await step;
    done++;
    if (!late) returned.next();
  };
  const run = async (): Promise<StepsEnd> => {
    if (signal.aborted) return "aborted";
    const rows = join(loop, returned).pipe(
      takeUntil(fromEvent(signal, "abort")),
      concatMap((packets) => (signal.aborted ? EMPTY : (working = work(packets)))),
    );
    await lastValueFrom(rows, { defaultValue: undefined });
    if (steps !== undefined && from + done >= steps) return "steps";
    return signal.aborted ? "aborted" : "data";
  };
  try {
    const end = await run();
    await closeAll(sources);
    return end;
  } catch (error) {
    await working.catch(() => undefined);
    await closeAll(sources).catch(() => undefined);
    throw error;
  } finally {
    returned.complete();
  }
}

/** Packets by source name, one set per step. */
function join(loop: StepLoop, returned: Observable<void>): Observable<ReadonlyMap<string, Delivery>> {
  const { sources, depth, from, steps } = loop;
  const left = steps === undefined ? Infinity : Math.max(0, steps - from);
  if (sources.length === 0) {
    if (left === Infinity) throw new Error("a phase without sources needs `steps`");
    return credits(1, returned).pipe(
      take(left),
      map(() => new Map()),
    );
  }
  const streams = sources.map(({ source }) =>
    credits(depth, returned).pipe(
      take(left),
      pull(() => defer(() => fromPromise(deliver(source)))),
    ),
  );
  return zip(streams).pipe(map((row) => new Map(row.map((pulled, i) => [sources[i]?.name ?? "", open(pulled)]))));
}

async function deliver(source: Source): Promise<Delivery | undefined> {
  const packet = await source.next();
  return packet && { packet, state: source.state() };
}

function open(pulled: Pulled<Delivery>): Delivery {
  if ("error" in pulled) throw pulled.error;
  return pulled.item;
}

/** Closes every source, then throws the first failure of closing, if any. */
async function closeAll(sources: StepLoop["sources"]): Promise<void> {
  const closed = await Promise.allSettled(sources.map(async ({ source }) => source.close()));
  for (const result of closed) if (result.status === "rejected") throw result.reason;
}
