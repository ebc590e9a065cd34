import { expect, test } from "@jest/globals";
import { parse as parseYaml } from "yaml";
import { parse } from "../../../src/core/language/parse.js";
import { createProblems } from "../../../src/core/language/problems.js";

const texts = `~ null Null NULL nULL nul nullable true True TRUE tRUE truth false False FALSE fALSE yes on
0 -0 7 -7 +7 007 1_000 0o17 0o8 0x1F 0xg -0x1F 1.5 .5 5. -.5 +.5 1e3 1E-3 1.e2 .e2 1e 1.2.3 12:30 2024-01-01
.inf -.inf +.INF .Inf .inF .nan .NaN .NAN -.nan . .. -- + nan inf a.b 3d ''`.split(/\s+/);

test.each(texts)("%s means what YAML 1.2's core schema makes of it", (text) => {
  const problems = createProblems();
  const value = parse(`a: [${text}]`, { file: "f", offset: 0 }, problems);
  const list = value?.kind === "table" ? value.entries[0]?.value : undefined;
  const [item] = list?.kind === "list" ? list.items : [];
  const meant = (parseYaml(`a: [${text}]`, { schema: "core" }) as { a: unknown[] }).a[0];
  expect(item?.kind === "scalar" ? item.value : item).toBe(meant);
});

test("a value left out is nothing", () => {
  const value = parse("a:\nb: 1", { file: "f", offset: 0 }, createProblems());
  expect(value?.kind === "table" && value.entries.map((entry) => entry.value)).toEqual([
    expect.objectContaining({ value: null }),
    expect.objectContaining({ value: 1 }),
  ]);
});
