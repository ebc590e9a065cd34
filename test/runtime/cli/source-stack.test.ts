import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { build } from "esbuild";
import { sourceStack } from "../../../src/runtime/cli/source-stack.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "stack-"));
  await mkdir(join(folder, "src"));
  // The error is made on line 4, column 7 of its source, and elsewhere in the bundle.
  await writeFile(join(folder, "src/fail.ts"), `interface Gone {\n  a: 1;\n}\nthrow new Error("no");\nexport type { Gone };\n`);
  const entryPoints = [join(folder, "src/fail.ts")];
  await build({ entryPoints, outfile: join(folder, "out/fail.js"), bundle: true, sourcemap: true, banner: { js: "//\n//" } });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function withStack(stack: string): Error {
  return Object.assign(new Error("no"), { stack });
}

test("places in a bundle become places in the sources", () => {
  const bundled = join(folder, "out/fail.js");
  const source = relative(process.cwd(), join(folder, "src/fail.ts"));
  const stack = `Error: no\n    at file://${bundled}:5:9\n    at run (${bundled}:5:9)`;
  expect(sourceStack(withStack(stack))).toBe(`Error: no\n    at ${source}:4:7\n    at run (${source}:4:7)`);
});

test("places in files without a source map stay as they are", () => {
  const stack = `Error: no\n    at ${folder}/src/fail.ts:4:7\n    at node:internal/main:1:2`;
  expect(sourceStack(withStack(stack))).toBe(stack);
});
