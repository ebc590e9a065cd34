import { spawn, spawnSync } from "node:child_process";

import { describe, expect, test } from "@jest/globals";

import { addonBuilt, addonFile, loadAddon } from "../../../src/backends/native/addon.js";

/** Runs a script with `addon` loaded in a process of its own. */
function run(script: string, env: Record<string, string> = {}): { status: number | null; out: string } {
  const source = `const addon = require(${JSON.stringify(addonFile())}); ${script}`;
  const { status, stdout } = spawnSync(process.execPath, ["-e", source], {
    env: { ...process.env, NODE_OPTIONS: "", ...env },
    encoding: "utf8",
    timeout: 20_000,
  });
  return { status, out: stdout.trim() };
}

/** The exit code, or the signal that ended a process that hung. */
function exitOf(source: string): Promise<number | string | null> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["-e", source], {
      env: { ...process.env, NODE_OPTIONS: "" },
      stdio: "ignore",
      timeout: 20_000,
    });
    child.on("exit", (code, signal) => resolve(code ?? signal));
  });
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
      const inner = JSON.stringify(`const addon = require(${JSON.stringify(addonFile())}); ${work}`);
      const script = `addon.setThreads(2); new (require("node:worker_threads").Worker)(${inner}, { eval: true }).on("exit", (code) => { ${work} console.log(code, addon.threads(), y[5]); });`;
      expect(run(script)).toEqual({ status: 0, out: "0 2 1" });
    });

    test("process.exit ends it while another thread works", () => {
      const product = "addon.kernels.gemm(c, a, a, null, 1, 256, 256, 256, 0, 0, 0, 0, 0, 0);";
      const inner = `const addon = require(${JSON.stringify(addonFile())}); const a = new Float32Array(65536), c = new Float32Array(65536);
        ${product} require("node:worker_threads").parentPort.postMessage("working"); for (;;) { ${product} }`;
      const script = `addon.setThreads(3); new (require("node:worker_threads").Worker)(${JSON.stringify(inner)}, { eval: true }).on("message", () => process.exit(5));`;
      expect(run(script).status).toBe(5);
    });

    test("200 of them start, multiply on two threads and end, two at a time", async () => {
      const product = "addon.kernels.gemm(c, a, a, null, 1, 100, 100, 100, 0, 0, 0, 0, 0, 0);";
      const script = `const addon = require(${JSON.stringify(addonFile())}); addon.setThreads(2);
        const a = new Float32Array(1e4).fill(1), c = new Float32Array(1e4); ${product} if (c[9999] !== 100) throw new Error("wrong");`;
      // Half of them end by themselves, the other half by process.exit, which runs no clean-up.
      const endings = Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? script : `${script} process.exit(0);`));
      const bad: { how: string; exit: unknown }[] = [];
      let count = 0;
      const starter = async (): Promise<void> => {
        for (let source = endings.pop(); source; source = endings.pop()) {
          const exit = await exitOf(source);
          if (exit !== 0) bad.push({ how: source.endsWith("process.exit(0);") ? "process.exit" : "by itself", exit });
          count++;
        }
      };
      await Promise.all([starter(), starter()]);
      expect({ count, bad }).toEqual({ count: 200, bad: [] });
    }, 240_000);

    // 400 times e^x of a million numbers: a second or so of work.
    const program = `
      const memory = addon.allocate(8e6);
      const one = [Object.keys(addon.kernels).indexOf("unary"), 2, 0, 0, 1e6, 0, 4e6, 1e6, 2, 0, 1e6];
      const long = addon.makeProgram(Float64Array.from([400, ...Array(400).fill(one).flat()]), [memory]);
      addon.setThreads(2);
      addon.runProgram(long, new Float64Array(0));`;

    test("ends at process.exit in the middle of a program", () => {
      expect(run(`${program} setTimeout(() => process.exit(5), 20)`).status).toBe(5);
    });

    test("stops a program where its worker thread is ended", () => {
      const inner = JSON.stringify(`const addon = require(${JSON.stringify(addonFile())}); ${program}`);
      const script = `
        const worker = new (require("node:worker_threads").Worker)(${inner}, { eval: true });
        worker.on("online", () => setTimeout(() => worker.terminate().then(() => console.log("ended")), 50));`;
      expect(run(script)).toEqual({ status: 0, out: "ended" });
    });

    test("a program keeps memory that is given back before it runs", () => {
      const script = `
        const memory = addon.allocate(64e6);
        const unary = [Object.keys(addon.kernels).indexOf("unary"), 2, 0, 0, 8e6, 0, 32e6, 8e6, 2, 0, 8e6];
        const program = addon.makeProgram(Float64Array.from([1, ...unary]), [memory]);
        addon.release(memory);
        setTimeout(() => addon.runProgram(program, new Float64Array(0)).then(() => console.log("ran")), 10);`;
      expect(run(script)).toEqual({ status: 0, out: "ran" });
    });

    test("refuses a program that reaches outside its memory", () => {
      const script = `
        try { addon.makeProgram(Float64Array.from([1, 0, 1, 0, 60, 8, 0]), [new ArrayBuffer(64)]) } catch (e) { console.log(e.message) }
        try { addon.makeProgram(Float64Array.from([1, 9999, 0, 0]), []) } catch (e) { console.log(e.message) }
        try { addon.makeProgram(Float64Array.from([2, 0, 0, 0]), []) } catch (e) { console.log(e.message) }`;
      expect(run(script).out.split("\n")).toEqual([
        "native: a program of 7 numbers: call 0 reaches outside its memory",
        "native: a program of 4 numbers: call 0 names no kernel",
        "native: a program of 4 numbers: the code has a wrong length",
      ]);
    });

    test("a wrong argument is a TypeError", () => {
      expect(run(`try { addon.kernels.unary({}, 1) } catch (e) { console.log(e instanceof TypeError) }`).out).toBe("true");
    });
  });
