/**
 * Bundles the page of `graph serve` and `graph build-web` into dist/page (or the folder given): the same core, nodes, backends and
 * runtime as in Node, with src/page/host in the place of Node's own modules.
 */
import { cp, mkdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const outdir = resolve(process.argv[2] ?? resolve(root, "dist/page"));
const host = (name) => resolve(root, "src/page/host", `${name}.ts`);

/** Node's modules that the page has in a form of its own. */
const own = {
  "fs/promises": "fs-promises",
  "timers/promises": "timers-promises",
  path: "path",
  zlib: "zlib",
  util: "util",
  os: "os",
  worker_threads: "worker-threads",
};
/** What a page cannot have; nodes that need it say so when they run. */
const absent = ["node:fs", "node:crypto", "node:stream/promises"];

const nodeModules = {
  name: "node-modules",
  setup({ onResolve }) {
    onResolve({ filter: /^node:/ }, ({ path, importer }) => {
      const name = own[path.slice("node:".length)];
      if (name) return { path: host(name) };
      if (absent.includes(path)) return { path: host("absent") };
      return { errors: [{ text: `${importer} imports ${path}, which the page has not; give it one in src/page/host` }] };
    });
    onResolve({ filter: /^(sharp|webgpu|tar-stream|koffi)$/ }, () => ({ path: host("absent") }));
  },
};

await rm(outdir, { recursive: true, force: true });
await mkdir(outdir, { recursive: true });
await build({
  absWorkingDir: root,
  outdir,
  entryPoints: {
    main: "src/page/main.ts",
    worker: "src/page/worker.ts",
    "job-thread": "src/nodes/metric/dense/job-thread.ts",
    "main-style": "src/page/main.css",
  },
  bundle: true,
  splitting: true,
  chunkNames: "[name]-[hash]",
  format: "esm",
  platform: "browser",
  target: "es2022",
  minify: true,
  // Error messages name classes.
  keepNames: true,
  legalComments: "none",
  inject: [host("process")],
  mainFields: ["module", "browser", "main"],
  logLevel: "warning",
  plugins: [nodeModules],
  metafile: true,
});
await cp(resolve(root, "src/page/index.html"), join(outdir, "index.html"));
const wasm = dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"));
for (const name of ["tfjs-backend-wasm.wasm", "tfjs-backend-wasm-simd.wasm", "tfjs-backend-wasm-threaded-simd.wasm"])
  await cp(join(wasm, name), join(outdir, name));
