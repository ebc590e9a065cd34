import { z } from "zod";
import type { Arithmetic } from "./arithmetic.js";

/** What a path says at one time. x_t = alpha·data + sigma·noise; its velocity is alphaRate·data + sigmaRate·noise. */
export interface Coefficients<T> {
  readonly alpha: T;
  readonly sigma: T;
  readonly alphaRate: T;
  readonly sigmaRate: T;
  /** alpha / alphaRate, finite also where alpha is 0 and its rate infinite. */
  readonly ratio: T;
  /** The published `drift` is this times x. */
  readonly pull: T;
  /** The published `variance` of the drift; below zero on the linear and GVP paths, for time there runs from data to noise. */
  readonly variance: T;
}

/** A path between data (t = 0) and noise (t = 1), as formulas of t. */
export type Path = <T>(t: T, n: Arithmetic<T>) => Coefficients<T>;

/** A straight line: alpha = 1 − t, sigma = t. */
const linear: Path = (t, n) => {
  const alpha = n.sub(1, t);
  const one = n.add(n.mul(t, 0), 1);
  const ratio = n.sub(t, 1);
  const pull = n.div(1, alpha);
  return { alpha, sigma: t, alphaRate: n.mul(one, -1), sigmaRate: one, ratio, pull, variance: n.mul(n.mul(t, pull), -1) };
};

/** A quarter circle, so that the variance is kept: alpha = cos(πt/2), sigma = sin(πt/2). */
const gvp: Path = (t, n) => {
  const angle = n.mul(t, Math.PI / 2);
  const [alpha, sigma] = [n.cos(angle), n.sin(angle)];
  const alphaRate = n.mul(sigma, -Math.PI / 2);
  const sigmaRate = n.mul(alpha, Math.PI / 2);
  const pull = n.mul(n.div(sigma, alpha), Math.PI / 2);
  const variance = n.sub(n.mul(n.mul(pull, -1), n.mul(sigma, sigma)), n.mul(sigma, sigmaRate));
  return { alpha, sigma, alphaRate, sigmaRate, ratio: n.div(alpha, alphaRate), pull, variance };
};

/** Rates of the noise of the published VP path. */
const [least, most] = [0.1, 20];

/** sigma = exp(ℓ), ℓ = −¼r²(β₁ − β₀) − ½rβ₀ with r = 1 − t; alpha = √(1 − sigma²). Its velocity is infinite at t = 1. */
const vp: Path = (t, n) => {
  const r = n.sub(1, t);
  const logarithm = n.add(n.mul(n.mul(r, r), -(most - least) / 4), n.mul(r, -least / 2));
  const sigma = n.exp(logarithm);
  const square = n.mul(sigma, sigma);
  const alpha = n.sqrt(n.sub(1, square));
  const rate = n.add(n.mul(r, (most - least) / 2), least / 2);
  const fall = n.mul(square, rate);
  const half = n.mul(n.add(n.mul(r, most - least), least), 0.5);
  return {
    alpha,
    sigma,
    alphaRate: n.div(n.mul(fall, -1), alpha),
    sigmaRate: n.mul(sigma, rate),
    ratio: n.div(n.mul(n.mul(alpha, alpha), -1), fall),
    pull: n.mul(half, -1),
    variance: half,
  };
};

/** The paths of the reference implementation (SiT, arXiv 2401.08740, with t = 1 at noise). */
export const paths = { linear, gvp, vp } satisfies Record<string, Path>;

/** Param that names a path. */
export const pathParam = z.enum(["linear", "gvp", "vp"]).default("linear").describe("path between data and noise");

export type PathName = z.output<typeof pathParam>;
