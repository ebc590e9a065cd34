import { philoxKey, philoxWords, streamId } from "../../core/philox.js";

/** The sample at each position of an epoch, and random words that belong to a sample in an epoch. */
export interface SampleOrder {
  readonly count: number;
  /** The sample (0 to count − 1) at a position. */
  at(epoch: number, position: number): number;
  /** Four random 32-bit words of a sample in an epoch, the same in whatever order samples are taken. */
  words(epoch: number, sample: number): Uint32Array;
}

/** Whose order it is. */
export interface OrderOf {
  readonly seed: number;
  readonly node: string;
  readonly count: number;
  readonly shuffle: boolean;
  /** Sizes of groups of neighbours that are read as a whole: shuffled are then the groups, and the samples within each. */
  readonly groups?: readonly number[] | undefined;
}

/** The order of `count` samples, keyed by (seed, node, epoch) alone: it depends on neither batch size nor where a run resumed. */
export function sampleOrder(of: OrderOf): SampleOrder {
  const key = philoxKey(of.seed, of.node);
  const draw = (stream: string, words: number): ((epoch: number) => Uint32Array) =>
    latest((epoch) => philoxWords(key, streamId(stream), epoch, words).subarray(0, words));
  const swaps = draw("order", of.count);
  const { groups } = of;
  const groupSwaps = draw("groups", groups?.length ?? 0);
  const order = latest((epoch) =>
    groups ? byGroups(groups, permutation(groupSwaps(epoch)), swaps(epoch)) : permutation(swaps(epoch)),
  );
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

/** Samples group by group, the groups in the order given, each shuffled by its own part of the words. */
function byGroups(sizes: readonly number[], groupOrder: Uint32Array, words: Uint32Array): Uint32Array {
  const starts: number[] = [];
  sizes.reduce((start, size, group) => ((starts[group] = start), start + size), 0);
  const order = new Uint32Array(words.length);
  let filled = 0;
  for (const group of groupOrder) {
    const start = starts[group] ?? 0;
    const within = permutation(words.subarray(start, start + (sizes[group] ?? 0)));
    within.forEach((place, i) => (order[filled + i] = start + place));
    filled += within.length;
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
