import type { Gaussian } from "./dense/moments.js";
import { openDesk } from "./dense/thread.js";

/**
 * The Fréchet distance between two Gaussians, ‖μ₁ − μ₂‖² + Tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½), at least 0; float64. Of many features it is found in a
 * thread, of few at once.
 */
export async function frechetDistance(a: Gaussian, b: Gaussian): Promise<number> {
  const size = a.mean.length;
  const way = a.mean.reduce((sum, value, i) => sum + (value - (b.mean[i] ?? 0)) ** 2, 0);
  const trace = (matrix: Float64Array): number => a.mean.reduce((sum, _value, i) => sum + (matrix[i * size + i] ?? 0), 0);
  const desk = openDesk(size);
  try {
    const root = await desk.ask("traceOfRoot", a.covariance, b.covariance);
    return Math.max(0, way + trace(a.covariance) + trace(b.covariance) - 2 * root);
  } finally {
    desk.close();
  }
}
