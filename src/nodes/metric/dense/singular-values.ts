import type { Bidiagonal } from "./bidiagonal.js";

/** Far more than any eigenvalue takes. */
const sweeps = 100;

/**
 * The singular values of a bidiagonal matrix, in falling order, each to the rounding of the largest: the eigenvalues of the symmetric matrix
 * with main and upper diagonal in turns beside a diagonal of zeros are ± them (Golub and Kahan 1965), found by implicit QL.
 */
export function singularValues({ main, upper }: Bidiagonal): Float64Array {
  const size = 2 * main.length;
  const beside = new Float64Array(size);
  main.forEach((value, i) => {
    beside[2 * i] = value;
    if (2 * i + 1 < size - 1) beside[2 * i + 1] = upper[i] as number;
  });
  return tridiagonalEigenvalues(new Float64Array(size), beside).sort().reverse().subarray(0, main.length);
}

/**
 * Eigenvalues of a symmetric matrix of three diagonals, in place of the main one `d`, in no order; `e[i]` lies between rows i and i + 1 and is
 * overwritten (Golub and Van Loan, Matrix Computations, 8.3). Throws an Error where numbers are not finite.
 */
function tridiagonalEigenvalues(d: Float64Array, e: Float64Array): Float64Array {
  const n = d.length;
  const largest = [d, e].reduce((most, side) => side.reduce((a, b) => Math.max(a, Math.abs(b)), most), 0);
  if (!Number.isFinite(largest)) throw new Error("a covariance holds numbers that are not finite");
  if (largest === 0) return d;
  for (let i = 0; i < n; i++) {
    d[i] = (d[i] as number) / largest;
    e[i] = (e[i] as number) / largest;
  }
  for (let low = 0; low < n; low++)
    for (let sweep = 0; ; sweep++) {
      if (sweep === sweeps) throw new Error(`singular values were not found in ${sweeps} sweeps`);
      let high = low;
      while (high < n - 1 && Math.abs(e[high] as number) > Number.EPSILON) high++;
      if (high === low) break;
      let g = ((d[low + 1] as number) - (d[low] as number)) / (2 * (e[low] as number));
      let r = Math.sqrt(g * g + 1);
      g = (d[high] as number) - (d[low] as number) + (e[low] as number) / (g + (g >= 0 ? r : -r));
      let [s, c, p] = [1, 1, 0];
      let i = high - 1;
      for (; i >= low; i--) {
        const f = s * (e[i] as number);
        const b = c * (e[i] as number);
        r = Math.sqrt(f * f + g * g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] = (d[i + 1] as number) - p;
          e[high] = 0;
          break;
        }
        s = f / r;
        c = g / r;
        g = (d[i + 1] as number) - p;
        r = ((d[i] as number) - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
      }
      if (r === 0 && i >= low) continue;
      d[low] = (d[low] as number) - p;
      e[low] = g;
      e[high] = 0;
    }
  for (let i = 0; i < n; i++) d[i] = (d[i] as number) * largest;
  return d;
}
