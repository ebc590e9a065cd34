import { readNpz, writeNpz } from "../files/npz/npz.js";
import type { Gaussian } from "./dense/moments.js";

/**
 * Mean and covariance from an `.npz` file with `mu` `[C]` and `sigma` `[C,C]`, as pytorch-fid, torch-fidelity and the ADM suite name them.
 * Throws an Error that names the file where they are missing or do not fit.
 */
export async function readStatistics(file: string): Promise<Gaussian> {
  const arrays = await readNpz(file, ["mu", "sigma"]);
  const [mu, sigma] = [arrays.get("mu"), arrays.get("sigma")];
  if (!mu || !sigma) throw new Error(`${file}: holds no mu and sigma; expected statistics of features`);
  const [size = 0] = mu.shape;
  if (mu.shape.length !== 1 || sigma.shape.join() !== `${size},${size}`)
    throw new Error(`${file}: mu is [${mu.shape.join()}] and sigma [${sigma.shape.join()}], expected [C] and [C,C]`);
  const gaussian = { mean: Float64Array.from(mu.data), covariance: Float64Array.from(sigma.data) };
  if (![gaussian.mean, gaussian.covariance].every((values) => values.every(Number.isFinite)))
    throw new Error(`${file}: mu or sigma hold numbers that are not finite`);
  return gaussian;
}

/** Writes `mu` and `sigma`, float64. */
export function writeStatistics(file: string, { mean, covariance }: Gaussian): Promise<void> {
  const size = mean.length;
  return writeNpz(
    file,
    new Map([
      ["mu", { shape: [size], data: mean }],
      ["sigma", { shape: [size, size], data: covariance }],
    ]),
  );
}
