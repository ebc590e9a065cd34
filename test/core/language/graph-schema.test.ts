import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { graphSchema } from "../../../src/core/language/graph-schema.js";
import { builtinNodes } from "../../../src/nodes/index.js";

const validate = new Ajv({ strict: false, allErrors: true }).compile(graphSchema(builtinNodes));

function problems(graph: unknown): string[] {
  validate(graph);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ""}`);
}

const files = ["graphs", "graphs/parts"].flatMap((folder) =>
  readdirSync(folder).flatMap((file) => (file.endsWith(".yaml") ? [join(folder, file)] : [])),
);

describe("the schema of graph files", () => {
  test.each(files)("accepts %s", (file) => {
    expect(problems(parse(readFileSync(file, "utf8").replaceAll(/(?<!")(\$\{[\w.]+\})(?!["/\w-])/g, '"$1"')))).toEqual([]);
  });

  test("refuses an unknown type, param, input and key, and a value out of range", () => {
    const node = (value: object): object => ({ name: "x", nodes: { node: value } });
    expect(problems(node({ type: "data.idy" })).join()).toContain("/nodes/node/type");
    expect(problems(node({ type: "data.labels", params: { lables: [1] } })).join()).toContain(
      "/nodes/node/params must NOT have additional",
    );
    expect(problems(node({ type: "data.labels", params: { labels: [1], each: 0 } })).join()).toContain("/nodes/node/params/each");
    expect(problems(node({ type: "out.image_grid", in: { imgae: "a.b" } })).join()).toContain(
      "/nodes/node/in must NOT have additional",
    );
    expect(problems({ name: "x", nodes: {}, phase: {} }).join()).toContain("must NOT have additional");
  });

  test("takes a variable wherever a value may stand, and a type with its version", () => {
    const params = { labels: "${vars.labels}", each: "${vars.each}" };
    expect(problems({ name: "x", nodes: { node: { type: "data.labels@1", params } } })).toEqual([]);
    expect(problems({ name: "x", nodes: { node: { type: "data.labels@1", params: { each: -1 } } } })).not.toEqual([]);
  });

  test("knows sweeps and reports", () => {
    const graph = (report: object): object => ({ nodes: {}, sweep: { over: { "a.b": [1] } }, report });
    expect(problems(graph({ title: "x", measures: [{ name: "a", from: "train/loss" }] }))).toEqual([]);
    expect(problems(graph({ title: "x", measures: [{ name: "a", form: "train/loss" }] })).join()).toContain("/report/measures/0");
  });

  test("carries the docs that editors show", () => {
    expect(JSON.stringify(graphSchema(builtinNodes))).toContain(builtinNodes[0]?.note);
  });
});
