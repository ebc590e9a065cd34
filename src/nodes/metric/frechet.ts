/** Mean `[C]` and covariance `[C,C]` of a set of feature vectors. */
export interface Gaussian {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
}

/**
 * The Fréchet distance between two Gaussians, ‖μ₁ − μ₂‖² + Tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½), at least 0. The trace of the root is the sum of the
 * roots of the eigenvalues of √Σ₁·Σ₂·√Σ₁, which is symmetric, so covariances of deficient rank need no added ε.
 */
export async function frechetDistance(a: Gaussian, b: Gaussian): Promise<number> {
  const { EigenvalueDecomposition, Matrix } = await import("ml-matrix");
  const size = a.mean.length;
  const matrix = (values: Float64Array) => Matrix.from1DArray(size, size, values);
  const first = matrix(a.covariance);
  const second = matrix(b.covariance);
  const eigen = new EigenvalueDecomposition(first, { assumeSymmetric: true });
  const vectors = eigen.eigenvectorMatrix;
  const scaled = vectors.clone().mulRowVector(eigen.realEigenvalues.map(root));
  const half = scaled.mmul(vectors.transpose());
  const product = half.mmul(second).mmul(half);
  const roots = new EigenvalueDecomposition(symmetric(product), { assumeSymmetric: true }).realEigenvalues.map(root);
  const way = a.mean.reduce((sum, value, i) => sum + (value - (b.mean[i] ?? 0)) ** 2, 0);
  return Math.max(0, way + first.trace() + second.trace() - 2 * roots.reduce((x, y) => x + y, 0));
}

/** Rounding can leave an eigenvalue of a covariance below zero. */
function root(eigenvalue: number): number {
  return Math.sqrt(Math.max(eigenvalue, 0));
}

/** Takes rounding's small differences between the two triangles away. */
function symmetric<M extends { add(other: M): M; clone(): M; transpose(): M; mul(factor: number): M }>(matrix: M): M {
  return matrix.clone().add(matrix.transpose()).mul(0.5);
}
