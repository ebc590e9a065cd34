import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { bindSpec, mayFit, parseSpec, printType } from "../../../src/core/language/port-type.js";
import type { PortType } from "../../../src/core/language/port-type.js";
import { createSizes } from "../../../src/core/language/size.js";
import type { Size } from "../../../src/core/language/size.js";
import { unify } from "../../../src/core/language/unify.js";

/** Binds types of one node after another; each call is a node of its own. */
function binder(): (...specs: string[]) => PortType[] {
  const make = createSizes();
  return (...specs) => {
    const sizes = new Map<string, Size>();
    const row = { kind: "row" } as const;
    const size = (name: string): Size => {
      const known = sizes.get(name) ?? make(name);
      sizes.set(name, known);
      return known;
    };
    return specs.map((spec) => bindSpec(parseSpec(spec), { size, number: (value) => make(String(value), value), row }));
  };
}

/** Makes the first types of two nodes equal; tells the outcome and all their types. */
function join(a: string[], b: string[]): string {
  const bind = binder();
  const [left, right] = [bind(...a), bind(...b)];
  const outcome = unify(left[0]?.axes ?? [], right[0]?.axes ?? []);
  return [("why" in outcome && outcome.why) || outcome.kind, ...[...left, ...right].map(printType)].join(" | ");
}

describe("types as written", () => {
  test.each([
    ["f32[B,H,W,3]", "f32[B,H,W,3]"],
    [" i32[ B ] ", "i32[B]"],
    ["f32[]", "f32[]"],
    ["f32[B,...]", "f32[B,...]"],
    ["model", "model[...]"],
    ["model[h,w,C]", "model[h,w,C]"],
    ["weights", "weights"],
    ["record", "record"],
  ])("%s", (written, printed) => {
    const [type] = binder()(written);
    expect(type && printType(type)).toBe(printed);
  });

  test.each([
    ["f64[B]", /is no type/],
    ["f32", /needs its sizes/],
    ["f32[B", /is no type/],
    ["f32[0]", /"0" is no size/],
    ["f32[B-1]", /"B-1" is no size/],
    ["f32[...,B,...]", /stands twice/],
    ["weights[3]", /takes no sizes/],
  ])("%s is refused", (written, message) => {
    expect(() => parseSpec(written)).toThrow(message);
  });
});

describe("unify", () => {
  test.each([
    [["f32[B,4]"], ["f32[32,C]"], "done | f32[32,4] | f32[32,4]"],
    [["f32[N,N]"], ["f32[3,C]"], "done | f32[3,3] | f32[3,3]"],
    [["f32[N,N]"], ["f32[3,4]"], "size 2 differs (3 and 4) | f32[3,3] | f32[3,4]"],
    [["f32[B,2]"], ["f32[B,3]"], "size 2 differs (2 and 3) | f32[B,2] | f32[B,3]"],
    [["f32[B]"], ["f32[B,C]"], "numbers of axes differ (1 and 2) | f32[B] | f32[B,C]"],
    [["f32[B,...]", "f32[...,B]"], ["f32[2,3,4]"], "done | f32[2,3,4] | f32[3,4,2] | f32[2,3,4]"],
    [["f32[...,C]"], ["f32[2]"], "done | f32[2] | f32[2]"],
    [["f32[B,...,C]"], ["f32[2]"], "numbers of axes differ (at least 2 and 1) | f32[B,...,C] | f32[2]"],
    [["f32[B,H,...]", "f32[...]"], ["f32[b,...]", "f32[...]"], "done | f32[B,H,...] | f32[...] | f32[B,H,...] | f32[H,...]"],
    [["f32[B,...]"], ["f32[...,C]"], "later | f32[B,...] | f32[...,C]"],
  ])("%j with %j", (a, b, outcome) => {
    expect(join(a, b)).toBe(outcome);
  });

  test("gives the same types in whatever order edges come", () => {
    const edges = [
      [0, 1],
      [1, 2],
      [2, 3],
      [3, 4],
      [0, 4],
    ] as const;
    const specs = ["f32[B,...]", "f32[...,C]", "f32[B,h,...]", "f32[a,b,c]", "f32[2,w,5]"];
    const solve = (order: readonly (readonly [number, number])[]): string[] => {
      const types = specs.map((spec) => binder()(spec)).map(([type]) => type);
      for (let round = 0; round < order.length; round++)
        for (const [a, b] of order) unify(types[a]?.axes ?? [], types[b]?.axes ?? []);
      return types.map((type) => (type ? printType(type).replace(/[A-Za-z]+(?=[,\]])/g, "?") : ""));
    };
    expect(solve(edges)).toEqual(Array.from({ length: 5 }, () => "f32[2,?,5]"));
    fc.assert(
      fc.property(fc.shuffledSubarray([...edges], { minLength: 5 }), (order) => expect(solve(order)).toEqual(solve(edges))),
      { seed: 1 },
    );
  });
});

describe("mayFit", () => {
  test.each([
    ["f32[B,3]", "f32[2,3]", true],
    ["f32[B,3]", "f32[2,4]", false],
    ["f32[B]", "i32[B]", false],
    ["f32[B]", "weights", false],
    ["f32[B]", "f32[B,C]", false],
    ["f32[B,...]", "f32[2,3]", true],
    ["f32[B,C,...]", "f32[2]", false],
  ])("%s and %s: %s", (a, b, fits) => {
    const [x, y] = [binder()(a)[0], binder()(b)[0]];
    expect(x && y && mayFit(x, y)).toBe(fits);
    expect(x && y && mayFit(y, x)).toBe(fits);
  });
});
