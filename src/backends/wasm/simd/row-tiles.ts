import type { Code, WasmFunction } from "./encode.js";
import { above, add, advance, choose, constant, get, load, loadSplat, multiply, plus, repeat, set, store, times, when, zeros } from "./instructions.js";

/** Rows of a tile, and columns: eight sums of four numbers, which fit a processor's vector registers. */
export const tileRows = 4;
export const tileColumns = 8;

const [a, step, panel, c, cStep, depth, rows, more] = [0, 1, 2, 3, 4, 5, 6, 7];
const params = 8;
const [b, count] = [params, params + 1];
const pointer = (row: number): number => params + 2 + row;
const target = (row: number): number => params + 2 + tileRows + row;
const integers = 2 + 2 * tileRows;
const vector = params + integers;
const halves = tileColumns / 4;
const [firstHalf, secondHalf, value] = [vector, vector + 1, vector + 2];
const sum = (row: number, half: number): number => vector + 3 + row * halves + half;
const each = (body: (row: number) => Code): Code => Array.from({ length: tileRows }, (_, row) => body(row)).flat();

/**
 * c (rows×8, rows `cStep` bytes apart) = or, where `more` is set, += a·panel. The panel is depth×8 numbers in a row; a holds its rows
 * `step` bytes apart. Where a tile has less than four rows, its last rows are computed twice: same numbers, same place.
 */
export const rowTiles: WasmFunction = tiles("rowTiles", false);

/** The same for an a that lies in panels of four columns, depth×4 numbers each, `step` bytes apart. */
export const panelTiles: WasmFunction = tiles("panelTiles", true);

function tiles(name: string, packed: boolean): WasmFunction {
  const next = (address: (row: number) => number, start: number, stride: number): Code =>
    each((row) =>
      row === 0
        ? set(address(0), get(start))
        : set(
            address(row),
            choose(above(get(rows), constant(row)), plus(get(address(row - 1)), get(stride)), get(address(row - 1))),
          ),
    );
  // One number of each row of a meets the eight numbers of a row of the panel.
  const meet = (k: number): Code => [
    ...set(firstHalf, load(get(b), k * 32)),
    ...set(secondHalf, load(get(b), k * 32 + 16)),
    ...each((row) => [
      ...set(value, packed ? loadSplat(get(pointer(0)), k * 16 + row * 4) : loadSplat(get(pointer(row)), k * 4)),
      ...set(sum(row, 0), add(get(sum(row, 0)), multiply(get(value), get(firstHalf)))),
      ...set(sum(row, 1), add(get(sum(row, 1)), multiply(get(value), get(secondHalf)))),
    ]),
  ];
  const va = (row: number): number => vector + 3 + tileRows * halves + row;
  const splat = (x: Code, lane: number): Code => [...x, ...x, 0xfd, 0x0d, ...Array.from({ length: 16 }, (_, i) => lane * 4 + (i % 4))];
  const meet4 = (): Code => [
    ...each((row) => set(va(row), load(get(pointer(row))))),
    ...Array.from({ length: 4 }, (_, k) => [
      ...set(firstHalf, load(get(b), k * 32)),
      ...set(secondHalf, load(get(b), k * 32 + 16)),
      ...each((row) => [
        ...set(value, splat(get(va(row)), k)),
        ...set(sum(row, 0), add(get(sum(row, 0)), multiply(get(value), get(firstHalf)))),
        ...set(sum(row, 1), add(get(sum(row, 1)), multiply(get(value), get(secondHalf)))),
      ]),
    ]).flat(),
  ];
  const walk = (many: number): Code => [
    ...(many === 4 && !packed ? meet4() : Array.from({ length: many }, (_, k) => meet(k)).flat()),
    ...(packed ? advance(pointer(0), constant(many * 16)) : each((row) => advance(pointer(row), constant(many * 4)))),
    ...advance(b, constant(many * 32)),
    ...advance(count, constant(-many)),
  ];
  const unroll = 4;
  const tile = [
    packed ? set(pointer(0), get(a)) : next(pointer, a, step),
    next(target, c, cStep),
    when(
      get(more),
      [each((row) => [...set(sum(row, 0), load(get(target(row)))), ...set(sum(row, 1), load(get(target(row)), 16))])],
      [each((row) => [...set(sum(row, 0), zeros), ...set(sum(row, 1), zeros)])],
    ),
    set(b, get(panel)),
    set(count, get(depth)),
    when(above(get(count), constant(unroll - 1)), [repeat([walk(unroll)], above(get(count), constant(unroll - 1)))]),
    when(get(count), [repeat([walk(1)], get(count))]),
    each((row) => [...store(get(target(row)), get(sum(row, 0))), ...store(get(target(row)), get(sum(row, 1)), 16)]),
    advance(a, packed ? get(step) : times(get(step), constant(tileRows))),
    advance(c, times(get(cStep), constant(tileRows))),
    advance(rows, constant(-tileRows)),
  ];
  const body = repeat(tile, above(get(rows), constant(0)));
  return { name, params, integers, vectors: 3 + tileRows * halves + tileRows, body };
}
