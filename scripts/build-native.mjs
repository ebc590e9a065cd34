/**
 * Builds the CPU backend's addon, build/raegraph-native.node, with the system's C++ compiler. Prints one line; a machine without a
 * compiler is not an error. `--wide` adds the emulated 16-lane kernels. `--sanitize` builds with the address and undefined-behaviour
 * checks into build/sanitize instead; see test-sanitize.mjs. `--arm64` crosses to 64-bit ARM into build/arm64, with the compiler that CXX
 * names; see test-neon.mjs.
 */
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const sources = join(root, "src/backends/native/cc");
const wide = process.argv.includes("--wide");
const sanitize = process.argv.includes("--sanitize");
const arch = process.argv.includes("--arm64") ? "arm64" : process.arch;
const folder = sanitize ? "build/sanitize" : arch === process.arch ? "build" : `build/${arch}`;
const objects = join(root, folder, "native");
const output = join(root, folder, "raegraph-native.node");

const amx = {
  name: "amx",
  table: "Amx",
  flags: [...avx512(), "-mavx512bf16", "-mamx-tile", "-mamx-bf16"],
  tile: [16, 8, 3, 512, 240],
};

/**
 * Matrix tile per instruction set: lanes, rows, vectors; block of k and of rows. See cc/kernels.cc. A set that the compiler does not know
 * is left out.
 */
const sets = {
  x64: [
    ...(process.platform === "linux" ? [amx] : []),
    { name: "avx512bf16", table: "Avx512bf16", flags: [...avx512(), "-mavx512bf16"], tile: [16, 8, 3, 512, 240] },
    { name: "avx512", table: "Avx512", flags: avx512(), tile: [16, 8, 3, 512, 240] },
    { name: "avx2", table: "Avx2", flags: ["-mavx2", "-mfma"], tile: [8, 6, 2, 384, 144] },
    { name: "plain", table: "Plain", flags: [], tile: [4, 4, 2, 256, 144] },
  ],
  arm64: [
    { name: "neon", table: "Neon", flags: [], tile: [4, 8, 3, 256, 144] },
    { name: "plain", table: "Plain", flags: [], tile: [4, 4, 2, 256, 144] },
  ],
};
const emulated = ["pairs", "tiles"].map((name) => ({
  name: `wide-${name}`,
  table: `Wide${name}`,
  flags: ["-mavx2", "-mfma", `-DRAE_EMULATE_${name.toUpperCase()}`],
  tile: [16, 8, 3, 512, 240],
}));

function avx512() {
  return ["-mavx512f", "-mavx512bw", "-mavx512vl", "-mavx512dq", "-mavx2", "-mfma", "-mprefer-vector-width=512"];
}

/** The folder with node_api.h that belongs to the running Node. */
function headers() {
  const candidates = [process.env.npm_config_nodedir && join(process.env.npm_config_nodedir, "include/node")];
  candidates.push(join(dirname(process.execPath), "../include/node"), "/usr/include/node", "/usr/local/include/node");
  return candidates.find((folder) => folder && existsSync(join(folder, "node_api.h")));
}

function compiler() {
  const candidates = [process.env.CXX, "g++", "c++", "clang++"].filter(Boolean);
  return candidates.find((name) => {
    try {
      execFileSync(name, ["--version"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  });
}

/** False for an instruction set that is newer than the compiler. */
function compiles(cxx, flags) {
  try {
    execFileSync(cxx, [...flags, "-fsyntax-only", "-x", "c++", "/dev/null"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function newest(folder) {
  return Math.max(...readdirSync(folder, { recursive: true }).map((file) => statSync(join(folder, file)).mtimeMs));
}

/** The unit list: plain sources once, kernels.cc once per instruction set. */
function units(chosen) {
  const common = [
    "-std=c++17",
    sanitize ? "-O1" : "-O3",
    "-fPIC",
    "-fvisibility=hidden",
    "-fno-math-errno",
    "-ffp-contract=fast",
    "-Wall",
    "-Wno-psabi",
  ];
  if (sanitize)
    common.push(
      "-fsanitize=address,undefined,float-cast-overflow",
      "-fno-sanitize-recover=all",
      "-fno-omit-frame-pointer",
      "-g1",
    );
  if (wide) common.push("-DRAE_EMULATE_WIDE");
  common.push(...chosen.map(({ table }) => `-DRAE_HAS_${table.toUpperCase()}`));
  const parts = ["addon", "isa", "memory", "pool", "program", "replay"].map((name) => ({
    object: name,
    source: `${name}.cc`,
    flags: common,
  }));
  for (const { name, table, flags, tile } of chosen) {
    const defines = ["LANES", "MR", "NV", "KC", "MC"].map((key, i) => `-DRAE_${key}=${tile[i]}`);
    parts.unshift({
      object: `kernels-${name}`,
      source: "kernels.cc",
      flags: [...common, ...flags, `-DRAE_ISA="${name}"`, `-DRAE_TABLE=${table}`, ...defines],
    });
  }
  return parts;
}

async function inParallel(jobs, limit) {
  const queue = [...jobs];
  await Promise.all(
    Array.from({ length: limit }, async () => {
      for (let job = queue.shift(); job; job = queue.shift()) await job();
    }),
  );
}

async function build(include, cxx) {
  mkdirSync(objects, { recursive: true });
  const run = promisify(execFile);
  const known = (sets[arch] ?? [{ ...sets.x64.at(-1) }]).filter(({ flags }) => compiles(cxx, flags));
  const chosen = [...known, ...(wide && arch === "x64" ? emulated : [])];
  const parts = units(chosen);
  const compile =
    ({ object, source, flags }) =>
    () =>
      run(cxx, [...flags, `-I${include}`, "-c", join(sources, source), "-o", join(objects, `${object}.o`)]);
  await inParallel(parts.map(compile), availableParallelism());
  const link =
    process.platform === "darwin"
      ? ["-undefined", "dynamic_lookup", "-bundle"]
      : ["-shared", "-static-libstdc++", "-static-libgcc"];
  const extra = sanitize ? ["-fsanitize=address,undefined"] : [];
  const fresh = `${output}.${process.pid}`;
  await run(cxx, [...link, ...extra, ...parts.map(({ object }) => join(objects, `${object}.o`)), "-pthread", "-o", fresh]);
  renameSync(fresh, output);
}

function say(line) {
  console.log(`native: ${line}`);
}

async function main() {
  if (process.platform === "win32") return say("not built: Windows is not supported yet; `auto` uses wasm");
  const stamp = join(root, folder, "native.txt");
  const options = JSON.stringify({
    wide,
    sanitize,
    node: process.version,
    script: statSync(fileURLToPath(import.meta.url)).mtimeMs,
  });
  const same = existsSync(stamp) && readFileSync(stamp, "utf8") === options;
  if (same && existsSync(output) && statSync(output).mtimeMs > newest(sources)) return say("up to date");
  const include = headers();
  if (!include)
    return say("not built: no node_api.h; install the Node.js headers (Debian: libnode-dev), then `npm run build:native`");
  const cxx = compiler();
  if (!cxx)
    return say("not built: no C++ compiler; install g++ or clang++, then `npm run build:native`; until then `auto` uses wasm");
  const start = Date.now();
  try {
    await build(include, cxx);
    writeFileSync(stamp, options);
    say(`built with ${cxx} in ${Math.round((Date.now() - start) / 1000)} s`);
  } catch (error) {
    const log = join(objects, "error.log");
    writeFileSync(log, String(error.stderr ?? error));
    say(`not built: ${cxx} failed, see ${folder}/native/error.log; \`auto\` uses wasm`);
  }
}

await main();
