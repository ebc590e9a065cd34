import type { AdamWSettings } from "../../core/ops/adamw.js";

/** The arrays of one parameter. */
export interface AdamWArrays {
  readonly p: Float32Array;
  readonly g: Float32Array;
  readonly m: Float32Array;
  readonly v: Float32Array;
  readonly a: Float32Array | undefined;
}

/** `adamwStep` (core/ops/adamw.ts) by plain loops in host memory, in place; gives the global norm of the gradients. */
export function adamwOnHost(list: readonly AdamWArrays[], s: AdamWSettings): number {
  let squares = 0;
  for (const { g } of list) for (let i = 0; i < g.length; i++) squares += (g[i] as number) * (g[i] as number);
  const norm = Math.sqrt(squares);
  if (!Number.isFinite(Math.fround(norm))) return norm;
  const clip = s.clip > 0 ? Math.min(1, s.clip / (norm + 1e-6)) : 1;
  for (const arrays of list) update(arrays, clip, s);
  return norm;
}

/** The casts only tell the compiler that each index lies inside its array: all have the parameter's length. */
function update({ p, g, m, v, a }: AdamWArrays, clip: number, s: AdamWSettings): void {
  const rate = s.lr / (1 - s.beta1 ** s.step);
  const root = 1 / Math.sqrt(1 - s.beta2 ** s.step);
  const keep = 1 - s.lr * s.weightDecay;
  for (let i = 0; i < p.length; i++) {
    const pull = (g[i] as number) * clip;
    const mean = s.beta1 * (m[i] as number) + (1 - s.beta1) * pull;
    const square = s.beta2 * (v[i] as number) + (1 - s.beta2) * pull * pull;
    m[i] = mean;
    v[i] = square;
    p[i] = keep * (p[i] as number) - (rate * mean) / (Math.sqrt(square) * root + s.epsilon);
  }
  if (a) for (let i = 0; i < p.length; i++) a[i] = s.averageDecay * (a[i] as number) + (1 - s.averageDecay) * (p[i] as number);
}
