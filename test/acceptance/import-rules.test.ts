import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { expect, test } from "@jest/globals";
import { cruise } from "dependency-cruiser";
import type { IConfiguration, ICruiseResult } from "dependency-cruiser";

const config = createRequire(import.meta.url)("../../.dependency-cruiser.cjs") as IConfiguration;

/** What dependency-cruiser finds in `src` below a folder. */
async function cruiseSources(baseDir: string): Promise<ICruiseResult> {
  const { options, ...ruleSet } = config;
  const { tsPreCompilationDeps = false, doNotFollow, enhancedResolveOptions } = options ?? {};
  const { output } = await cruise(["src"], {
    baseDir,
    tsPreCompilationDeps,
    ...(doNotFollow === undefined ? {} : { doNotFollow }),
    ...(enhancedResolveOptions === undefined ? {} : { enhancedResolveOptions }),
    ruleSet,
    validate: true,
  });
  if (typeof output === "string") throw new Error(output);
  return output;
}

test("imports run downhill, and each library has one home", async () => {
  const { modules, summary } = await cruiseSources(resolve("."));
  expect(summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`)).toEqual([]);
  const unresolved = modules.flatMap(({ source, dependencies }) =>
    dependencies.filter((found) => found.couldNotResolve).map((found) => `${source} -> ${found.module}`),
  );
  expect(unresolved).toEqual([]);
  expect(modules.filter(({ source }) => source.startsWith("src/")).length).toBeGreaterThan(200);
}, 300_000);

test("each rule finds an import that breaks it", async () => {
  const bad: Readonly<Record<string, string>> = {
    "core/a.ts": "../nodes/a.js",
    "core/b.ts": "node:fs",
    "core/c.ts": "./d.js",
    "core/d.ts": "./c.js",
    "core/e.ts": "yaml",
    "nodes/a.ts": "../runtime/a.js",
    "backends/a.ts": "../runtime/a.js",
    "backends/b.ts": "rxjs",
    "runtime/a.ts": "inversify",
    "runtime/b.ts": "../page/a.js",
    "page/a.ts": "../core/a.js",
  };
  const folder = await mkdtemp(join(tmpdir(), "imports-"));
  try {
    await symlink(resolve("node_modules"), join(folder, "node_modules"));
    for (const [file, imported] of Object.entries(bad)) {
      await mkdir(dirname(join(folder, "src", file)), { recursive: true });
      await writeFile(join(folder, "src", file), `import * as other from "${imported}";\nexport const name = other;\n`);
    }
    const { summary } = await cruiseSources(folder);
    const broken = new Set(summary.violations.map(({ rule }) => rule.name));
    expect([...broken].sort()).toEqual((config.forbidden ?? []).map(({ name }) => name ?? "").sort());
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 300_000);
