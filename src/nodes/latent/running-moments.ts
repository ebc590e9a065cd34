import type { HostArray } from "../../core/tensor.js";

/** Mean and variance of every element of a series of equal arrays. */
export interface Moments {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
  readonly shape: readonly number[];
  /** Samples seen. */
  readonly count: number;
}

/** Takes batches `[B,...]`; throws an Error where an element is NaN or infinite, or the shape changes. */
export interface RunningMoments {
  add(batch: HostArray): void;
  /** Throws an Error before the first sample. */
  result(): Moments;
}

/** How a batch, sample after sample of `size` numbers, changes what is known; `before` counts earlier samples. */
type Update = (state: State, data: HostArray["data"], samples: number, size: number, before: number) => void;

interface State {
  readonly mean: Float64Array;
  /** Sum of squared distances from the mean (exact), or the variance itself (momentum). */
  readonly spread: Float64Array;
}

/** Exact in one pass: Welford's running mean and sum of squares per element, in float64. Population variance. */
export function exactMoments(): RunningMoments {
  const update: Update = ({ mean, spread }, data, samples, size, before) => {
    for (let s = 0; s < samples; s++)
      for (let i = 0; i < size; i++) {
        const value = data[s * size + i] ?? NaN;
        const old = mean[i] ?? 0;
        const now = old + (value - old) / (before + s + 1);
        mean[i] = now;
        spread[i] = (spread[i] ?? 0) + (value - old) * (value - now);
      }
  };
  return gather(update, 0, (state, count) => state.spread.map((sum) => sum / count));
}

/**
 * As the reference estimates: per batch, mean ← (1 − m)·mean + m·batch mean from 0, and the same for the batch's population variance from 1.
 * With m = 0.1 only about the last ten batches count.
 */
export function momentumMoments(momentum: number): RunningMoments {
  const update: Update = ({ mean, spread }, data, samples, size) => {
    for (let i = 0; i < size; i++) {
      let sum = 0;
      for (let s = 0; s < samples; s++) sum += data[s * size + i] ?? NaN;
      const center = sum / samples;
      let squares = 0;
      for (let s = 0; s < samples; s++) squares += ((data[s * size + i] ?? NaN) - center) ** 2;
      mean[i] = (1 - momentum) * (mean[i] ?? 0) + momentum * center;
      spread[i] = (1 - momentum) * (spread[i] ?? 1) + (momentum * squares) / samples;
    }
  };
  return gather(update, 1, (state) => state.spread);
}

function gather(update: Update, start: number, variance: (state: State, count: number) => Float64Array): RunningMoments {
  let shape: readonly number[] | undefined;
  let count = 0;
  let state: State = { mean: new Float64Array(0), spread: new Float64Array(0) };
  return {
    add(batch) {
      const [samples = 0, ...rest] = batch.shape;
      const size = rest.reduce((a, b) => a * b, 1);
      if (!shape) state = { mean: new Float64Array(size), spread: new Float64Array(size).fill(start) };
      shape ??= rest;
      if (shape.join() !== rest.join())
        throw new Error(`a latent [${rest.join()}] cannot follow one of [${shape.join()}]; give images of one size`);
      const bad = batch.data.findIndex((value: number) => !Number.isFinite(value));
      if (bad >= 0)
        throw new Error(
          `sample ${count + Math.floor(bad / size) + 1} holds ${batch.data[bad] ?? NaN}; look at the encoder that gives it`,
        );
      update(state, batch.data, samples, size, count);
      count += samples;
    },
    result() {
      if (!shape || count === 0) throw new Error("latent.statistics saw no latents; give its phase at least one step");
      return { mean: state.mean, variance: variance(state, count), shape, count };
    },
  };
}
