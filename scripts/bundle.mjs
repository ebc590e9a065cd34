/**
 * Bundles the package's face, the verbs that run graphs and the command into dist/bundle (or the folder given), beside what tsc writes:
 * a start then reads a few files where it read hundreds.
 *
 * index.js, run.js, … are modules that share their chunks, so a process holds one copy of each part. The command itself with the verbs
 * that only read is one script, which graph.cjs (src/runtime/cli/launch.ts) runs from V8's code cache; it holds no state that a run needs.
 */
import { createHash } from "node:crypto";
import { execFileSync } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { dirname, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const outdir = resolve(process.argv[2] ?? resolve(root, "dist/bundle"));
const verbs = ["verbs", "reading-verbs", "page-verbs"].map((name) => resolve(root, `src/runtime/cli/${name}.ts`));
const reading = new Set(["check", "print", "inspect", "show", "weights", "explain", "schema"]);
const verbsText = (await Promise.all(verbs.map((file) => readFile(file, "utf8")))).join("\n");
const running = [...verbsText.matchAll(/import\("\.\/([\w-]+)\.js"\)/g)]
  .map(([, name]) => name)
  .filter((name) => !reading.has(name));

// Parts that are asked for by their own address: the package's face for plugins, and the hooks that load them.
const doors = {
  index: "src/index.ts",
  testing: "src/runtime/testing/index.ts",
  register: "src/runtime/plugins/register.ts",
  hooks: "src/runtime/plugins/hooks.ts",
  "load-plugin": "src/runtime/plugins/load-plugin.ts",
};

/** The address of a door's bundle, or nothing for another file. */
function doorAddress(from, path) {
  const file = relative(root, resolve(dirname(from), path))
    .split(sep)
    .join("/")
    .replace(/\.js$/, ".ts");
  const name = Object.keys(doors).find((door) => doors[door] === file);
  return name && `./${name}.js`;
}

/** A module's address stays that of the file which tsc makes of it: what it finds beside itself, it also finds from a bundle. */
function addressInDist(file, bundleAddress) {
  const built = resolve(root, "dist", relative(resolve(root, "src"), file)).replace(/\.ts$/, ".js");
  return `new URL("${relative(outdir, built).split(sep).join("/")}", ${bundleAddress}).href`;
}

function ownSources(bundleAddress, loadVerb) {
  return {
    name: "own-sources",
    setup({ onLoad }) {
      onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
        const text = await readFile(path, "utf8");
        const verb = (whole, name) => (running.includes(name) ? `${loadVerb}("./${name}.js")` : whole);
        const contents = text
          .replace('import("./load-plugin.js")', `${loadVerb}("./load-plugin.js")`)
          .replace(/new URL\("([^"]+)", import\.meta\.url\)|import\.meta\.url/g, (whole, to) => {
            const door = to && doorAddress(path, to);
            if (door) return `new URL("${door}", ${bundleAddress})`;
            return whole.replace("import.meta.url", addressInDist(path, bundleAddress));
          })
          // As a namespace only what is used of it is kept; the value is the same.
          .replace('import { z } from "zod";', 'import * as z from "zod";')
          // They are CommonJS: an import would first search their megabyte of text for the names that they export.
          .replace(/import\("(@tensorflow\/[\w-]+)"\)/g, 'Promise.resolve(require("$1"))');
        return {
          contents: verbs.includes(path) ? contents.replace(/import\("\.\/([\w-]+)\.js"\)/g, verb) : contents,
          loader: "ts",
          resolveDir: dirname(path),
        };
      });
    },
  };
}

/** Commander can start other programs as verbs. Ours does not, and loading what that takes costs as much as commander itself. */
const noChildren = {
  name: "no-children",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path: "child_process", namespace: "unused" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "unused" }, () => ({ contents: "module.exports = {};", loader: "js" }));
  },
};

const common = {
  absWorkingDir: root,
  outdir,
  bundle: true,
  platform: "node",
  target: "node20",
  sourcemap: true,
  sourcesContent: false,
  logLevel: "warning",
};
// One copy of the tensor library for everybody; sharp, resvg, webgpu and koffi are binaries.
const external = ["@tensorflow/*", "@huggingface/hub", "sharp", "@resvg/resvg-js", "webgpu", "koffi"];

/** The modules. */
async function bundleModules() {
  const names = running.map((name) => [name, `src/runtime/cli/${name}.ts`]);
  await build({
    ...common,
    entryPoints: { ...doors, ...Object.fromEntries(names) },
    chunkNames: "[name]-[hash]",
    splitting: true,
    format: "esm",
    external,
    // What rxjs gives to Node is CommonJS, of which nothing can be left out.
    alias: { rxjs: resolve(root, "node_modules/rxjs/dist/esm/index.js") },
    // CommonJS libraries ask for Node's own modules with require.
    banner: { js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);' },
    plugins: [ownSources("import.meta.url", "import")],
  });
}

/** The command as one script: a function of `require`, its file's name and the loader of the verbs that are modules. Gives its hash. */
async function bundleCommand() {
  await build({
    ...common,
    entryPoints: { main: "src/runtime/cli/main.ts" },
    outExtension: { ".js": ".cjs" },
    format: "cjs",
    banner: { js: "(function (require, __filename, loadVerb) { const module = {};" },
    footer: { js: "})" },
    // A script from the code cache cannot import; what it loads late are Node's own modules.
    supported: { "dynamic-import": false },
    external: [...external, "fast-png", "ml-matrix", "tar-stream"],
    plugins: [ownSources('require("node:url").pathToFileURL(__filename)', "loadVerb"), noChildren],
  });
  return createHash("sha256")
    .update(await readFile(resolve(outdir, "main.cjs")))
    .digest("hex")
    .slice(0, 12);
}

async function bundleDoor(commandHash) {
  await build({
    ...common,
    sourcemap: false,
    entryPoints: { graph: "src/runtime/cli/launch.ts" },
    outExtension: { ".js": ".cjs" },
    format: "cjs",
    define: { commandFile: '"main.cjs"', commandHash: JSON.stringify(commandHash) },
  });
}

/** Fills the code caches: each verb once. */
function warmUp() {
  const graph = "graphs/stage2-train.yaml";
  const help = running.map((verb) => [verb, "--help"]);
  for (const words of [
    ["--help"],
    ["inspect", "model.dit_dh"],
    ["check", graph],
    ["print", graph],
    ["show", graph],
    ["weights", "graphs/assets/encoder.safetensors"],
    ["explain"],
    ["schema"],
    ...help,
  ])
    execFileSync(process.execPath, [resolve(outdir, "graph.cjs"), ...words], {
      cwd: root,
      stdio: ["ignore", "ignore", "inherit"],
    });
}

await rm(outdir, { recursive: true, force: true });
const [hash] = await Promise.all([bundleCommand(), bundleModules()]);
await bundleDoor(hash);
warmUp();
