import type { WasmFunction } from "./encode.js";
import { advance, constant, get, load, repeat, store } from "./instructions.js";

const [from, step, to, rows] = [0, 1, 2, 3];

/** Copies `rows` pieces of `width` numbers (a multiple of four), `step` bytes apart, beside each other: one panel. */
function packer(width: number): WasmFunction {
  const body = repeat(
    [
      ...Array.from({ length: width / 4 }, (_, i) => store(get(to), load(get(from), 16 * i), 16 * i)),
      advance(from, get(step)),
      advance(to, constant(width * 4)),
      advance(rows, constant(-1)),
    ],
    get(rows),
  );
  return { name: `pack${width}`, params: 4, integers: 0, vectors: 0, body };
}

/** Panels of four columns, for the left factor, and of eight, for the right one. */
export const packers: readonly WasmFunction[] = [packer(4), packer(8)];
