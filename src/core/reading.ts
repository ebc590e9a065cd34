import type { Tensor } from "./tensor.js";

/**
 * A computation that looks at numbers on its way: it yields a scalar, and whoever runs it reads it, frees it and gives it back as a
 * number. So it runs on every device, also on one that gives numbers only later.
 */
export type Reading<T> = Generator<Tensor, T, number>;

/** Runs it to its end at once; throws on a device that gives numbers only later. */
export function readNow<T>(reading: Reading<T>): T {
  let turn = reading.next();
  while (!turn.done) turn = answer(reading, turn.value, (scalar) => scalar.dataSync()[0] ?? NaN);
  return turn.value;
}

/** Runs it to its end on any device. What it holds in a scope of its own must be safe from others in the meantime. */
export async function readLater<T>(reading: Reading<T>): Promise<T> {
  let turn = reading.next();
  while (!turn.done) {
    const scalar = turn.value;
    const [read] = await Promise.allSettled([scalar.data()]);
    turn = answer(reading, scalar, () => {
      if (read.status === "rejected") throw read.reason;
      return read.value[0] ?? NaN;
    });
  }
  return turn.value;
}

function answer<T>(reading: Reading<T>, scalar: Tensor, read: (scalar: Tensor) => number): IteratorResult<Tensor, T> {
  let value: number;
  try {
    value = read(scalar);
  } catch (error) {
    return reading.throw(error);
  } finally {
    scalar.dispose();
  }
  return reading.next(value);
}
