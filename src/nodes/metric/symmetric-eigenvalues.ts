/**
 * The eigenvalues of a symmetric matrix, row-major `[n,n]`, in no order; the matrix is overwritten. Householder reflections to three
 * diagonals, then implicit QL (Golub and Van Loan, Matrix Computations, 8.3): 2/3 n³ multiply-adds.
 */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n);
  tridiagonalize(matrix, n, diagonal, beside);
  solve(diagonal, beside);
  return diagonal;
}

/** Reads and writes the lower triangle; `beside[i]` couples rows i and i − 1. Casts tell only that each index lies inside its array. */
function tridiagonalize(a: Float64Array, n: number, diagonal: Float64Array, beside: Float64Array): void {
  const q = new Float64Array(n);
  for (let i = n - 1; i > 0; i--) {
    // The reflection that leaves of row i only its last entry before the diagonal: u lies in the row itself.
    const u = a.subarray(i * n, i * n + i);
    const scale = u.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (scale === 0 || i === 1) {
      beside[i] = u[i - 1] as number;
      if (scale === 0 || i === 1) continue;
    }
    let square = 0;
    for (let k = 0; k < i; k++) square += ((u[k] as number) /= scale) ** 2;
    const last = u[i - 1] as number;
    const length = last > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    beside[i] = scale * length;
    const half = square - last * length;
    u[i - 1] = last - length;
    // q = A·u / half, then q − (u·q / 2 half)·u; A − u·qᵀ − q·uᵀ is the reflected matrix.
    q.fill(0, 0, i);
    for (let j = 0; j < i; j++) {
      const [row, uj] = [j * n, u[j] as number];
      let sum = (a[row + j] as number) * uj;
      for (let k = 0; k < j; k++) {
        const value = a[row + k] as number;
        sum += value * (u[k] as number);
        q[k] = (q[k] as number) + value * uj;
      }
      q[j] = (q[j] as number) + sum;
    }
    let along = 0;
    for (let k = 0; k < i; k++) along += (u[k] as number) * ((q[k] as number) /= half);
    const share = along / (2 * half);
    for (let k = 0; k < i; k++) q[k] = (q[k] as number) - share * (u[k] as number);
    for (let j = 0; j < i; j++) {
      const [row, uj, qj] = [j * n, u[j] as number, q[j] as number];
      for (let k = 0; k <= j; k++) a[row + k] = (a[row + k] as number) - uj * (q[k] as number) - qj * (u[k] as number);
    }
  }
  for (let i = 0; i < n; i++) diagonal[i] = a[i * n + i] as number;
}

/** Turns the matrix of three diagonals into one of one, by rotations. Throws an Error where 60 sweeps for one value do not suffice. */
function solve(d: Float64Array, beside: Float64Array): void {
  const n = d.length;
  const e = new Float64Array(n);
  e.set(beside.subarray(1));
  for (let low = 0; low < n; low++)
    for (let sweep = 0; ; sweep++) {
      let high = low;
      while (
        high < n - 1 &&
        Math.abs(e[high] as number) > Number.EPSILON * (Math.abs(d[high] as number) + Math.abs(d[high + 1] as number))
      )
        high++;
      if (high === low) break;
      if (sweep === 60) throw new Error("the eigenvalues of a covariance were not found: it holds numbers that are not finite");
      let g = ((d[low + 1] as number) - (d[low] as number)) / (2 * (e[low] as number));
      let r = Math.hypot(g, 1);
      g = (d[high] as number) - (d[low] as number) + (e[low] as number) / (g + (g >= 0 ? r : -r));
      let [s, c, p] = [1, 1, 0];
      let i = high - 1;
      for (; i >= low; i--) {
        const f = s * (e[i] as number);
        const b = c * (e[i] as number);
        r = Math.hypot(f, g);
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
}
