import { symmetricEigenvalues } from "./symmetric-eigenvalues.js";

/** Mean `[C]` and covariance `[C,C]` of a set of feature vectors. */
export interface Gaussian {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/**
 * The Fréchet distance between two Gaussians, ‖μ₁ − μ₂‖² + Tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½), at least 0; float64. With Σ = FᵀF the trace of the root is
 * the sum of the singular values of F₁F₂ᵀ. F has as many rows as Σ has rank, so covariances of deficient rank need no added ε: no
 * rounding's eigenvalue of 1e-16 gives a root of 1e-8.
 */
export function frechetDistance(a: Gaussian, b: Gaussian): number {
  const size = a.mean.length;
  const [first, second] = [factor(a.covariance, size), factor(b.covariance, size)];
  const [few, many] = first.length <= second.length ? [first, second] : [second, first];
  const rank = few.length;
  const products = few.map((row) => Float64Array.from(many, (other) => dot(row, other)));
  const gram = new Float64Array(rank * rank);
  for (let i = 0; i < rank; i++)
    for (let j = 0; j <= i; j++)
      gram[i * rank + j] = gram[j * rank + i] = dot(products[i] as Float64Array, products[j] as Float64Array);
  const roots = symmetricEigenvalues(gram, rank).reduce((sum, value) => sum + Math.sqrt(Math.max(value, 0)), 0);
  const way = a.mean.reduce((sum, value, i) => sum + (value - (b.mean[i] ?? 0)) ** 2, 0);
  const trace = (matrix: Float64Array): number => a.mean.reduce((sum, _value, i) => sum + (matrix[i * size + i] ?? 0), 0);
  return Math.max(0, way + trace(a.covariance) + trace(b.covariance) - 2 * roots);
}

/** Rows F with Σ = FᵀF, by Cholesky's method, the largest rest first; ends where the rest is rounding. */
function factor(covariance: Float64Array, size: number): Float64Array[] {
  const rest = Float64Array.from({ length: size }, (_, i) => covariance[i * size + i] ?? 0);
  const smallest = size * Number.EPSILON * Math.max(0, ...rest);
  const rows: Float64Array[] = [];
  while (rows.length < size) {
    let pivot = 0;
    for (let i = 1; i < size; i++) if ((rest[i] as number) > (rest[pivot] as number)) pivot = i;
    const left = rest[pivot] as number;
    if (!(left > smallest)) break;
    const row = covariance.slice(pivot * size, (pivot + 1) * size);
    for (const known of rows) {
      const share = known[pivot] as number;
      if (share !== 0) for (let i = 0; i < size; i++) row[i] = (row[i] as number) - share * (known[i] as number);
    }
    const root = Math.sqrt(left);
    for (let i = 0; i < size; i++) {
      const value = (row[i] as number) / root;
      row[i] = value;
      rest[i] = (rest[i] as number) - value * value;
    }
    rest[pivot] = 0;
    rows.push(row);
  }
  return rows;
}

/** Four sums at once, for one would wait for itself. Equal lengths; the casts say that each index lies inside. */
function dot(a: Float64Array, b: Float64Array): number {
  let [w, x, y, z] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 4 <= a.length; i += 4) {
    w += (a[i] as number) * (b[i] as number);
    x += (a[i + 1] as number) * (b[i + 1] as number);
    y += (a[i + 2] as number) * (b[i + 2] as number);
    z += (a[i + 3] as number) * (b[i + 3] as number);
  }
  for (; i < a.length; i++) w += (a[i] as number) * (b[i] as number);
  return w + x + y + z;
}
