import { openMoments } from "./moments.js";
import type { Gaussian, Moments } from "./moments.js";
import { traceOfRoot } from "./trace-of-root.js";

/** What is reckoned in one go, and may take long. */
export interface Jobs {
  /** Adds vectors `[B,size]` to this place's moments. */
  add(vectors: Float32Array | Int32Array, size: number): void;
  gaussian(): Gaussian;
  /** Tr((Σ₁Σ₂)^½). */
  traceOfRoot(a: Float64Array, b: Float64Array): number;
}

/** A place with its own moments. */
export function openJobs(): Jobs {
  let moments: Moments | undefined;
  return {
    add: (vectors, size) => (moments ??= openMoments(size)).add(vectors),
    gaussian() {
      if (!moments) throw new Error("no vectors were added");
      return moments.gaussian();
    },
    traceOfRoot,
  };
}
