import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { problemCodes } from "../../../src/core/language/problem-codes.js";

const folder = new URL("../../../src/", import.meta.url);
const used = new Set(
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith("problem-codes.ts"))
    .flatMap((file) => readFileSync(new URL(file, folder), "utf8").match(/"G\d{3}"/g) ?? [])
    .map((code) => code.slice(1, -1)),
);

describe("the table of codes", () => {
  test("has every code that is used, and no other", () => {
    expect([...used].sort()).toEqual(Object.keys(problemCodes).sort());
  });

  test("says each in one line of its own", () => {
    const meanings = Object.values(problemCodes);
    expect(new Set(meanings).size).toBe(meanings.length);
    for (const meaning of meanings) expect(meaning).toMatch(/^[^\n]{10,110}$/);
  });
});
