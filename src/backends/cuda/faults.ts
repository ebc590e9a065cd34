/** Throws what a kernel noted: a kind, the value, its place and the limit; see cu/move.cu. */
export function throwFault(words: Int32Array): never {
  const [, value = 0, place = 0, limit = 0] = words;
  throw new Error(
    `the index value ${value} is not in [0, ${limit - 1}], the rows of the table; see place ${place} of the indices`,
  );
}
