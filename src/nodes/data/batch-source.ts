import type { HostContext, Packet, Source } from "../../core/define-node.js";
import { restorePosition, savePosition } from "./position.js";
import type { Position } from "./position.js";
import { sampleOrder } from "./sample-order.js";
import type { SampleOrder } from "./sample-order.js";

/** Samples of one batch: which ones, and the epoch they belong to. */
export interface BatchOf {
  readonly epoch: number;
  readonly samples: readonly number[];
  readonly order: SampleOrder;
}

/**
 * A source of whole batches over samples that are all readable. Each epoch has its own order; the samples that do not fill a
 * last batch are left out. `read` makes a packet of a batch.
 */
export function batchSource(
  options: { readonly count: number; readonly batch: number; readonly shuffle: boolean; readonly repeat: boolean },
  context: Pick<HostContext, "seed" | "node">,
  read: (batch: BatchOf) => Packet,
): Source {
  const { count, batch, shuffle, repeat } = options;
  const order = sampleOrder({ seed: context.seed, node: context.node, count, shuffle });
  let at: Position = { epoch: 0, position: 0 };
  return {
    async next() {
      if (at.position + batch > count) {
        if (!repeat) return undefined;
        at = { epoch: at.epoch + 1, position: 0 };
      }
      const { epoch, position } = at;
      const samples = Array.from({ length: batch }, (_, i) => order.at(epoch, position + i));
      at = { epoch, position: position + batch };
      return read({ epoch, samples, order });
    },
    state: () => savePosition(at, { count }),
    restore(state) {
      at = restorePosition(state, { count });
    },
    close: async () => undefined,
  };
}

/** Throws an Error unless `count` samples fill at least one batch. `what` names them, e.g. `images`. */
export function checkBatch(count: number, batch: number, what: string): void {
  if (count === 0) throw new Error(`no ${what}; choose other files or a larger limit`);
  if (batch > count)
    throw new Error(`a batch of ${batch} is larger than the data set of ${count} ${what}; lower batch to at most ${count}`);
}
