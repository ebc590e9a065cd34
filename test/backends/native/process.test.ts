import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "@jest/globals";

import { addonBuilt, loadAddon } from "../../../src/backends/native/addon.js";

const addonFile = fileURLToPath(new URL("../../../build/raegraph-native.node", import.meta.url));

/** Runs a script with `addon` loaded in a process of its own. */
function run(script: string, env: Record<string, string> = {}): { status: number | null; out: string } {
  const source = `const addon = require(${JSON.stringify(addonFile)}); ${script}`;
  const { status, stdout } = spawnSync(process.execPath, ["-e", source], {
    env: { ...process.env, NODE_OPTIONS: "", ...env },
    encoding: "utf8",
    timeout: 20_000,
  });
  return { status, out: stdout.trim() };
}

const work = "const x = new Float32Array(1e6); const y = new Float32Array(1e6); addon.kernels.unary(y, x, 0, 1e6);";

if (!addonBuilt()) test.skip("the addon is not built: no C++ compiler", () => undefined);
else
  describe("a process with the addon", () => {
    test.each(loadAddon().isas())("RAEGRAPH_ISA chooses %s", (isa) => {
      expect(run("console.log(addon.isa())", { RAEGRAPH_ISA: isa })).toEqual({ status: 0, out: isa });
    });

    test("ends by itself with working threads", () => {
      expect(run(`addon.setThreads(4); ${work} console.log(y[0])`)).toEqual({ status: 0, out: "1" });
    });

    test("ends at process.exit with working threads", () => {
      expect(run(`addon.setThreads(4); ${work} process.exit(7)`).status).toBe(7);
    });

    test("changes its number of threads between calls", () => {
      const script = `for (const n of [1, 7, 2, 3, 1]) { addon.setThreads(n); ${work.replaceAll("const", "var")} } console.log(addon.threads(), y[999999])`;
      expect(run(script)).toEqual({ status: 0, out: "1 1" });
    });

    test("a worker thread may load it, work and leave", () => {
      const inner = JSON.stringify(`const addon = require(${JSON.stringify(addonFile)}); ${work}`);
      const script = `addon.setThreads(2); new (require("node:worker_threads").Worker)(${inner}, { eval: true }).on("exit", (code) => { ${work} console.log(code, addon.threads(), y[5]); });`;
      expect(run(script)).toEqual({ status: 0, out: "0 2 1" });
    });

    test("a wrong argument is a TypeError", () => {
      expect(run(`try { addon.kernels.unary({}, 1) } catch (e) { console.log(e instanceof TypeError) }`).out).toBe("true");
    });
  });
