/**
 * The 2-D sine-cosine position table of DiT and MAE for a square grid: per token (row, column), row by row,
 * [sin(column·ω), cos(column·ω), sin(row·ω), cos(row·ω)] with ω_k = 10000^(−k/q), q = width/4. Column first. Shape `[grid²,width]`,
 * computed in float64.
 */
export function sincosTable(width: number, grid: number): Float32Array {
  const quarter = width / 4;
  const table = new Float32Array(grid * grid * width);
  for (let token = 0; token < grid * grid; token++)
    for (let k = 0; k < quarter; k++) {
      const frequency = 10000 ** (-k / quarter);
      const column = (token % grid) * frequency;
      const row = Math.floor(token / grid) * frequency;
      [Math.sin(column), Math.cos(column), Math.sin(row), Math.cos(row)].forEach((value, part) => {
        table[token * width + part * quarter + k] = value;
      });
    }
  return table;
}
