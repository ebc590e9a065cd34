import { philoxKey, philoxWords, streamId } from "../../core/philox.js";

/** The sample at each position of an epoch, and random words that belong to a sample in an epoch. */
export interface SampleOrder {
  readonly count: number;
  /** The sample (0 to count − 1) at a position. */
  at(epoch: number, position: number): number;
  /** Four random 32-bit words of a sample in an epoch, the same in whatever order samples are taken. */
  words(epoch: number, sample: number): Uint32Array;
}

/** The order of `count` samples, keyed by (seed, node, epoch) alone: it depends on neither batch size nor where a run resumed. */
export function sampleOrder(of: { seed: number; node: string; count: number; shuffle: boolean }): SampleOrder {
  const key = philoxKey(of.seed, of.node);
  const draw = (stream: string, words: number): ((epoch: number) => Uint32Array) =>
    latest((epoch) => philoxWords(key, streamId(stream), epoch, words).subarray(0, words));
  const swaps = draw("order", of.count);
  const order = latest((epoch) => permutation(swaps(epoch)));
  const augmentations = draw("augment", 4 * of.count);
  return {
    count: of.count,
    at: (epoch, position) => (of.shuffle ? (order(epoch)[position] ?? 0) : position),
    words: (epoch, sample) => augmentations(epoch).subarray(4 * sample, 4 * sample + 4),
  };
}

/** Fisher and Yates' shuffle of 0 to n − 1; word i chooses among the i + 1 first. */
function permutation(words: Uint32Array): Uint32Array {
  const order = Uint32Array.from(words, (_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(((words[i] ?? 0) / 2 ** 32) * (i + 1));
    const held = order[i] ?? 0;
    order[i] = order[j] ?? 0;
    order[j] = held;
  }
  return order;
}

/** Remembers the result for the epoch asked last. */
function latest<T>(compute: (epoch: number) => T): (epoch: number) => T {
  let known: { epoch: number; value: T } | undefined;
  return (epoch) => {
    if (known?.epoch !== epoch) known = { epoch, value: compute(epoch) };
    return known.value;
  };
}
