import type { HostArray } from "../../core/tensor.js";
import { toByte } from "../files/to-byte.js";

/** Pixels of a picture, 8 bits a channel, row-major. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/**
 * Draws batches `[B,H,W,c]` as one picture. Each element of `batches` holds images that stand beside each other, e.g. originals and
 * their reconstructions: image i of each makes up one cell. Cells run row by row, white between them.
 */
export function drawGrid(
  batches: readonly (readonly HostArray[])[],
  layout: { readonly columns: number; readonly scale: number; readonly gap: number },
): Picture {
  const { scale, gap } = layout;
  const [, h = 0, w = 0, c = 0] = batches[0]?.[0]?.shape ?? [];
  if (c !== 1 && c !== 3) throw new Error(`a picture has 1 or 3 channels, got ${c}; connect decoded images`);
  const cells = batches.flatMap((beside) => Array.from({ length: beside[0]?.shape[0] ?? 0 }, (_, i) => ({ beside, i })));
  const columns = Math.min(layout.columns, cells.length);
  const rows = Math.ceil(cells.length / columns);
  const cellWidth = w * scale * (batches[0]?.length ?? 1);
  const width = columns * (cellWidth + gap) - gap;
  const height = rows * (h * scale + gap) - gap;
  const data = new Uint8Array(width * height * c).fill(255);
  const paint = (array: HostArray, i: number, left: number, top: number): void => {
    for (let y = 0; y < h * scale; y++)
      for (let x = 0; x < w * scale; x++) {
        const from = ((i * h + Math.floor(y / scale)) * w + Math.floor(x / scale)) * c;
        const to = ((top + y) * width + left + x) * c;
        for (let channel = 0; channel < c; channel++) data[to + channel] = toByte(array.data[from + channel] ?? 0);
      }
  };
  cells.forEach(({ beside, i }, cell) => {
    const left = (cell % columns) * (cellWidth + gap);
    const top = Math.floor(cell / columns) * (h * scale + gap);
    beside.forEach((array, side) => paint(array, i, left + side * w * scale, top));
  });
  return { width, height, channels: c, data };
}
