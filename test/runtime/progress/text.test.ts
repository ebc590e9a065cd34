import { describe, expect, test } from "@jest/globals";
import type { Phase } from "../../../src/core/graph.js";
import { shortNumber, shortTime } from "../../../src/runtime/progress/numbers.js";
import { resultRows } from "../../../src/runtime/progress/results.js";

test.each([
  [0, "0"],
  [0.63123, "0.6312"],
  [-1.5, "-1.5"],
  [27.1, "27.1"],
  [12345.6, "12,346"],
  [0.000012, "1.2e-5"],
  [0.001, "0.001"],
  [1e-7, "1e-7"],
  [NaN, "NaN"],
  [Infinity, "Infinity"],
])("the number %p reads %s", (value, text) => expect(shortNumber(value)).toBe(text));

test.each([
  [0.26, "0.26s"],
  [9.94, "9.9s"],
  [59.4, "59s"],
  [72, "1m12s"],
  [3599.9, "1h00m"],
  [7500, "2h05m"],
  [NaN, "?"],
])("%p seconds read %s", (value, text) => expect(shortTime(value)).toBe(text));

function phase(name: string, relation: Partial<Phase> = {}): Phase {
  return { name, run: [], checkpoint: 0, keep: 3, ...relation };
}

describe("results", () => {
  const phases = [
    phase("first", { before: "train" }),
    phase("train"),
    phase("last", { after: "train" }),
    phase("often", { of: "train" }),
  ];

  test("what was measured before and after a training stands side by side", () => {
    const results = { first: { loss: 1.99, frechet_x: 85.2 }, last: { loss: 0.63, frechet_x: 27.1 } };
    expect(resultRows(phases, results)).toEqual([
      ["first -> last", "loss", "1.99 -> 0.63 (-68%)"],
      ["first -> last", "frechet_x", "85.2 -> 27.1 (3.1x lower)"],
    ]);
  });

  test("a nested phase serves where no phase after it measured the same", () => {
    expect(resultRows(phases, { first: { psnr: 10 }, often: { psnr: 15 } })).toEqual([
      ["first -> often", "psnr", "10 -> 15 (+50%)"],
    ]);
  });

  test("a worse distance and an unchanged number are told as they are", () => {
    const results = { first: { fid: 10, loss: 2 }, last: { fid: 25, loss: 2 } };
    expect(resultRows(phases, results).map(([, , text]) => text)).toEqual(["10 -> 25 (2.5x higher)", "2 -> 2 (0%)"]);
  });

  test("negative numbers have no ratio", () => {
    expect(resultRows(phases, { first: { gain: -1 }, last: { gain: 1 } })).toEqual([["first -> last", "gain", "-1 -> 1"]]);
  });

  test("what stands alone has a line of its own", () => {
    expect(resultRows(phases, { last: { images: 64 }, first: { loss: 1 } })).toEqual([
      ["last", "images", "64"],
      ["first", "loss", "1"],
    ]);
  });
});
