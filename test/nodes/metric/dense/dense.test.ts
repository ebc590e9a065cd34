import { describe, expect, test } from "@jest/globals";
import { bidiagonalize, bidiagonalNumbers } from "../../../../src/nodes/metric/dense/bidiagonal.js";
import { factor, multiplyFactors } from "../../../../src/nodes/metric/dense/factor.js";
import { openPacked, packedNumbers } from "../../../../src/nodes/metric/dense/products.js";
import { numbersOf, openRoom } from "../../../../src/nodes/metric/dense/room.js";
import type { Matrix, Room } from "../../../../src/nodes/metric/dense/room.js";
import { singularValues } from "../../../../src/nodes/metric/dense/singular-values.js";
import { apart, product, random, read, transposed, withSingularValues, write } from "./matrices.js";
import type { Rows } from "./matrices.js";

const packsFor = (room: Room, size: number) => [openPacked(room, size), openPacked(room, size)] as const;

function placed(room: Room, rows: Rows): Matrix {
  const matrix = room.matrix(rows.length, rows[0]?.length ?? 0);
  write(rows, matrix);
  return matrix;
}

function singular(rows: Rows): Float64Array {
  const [m, n] = [rows.length, rows[0]?.length ?? 0];
  const room = openRoom(numbersOf(m, n) + 2 * packedNumbers(m) + bidiagonalNumbers(m, n));
  return singularValues(bidiagonalize(room, placed(room, rows), packsFor(room, m)));
}

describe("kernels do what plain loops do", () => {
  const room = openRoom(numbersOf(8, 12) * 4);
  const [c, a, b] = [random(4, 9, 1), random(5, 4, 2), random(5, 4, 3)];

  test("tile adds aᵀ·b of packed columns and leaves the rest", () => {
    const matrix = placed(room, c);
    const strip = (rows: Rows) => {
      const into = room.matrix(1, 20);
      into.data.set(rows.flat());
      return into.at;
    };
    room.kernels.tile(5, strip(a), strip(b), matrix.at + 8 * 4, 8 * matrix.stride);
    const sum = product(transposed(a), b);
    const wanted = c.map((row, i) => row.map((value, j) => value + (j >= 4 && j < 8 ? (sum[i]?.[j - 4] ?? NaN) : 0)));
    expect(apart(read(matrix), wanted)).toBeLessThan(1e-15 * 20);
  });

  test("addRows and dotRows multiply four rows", () => {
    const [rows, v, x] = [random(4, 12, 4), random(1, 4, 5), random(1, 12, 6)];
    const inside = openRoom(4 * numbersOf(4, 12));
    const [matrix, factors, vector, out] = [placed(inside, rows), placed(inside, v), placed(inside, x), inside.matrix(1, 4)];
    inside.kernels.dotRows(12, vector.at, matrix.at, 8 * matrix.stride, out.at);
    expect(apart(read(out), transposed(product(rows, transposed(x))))).toBeLessThan(1e-14);
    inside.kernels.addRows(12, vector.at, matrix.at, 8 * matrix.stride, factors.at);
    const sum = product(v, rows)[0] ?? [];
    expect(apart(read(vector), [(x[0] ?? []).map((value, i) => value + (sum[i] ?? NaN))])).toBeLessThan(1e-14);
  });
});

describe("singular values", () => {
  test("of a matrix made of known ones, also zero, equal and tiny ones, across the edges of panels", () => {
    for (const [rows, columns] of [
      [1, 1],
      [2, 2],
      [3, 2],
      [5, 5],
      [9, 4],
      [31, 31],
      [32, 32],
      [34, 33],
      [70, 65],
      [130, 128],
    ] as const) {
      const known = Array.from({ length: columns }, (_, i) => (i % 5 === 4 ? 0 : i % 3 === 1 ? 2 : 3 / (1 + i) ** 4));
      const found = singular(withSingularValues(known, rows, rows));
      expect(apart([[...found]], [known.toSorted((a, b) => b - a)])).toBeLessThan(1e-13);
    }
  });

  test("of zero, of one number, of one row's direction", () => {
    expect([...singular([[0, 0], [0, 0], [0, 0]])]).toEqual([0, 0]); // prettier-ignore
    expect(singular([[-7]])[0]).toBeCloseTo(7, 12);
    const found = singular(product(random(40, 1, 7), random(1, 37, 8)));
    expect(found[0]).toBeGreaterThan(1);
    expect(Math.max(...found.slice(1))).toBeLessThan(1e-13);
  });

  test("numbers that are none are refused", () => {
    expect(() => singular([[1, NaN], [2, 3]])).toThrow("not finite"); // prettier-ignore
  });
});

describe("factors", () => {
  test.each([
    ["whole", 5, 5],
    ["one panel", 64, 64],
    ["three panels", 150, 150],
    ["deficient", 150, 40],
    ["deficient at a panel's edge", 100, 64],
  ])("%s: RᵀR is the matrix in R's order, with as many rows as its rank", (_name, size, rank) => {
    const half = random(rank, size, size);
    const matrix = product(transposed(half), half);
    const room = openRoom(numbersOf(size, size) + 2 * packedNumbers(size));
    const placedMatrix = placed(room, matrix);
    const found = factor(room, placedMatrix, packsFor(room, size));
    expect(found.rank).toBe(rank);
    const upper = read(placedMatrix);
    const order = [...found.order];
    expect(order.toSorted((a, b) => a - b)).toEqual(order.map((_, i) => i));
    const wanted = order.map((i) => order.map((j) => matrix[i]?.[j] ?? NaN));
    expect(apart(product(transposed(upper), upper), wanted)).toBeLessThan(1e-12 * size);
    expect(upper.every((row, i) => row.every((value, j) => (j < i || i >= rank ? value === 0 : true)))).toBe(true);
  });

  test("the product of two puts the features of both in one order", () => {
    const [size, p, q] = [90, 90, 33];
    const halves = [random(p, size, 1), random(q, size, 2)];
    const room = openRoom(3 * numbersOf(size, size) + 2 * packedNumbers(size));
    const packs = packsFor(room, size);
    const [first, second] = halves.map((half) => {
      const matrix = placed(room, product(transposed(half), half));
      return { matrix, ...factor(room, matrix, packs) };
    });
    if (!first || !second) throw new Error("two were made");
    const into = { ...room.matrix(size, size), rows: p, columns: q };
    multiplyFactors(room, into, [first, second], packs);
    // (F₁F₂ᵀ)(F₁F₂ᵀ)ᵀ has the trace of Σ₁Σ₂ whatever the factors are.
    const squares = read(into).flat().reduce((sum, value) => sum + value * value, 0); // prettier-ignore
    const [a = [], b = []] = halves;
    const wanted = product(a, transposed(b)).flat().reduce((sum, value) => sum + value * value, 0); // prettier-ignore
    expect(squares / wanted).toBeCloseTo(1, 12);
  });
});

test("matrices larger than a memory can be are refused", () => {
  expect(() => openRoom(numbersOf(30_000, 30_000))).toThrow("matrices of 7.2 GB are more than the 4 GB that fit");
});
