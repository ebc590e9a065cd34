import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { planMemory } from "../../../src/backends/shared/plan-memory.js";

test("pieces that never meet share their place", () => {
  const plan = planMemory([
    { bytes: 100, first: 0, last: 1 },
    { bytes: 100, first: 2, last: 3 },
  ]);
  expect(plan).toEqual({ offsets: [0, 0], bytes: 128 });
});

test("a piece that another call reads at the moment it is made lies elsewhere", () => {
  const plan = planMemory([
    { bytes: 64, first: 0, last: 1 },
    { bytes: 64, first: 1, last: 2 },
  ]);
  expect(new Set(plan.offsets)).toEqual(new Set([0, 64]));
});

test("a chain of layers needs two places, however long it is", () => {
  const chain = Array.from({ length: 50 }, (_, i) => ({ bytes: 640, first: i, last: i + 1 }));
  expect(planMemory(chain).bytes).toBe(2 * 640);
});

test("no two pieces that live at once ever overlap", () => {
  const life = fc
    .tuple(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 10 }))
    .map(([bytes, first, length]) => ({ bytes, first, last: first + length }));
  fc.assert(
    fc.property(fc.array(life, { maxLength: 40 }), (pieces) => {
      const { offsets, bytes } = planMemory(pieces);
      pieces.forEach((a, i) => {
        const from = offsets[i] ?? NaN;
        expect(from % 64).toBe(0);
        expect(from + a.bytes).toBeLessThanOrEqual(bytes);
        pieces.slice(0, i).forEach((b, j) => {
          const apart = (offsets[j] ?? NaN) + b.bytes <= from || from + a.bytes <= (offsets[j] ?? NaN);
          expect(apart || a.last < b.first || b.last < a.first).toBe(true);
        });
      });
    }),
  );
});
