import { expect, test } from "@jest/globals";
import type { KeyLayout } from "../../../src/core/key-layout.js";
import type { WeightSpec } from "../../../src/core/weight-spec.js";
import { matchWeights } from "../../../src/runtime/run/match-weights.js";

const spec = (name: string, shape: number[], optional = false): WeightSpec => ({
  name,
  shape,
  init: { kind: "zeros" },
  trainable: true,
  optional,
});
const specs = [spec("norm.weight", [4]), spec("head.weight", [2, 4]), spec("table", [3], true)];
const same: KeyLayout[] = [{ name: "" }];

test("pairs by name; an optional weight may lack, a key may be ignored", () => {
  const arrays = [
    { name: "norm.weight", shape: [4] },
    { name: "x.head.weight", shape: [2, 4] },
    { name: "decoder", shape: [9] },
  ];
  const layouts = [{ name: "theirs", rules: [{ file: "x.head.*", model: "head.*" }], ignore: ["deco*"] }];
  expect(matchWeights(specs, arrays, layouts)).toEqual(
    new Map([
      ["norm.weight", [{ key: "norm.weight" }]],
      ["head.weight", [{ key: "x.head.weight" }]],
    ]),
  );
});

test("lists all that does not fit, with near names of both sides and the cure", () => {
  const arrays = [
    { name: "norm.wieght", shape: [4] },
    { name: "head.weight", shape: [4, 2] },
    { name: "tables", shape: [3] },
  ];
  expect(() => matchWeights(specs, arrays, same)).toThrow(
    `the file holds another model:
  wrong shape head.weight: [4,2] in the file, [2,4] in the model
  missing norm.weight (the file has "norm.wieght")
  unexpected norm.wieght (the model has "norm.weight")
  unexpected tables (the model has "table")
set the params that it was made with, or give another file`,
  );
});
