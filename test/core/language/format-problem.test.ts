import { describe, expect, test } from "@jest/globals";
import { formatProblem, locate } from "../../../src/core/language/format-problem.js";

const text = "name: a\nnodes:\n  dit: { depht: 12 }\n";
const start = text.indexOf("depht");
const at = { file: "/g/x.yaml", start, end: start + 5 };
const sources = new Map([["/g/x.yaml", text]]);

describe("locate", () => {
  test("counts lines and columns from 1", () => {
    expect(locate("ab\ncd", 0)).toEqual({ line: 1, col: 1 });
    expect(locate("ab\ncd", 2)).toEqual({ line: 1, col: 3 });
    expect(locate("ab\ncd", 3)).toEqual({ line: 2, col: 1 });
    expect(locate("ab\ncd", 99)).toEqual({ line: 2, col: 3 });
  });
});

describe("formatProblem", () => {
  test("gives place, code with carets, cure and notes", () => {
    const problem = {
      code: "G104",
      message: "unknown param",
      at,
      cure: 'did you mean "depth"?',
      notes: [{ message: "made here", at: { file: "/g/x.yaml", start: 0, end: 4 } }, { message: "and so on" }],
    };
    expect(formatProblem(problem, sources, { relativeTo: (file) => file.slice(3) })).toBe(`x.yaml:3:10 error[G104]: unknown param
    3 |   dit: { depht: 12 }
      |          ^^^^^
      = did you mean "depth"?
x.yaml:1:1 note: made here
    1 | name: a
      | ^^^^
note: and so on`);
  });

  test("puts further lines of a message below the code, before the cure", () => {
    const lines = formatProblem(
      { code: "G404", message: "bad keys:\n  missing a", at, cure: "give another file" },
      sources,
    ).split("\n");
    expect(lines[0]).toMatch(/error\[G404\]: bad keys:$/);
    expect(lines.slice(-2)).toEqual(["      | missing a", "      = give another file"]);
  });

  test("gives what it can without place or text", () => {
    expect(formatProblem({ code: "G100", message: "3 more" }, sources)).toBe("error[G100]: 3 more");
    expect(formatProblem({ code: "G101", message: "bad", at }, new Map())).toBe("/g/x.yaml error[G101]: bad");
  });

  test("marks a span over several lines to the end of its first", () => {
    const lines = formatProblem({ code: "G101", message: "bad", at: { ...at, start: 8, end: text.length } }, sources).split("\n");
    expect(lines.slice(1)).toEqual(["    2 | nodes:", "      | ^^^^^^"]);
  });

  test("cuts a long line around the place", () => {
    const long = `${"a".repeat(500)}BAD${"c".repeat(500)}`;
    const [, code = "", carets = ""] = formatProblem(
      { code: "G101", message: "bad", at: { file: "f", start: 500, end: 503 } },
      new Map([["f", long]]),
    ).split("\n");
    expect(code.length).toBeLessThan(140);
    expect(code.slice(carets.indexOf("^"), carets.lastIndexOf("^") + 1)).toBe("BAD");
  });

  test("lets no control character of a file through", () => {
    const evil = "na\u001b[2Jme\tx";
    const shown = formatProblem(
      { code: "G101", message: "bad \u001b[31m", at: { file: "f", start: 0, end: 1 } },
      new Map([["f", evil]]),
    );
    // eslint-disable-next-line no-control-regex
    expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  test("colours only when asked", () => {
    const shown = formatProblem({ code: "G101", message: "bad", at, cure: "none" }, sources, { color: true });
    expect(shown).toContain("\u001b[31merror[G101]\u001b[39m");
    // eslint-disable-next-line no-control-regex
    expect(shown.replace(/\u001b\[\d+m/g, "")).toBe(formatProblem({ code: "G101", message: "bad", at, cure: "none" }, sources));
  });

  test("keeps the name of the overrides' text", () => {
    const shown = formatProblem(
      { code: "G510", message: "bad", at: { file: "<override>", start: 0, end: 1 } },
      new Map([["<override>", "x"]]),
      { relativeTo: () => "wrong" },
    );
    expect(shown.split("\n")[0]).toBe("<override>:1:1 error[G510]: bad");
  });
});
