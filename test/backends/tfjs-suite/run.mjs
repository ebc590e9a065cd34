/**
 * Runs tfjs-core's own conformance specs on one of our backends and prints a JSON report on the last line:
 * `node test/backends/tfjs-suite/run.mjs native [text that a spec's name must contain]`.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { build } from "esbuild";
import jasmineCore from "jasmine-core";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = join(here, "../../..");
const [backend = "native", wanted = ""] = process.argv.slice(2);

/** In this order: tfjs's gradients, our backend with ours in their place, then the specs, which are declared for the backend. */
const modules = [
  "@tensorflow/tfjs-core/dist/register_all_gradients.js",
  "./open-backend.ts",
  "@tensorflow/tfjs-core/dist/tests.js",
];

/** One file with tfjs, its specs and our backend, so that all of them share one engine. */
async function bundle() {
  const folder = join(root, "build/test/tfjs-suite");
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, `${backend}-${process.pid}.mjs`);
  await build({
    stdin: {
      contents: modules.map((name) => `import ${JSON.stringify(name)};`).join("\n"),
      resolveDir: here,
    },
    bundle: true,
    outfile,
    format: "esm",
    platform: "node",
    mainFields: ["module", "main"],
    // tfjs's package.json says that its modules have no side effects; its specs are nothing else.
    ignoreAnnotations: true,
    // The path that tfjs asks for is not exported by this version of Jasmine.
    alias: { "jasmine-core/lib/jasmine-core/jasmine.js": join(here, "jasmine-core.cjs") },
    define: { "process.env.TFJS_SUITE_BACKEND": JSON.stringify(backend) },
    banner: { js: `import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);` },
    logLevel: "error",
  });
  return outfile;
}

/** Counts each spec's outcome under its outermost describe block. */
function collect(report) {
  const open = [];
  const block = (name) => (report.blocks[name.replace(` ${backend} {}`, "").trim()] ??= { passed: 0, leftOut: 0, failed: [] });
  const failed = ({ fullName, failedExpectations }) => ({
    spec: fullName,
    why: failedExpectations.map(({ message }) => message.slice(0, 500)),
  });
  return {
    suiteStarted: ({ description }) => void open.push(description),
    suiteDone(result) {
      if (result.failedExpectations.length > 0) block(open[0]).failed.push(failed(result));
      open.pop();
    },
    specDone(result) {
      const counts = block(open[0] ?? "");
      if (result.status === "failed") counts.failed.push(failed(result));
      else counts[result.status === "passed" ? "passed" : "leftOut"]++;
    },
    jasmineDone({ overallStatus }) {
      report.status = overallStatus;
    },
  };
}

const report = { backend, status: "not run", seconds: 0, blocks: {} };
const start = Date.now();
jasmineCore.installGlobals();
const env = globalThis.jasmine.getEnv();
env.configure({ random: false, forbidDuplicateNames: false, specFilter: (spec) => spec.getFullName().includes(wanted) });
env.addReporter(collect(report));
const file = await bundle();
await import(pathToFileURL(file).href);
rmSync(file);
await env.execute();
report.seconds = (Date.now() - start) / 1000;
process.stdout.write(`\n${JSON.stringify(report)}\n`, () => process.exit(0));
