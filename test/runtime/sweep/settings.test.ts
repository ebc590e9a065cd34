import { describe, expect, test } from "@jest/globals";
import { childrenOf, parseAxis } from "../../../src/runtime/sweep/settings.js";
import { UsageError } from "../../../src/runtime/usage-error.js";

describe("the runs of a sweep", () => {
  test("are all combinations of values, each with its seeds", () => {
    const axes = [
      { path: "dit.width", values: [8, 16] },
      { path: "vars.norm", values: ["rms", "layer"] },
    ];
    const children = childrenOf({ axes, seeds: 2 }, 42);
    expect(children.map(({ setting, seed }) => `${setting} ${seed}`)).toEqual(
      [42, 43].flatMap((seed) => ["8,rms", "8,layer", "16,rms", "16,layer"].map((setting) => `${setting} ${seed}`)),
    );
    expect(children[5]).toEqual({
      name: "2_dit.width=8_vars.norm=layer_seed=43",
      setting: "8,layer",
      seed: 43,
      overrides: ["dit.width=8", 'vars.norm="layer"', "seed=43"],
    });
  });

  test("have folders of their own even where long values look alike", () => {
    const long = "x".repeat(200);
    const names = childrenOf({ axes: [{ path: "a.b", values: [`${long}1`, `${long}2`] }], seeds: 2 }, 1).map(({ name }) => name);
    expect(new Set(names).size).toBe(4);
    expect(names.every((name) => name.length < 130 && /^[\w.=,-]+$/.test(name))).toBe(true);
  });

  test("set several params at once where a value is a name for them", () => {
    const sets = { small: { "dit.width": 8, "dit.heads": 2 }, large: { "train.run": ["adam"] } };
    const children = childrenOf({ axes: [{ path: "size", values: ["small", "large"], sets }], seeds: 1 }, 1);
    expect(children.map(({ name, setting, overrides }) => [name, setting, overrides])).toEqual([
      ["1_size=small_seed=1", "small", ["dit.width=8", "dit.heads=2", "seed=1"]],
      ["2_size=large_seed=1", "large", ['train.run=["adam"]', "seed=1"]],
    ]);
  });

  test("without an axis are the seeds of one graph", () => {
    expect(childrenOf({ axes: [], seeds: 2 }, 0).map(({ name, setting }) => [name, setting])).toEqual([
      ["1_seed=0", ""],
      ["1_seed=1", ""],
    ]);
  });
});

describe("--sweep", () => {
  test.each([
    ["dit.width=384,768", { path: "dit.width", values: [384, 768] }],
    ["dit.depth=[6,2],[8,2]", { path: "dit.depth", values: [[6, 2], [8, 2]] }], // prettier-ignore
    ['a.b={"x":1,"y":2}, auto,"1,2"', { path: "a.b", values: [{ x: 1, y: 2 }, "auto", "1,2"] }],
  ])("%s", (text, axis) => expect(parseAxis(text)).toEqual(axis));

  test.each(["dit.width", "=3", "dit.width=", "dit.width=1,,2", "seed=1,2"])("%s is refused", (text) =>
    expect(() => parseAxis(text)).toThrow(UsageError),
  );
});
