/** The middle value, the upper one of two. */
export function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

/** Calls the parts in turns, `rounds` times; gives a list of results for each part. */
export async function alternate(rounds, ...parts) {
  const results = parts.map(() => []);
  for (let round = 0; round < rounds; round++) for (const [i, part] of parts.entries()) results[i].push(await part());
  return results;
}

/** "0.71 of PyTorch's time", and whether that was a fair peer. */
export function ratioText(ratio, { unfair }) {
  return `${ratio.toFixed(2)} of PyTorch's time${unfair ? ` (no fair peer: ${unfair})` : ""}`;
}

/** "83%". */
export function percent(share) {
  return `${(100 * share).toFixed(0)}%`;
}

/** Lines with aligned columns; all but the first are numbers. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows
    .map((row) => row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join("  "))
    .join("\n");
}
