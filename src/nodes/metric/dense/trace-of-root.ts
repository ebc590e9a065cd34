import { bidiagonalize, bidiagonalNumbers } from "./bidiagonal.js";
import { factor, multiplyFactors } from "./factor.js";
import { openPacked, packedNumbers } from "./products.js";
import { numbersOf, openRoom } from "./room.js";
import { singularValues } from "./singular-values.js";

/**
 * Tr((Σ₁Σ₂)^½) of two covariances `[C,C]`: with Σ = FᵀF the sum of the singular values of F₁F₂ᵀ. F has as many rows as Σ has rank, so
 * covariances of deficient rank need no added ε: no rounding's eigenvalue of 1e-16 gives a root of 1e-8. 13/6 C³ multiply-adds in float64:
 * two factors of C³/6, their product C³/2, the singular values 4/3 C³.
 */
export function traceOfRoot(a: Float64Array, b: Float64Array): number {
  const size = Math.sqrt(a.length);
  const room = openRoom(3 * numbersOf(size, size) + 2 * packedNumbers(size) + bidiagonalNumbers(size, size));
  const packs = [openPacked(room, size), openPacked(room, size)] as const;
  const factored = [a, b].map((covariance) => {
    const matrix = room.matrix(size, size);
    for (let i = 0; i < size; i++) matrix.data.set(covariance.subarray(i * size, (i + 1) * size), i * matrix.stride);
    return { matrix, ...factor(room, matrix, packs) };
  });
  factored.sort((first, second) => second.rank - first.rank);
  const [more, fewer] = factored as [(typeof factored)[0], (typeof factored)[0]];
  if (fewer.rank === 0) return 0;
  const product = { ...room.matrix(size, size), rows: more.rank, columns: fewer.rank };
  multiplyFactors(room, product, [more, fewer], packs);
  return singularValues(bidiagonalize(room, product, packs)).reduce((sum, value) => sum + value, 0);
}
