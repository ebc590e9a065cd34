/**
 * Cosines and sines of the 2-D rotary embedding of LightningDiT for a square grid, `[grid²,headWidth]` each: the first half of a
 * head turns by the row, the second by the column, each adjacent pair by one frequency 10000^(−2k/(headWidth/2)). Row first.
 */
export function rotaryTables(headWidth: number, grid: number): { cos: Float32Array; sin: Float32Array } {
  const half = headWidth / 2;
  const cos = new Float32Array(grid * grid * headWidth);
  const sin = new Float32Array(grid * grid * headWidth);
  for (let token = 0; token < grid * grid; token++)
    for (let i = 0; i < headWidth; i++) {
      const position = i < half ? Math.floor(token / grid) : token % grid;
      const pair = Math.floor((i % half) / 2);
      const angle = position * 10000 ** ((-2 * pair) / half);
      cos[token * headWidth + i] = Math.cos(angle);
      sin[token * headWidth + i] = Math.sin(angle);
    }
  return { cos, sin };
}
