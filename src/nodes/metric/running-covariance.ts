import type { HostArray } from "../../core/tensor.js";
import { blockRows } from "./dense/moments.js";
import type { Gaussian } from "./dense/moments.js";
import { openDesk } from "./dense/thread.js";
import type { Desk } from "./dense/thread.js";

/** Mean and covariance of feature vectors, in float64; the vectors are counted as they come and not kept. */
export interface RunningCovariance {
  /**
   * Adds vectors `[B,C]`. Throws an Error where one holds NaN or infinity, or C changes. A promise that it gives is to be awaited: more vectors
   * came than the thread that counts them had time for.
   */
  add(features: HostArray): Promise<void> | void;
  readonly count: number;
  /** Mean and unbiased covariance (N − 1). Throws an Error where there are fewer than 2 vectors. */
  finish(): Promise<Gaussian>;
  /** In the place of `finish`: frees what is held. */
  abandon(): void;
}

/** Starts empty; `what` names the features in errors. */
export function runningCovariance(what: string): RunningCovariance {
  let desk: Desk | undefined;
  let size = 0;
  let count = 0;
  let block = new Float32Array(0);
  let filled = 0;
  let counted = Promise.resolve();
  /** Hands the block over; what it gives is done when all before it are counted. */
  const hand = (to: Desk): Promise<void> => {
    const before = counted;
    const rows = block.slice(0, filled * size);
    filled = 0;
    counted = before.then(() => to.ask("add", rows, size));
    // Its failure is told by whoever awaits it next.
    counted.catch(() => undefined);
    return before;
  };
  const put = (row: HostArray["data"]): void => {
    count++;
    for (let i = 0; i < size; i++)
      if (!Number.isFinite(row[i]))
        throw new Error(`${what} hold ${row[i]} in vector ${count}, feature ${i}; look at the model that gives them`);
    block.set(row, filled++ * size);
  };
  return {
    add({ shape, data }) {
      const [batch = 0, width = 0] = shape;
      if (!desk) {
        size = width;
        block = new Float32Array(blockRows * size);
        desk = openDesk(size);
      }
      if (width !== size) throw new Error(`${what} have ${width} numbers, before they had ${size}`);
      let handed: Promise<void> | undefined;
      for (let i = 0; i < batch; i++) {
        put(data.subarray(i * size, (i + 1) * size));
        if (filled === blockRows) handed = hand(desk);
      }
      return handed;
    },
    get count() {
      return count;
    },
    async finish() {
      try {
        if (count < 2 || !desk)
          throw new Error(`${what}: a covariance needs at least 2 vectors, got ${count}; give the phase more steps`);
        if (filled > 0) await hand(desk);
        await counted;
        return await desk.ask("gaussian");
      } finally {
        desk?.close();
      }
    },
    abandon: () => desk?.close(),
  };
}
