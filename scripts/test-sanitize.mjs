/**
 * Runs the native addon's own tests once with the address and undefined-behaviour sanitizers, on every instruction set of this
 * processor and the emulated 16-lane one. Exits with 1 where a test fails or a check stops it. Needs g++ and its libasan; without
 * them it says so and exits with 0. Further arguments go to Jest.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const addon = join(root, "build/sanitize/raegraph-native.node");
const [cxx, tests] = ["g++", "test/backends/native/addon-"];

/** The run-time library that must be loaded before Node itself. */
function library() {
  try {
    const path = execFileSync(cxx, ["-print-file-name=libasan.so"], { encoding: "utf8" }).trim();
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

function main() {
  const preload = library();
  if (!preload) return (say("not run: no g++ with libasan; install g++ (Debian: libasan8 comes with it)"), 0);
  const build = [join(root, "scripts/build-native.mjs"), "--sanitize", "--wide"];
  const { stdout } = spawnSync(process.execPath, build, { encoding: "utf8", env: { ...process.env, CXX: cxx } });
  process.stdout.write(stdout);
  // A failed build leaves an older addon in place.
  if (stdout.includes("not built") || !existsSync(addon)) return (say("not run: the addon was not built"), 1);
  const jest = ["--experimental-vm-modules", join(root, "node_modules/jest/bin/jest.js"), "--runInBand", "--ci"];
  const { status } = spawnSync(process.execPath, [...jest, tests, ...process.argv.slice(2)], {
    cwd: root,
    stdio: "inherit",
    env: {
      ...process.env,
      RAEGRAPH_ADDON: addon,
      LD_PRELOAD: preload,
      // Node keeps what it needs until the end and never asks for leaks; the first error must end the run.
      ASAN_OPTIONS: "detect_leaks=0:halt_on_error=1:detect_stack_use_after_return=0",
      UBSAN_OPTIONS: "halt_on_error=1:print_stacktrace=1",
    },
  });
  return status === 0 ? 0 : 1;
}

function say(line) {
  console.log(`sanitize: ${line}`);
}

process.exitCode = main();
