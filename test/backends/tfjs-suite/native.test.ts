import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "@jest/globals";

import { addonBuilt, addonFile } from "../../../src/backends/native/addon.js";

interface Block {
  readonly passed: number;
  /** Specs that tfjs itself has switched off. */
  readonly leftOut: number;
  readonly failed: readonly { readonly spec: string; readonly why: readonly string[] }[];
}

interface Report {
  readonly status: string;
  readonly blocks: Readonly<Record<string, Block>>;
}

/** Runs tfjs-core's specs in a process of their own: they replace tfjs's engine state again and again. */
function runSuite(backend: string): Report {
  const script = fileURLToPath(new URL("run.mjs", import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, [script, backend], {
    env: { ...process.env, NODE_OPTIONS: "", RAEGRAPH_ADDON: addonFile() },
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  if (!last.startsWith("{")) throw new Error(`the specs did not run:\n${stderr}`);
  return JSON.parse(last) as Report;
}

if (!addonBuilt()) test.skip("the addon is not built: no C++ compiler", () => undefined);
else {
  const { status, blocks } = runSuite("native");
  const total = Object.values(blocks).reduce((sum, { passed, failed }) => sum + passed + failed.length, 0);

  describe("tfjs-core's own specs on native", () => {
    test("all of them ran and passed", () => {
      expect(total).toBeGreaterThan(4000);
      expect(status).toBe("passed");
    });

    test.each(Object.entries(blocks))("%s", (_name, block) => {
      expect(block.failed).toEqual([]);
      expect(block.passed + block.leftOut).toBeGreaterThan(0);
    });
  });
}
