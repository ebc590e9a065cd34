import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const version = "4.22.0";
const parent = fileURLToPath(new URL("../../../build/test", import.meta.url));

/** A folder in which the package lies, and where its native binding is looked for. */
export interface PackageCopy {
  readonly folder: string;
  readonly binding: string;
}

/**
 * A copy of the package beside what it depends on, from npm: no script of it runs, so TensorFlow's library is not downloaded. What came
 * once stays. Gives the reason where npm has no way to it.
 */
export function copyPackage(name: string): PackageCopy | string {
  const whole = join(parent, `${name.replace("/", "-")}-${version}`);
  const missing = existsSync(whole) ? undefined : install(name, whole);
  if (missing !== undefined) return missing;
  const folder = mkdtempSync(join(whole, "copy-"));
  const require = createRequire(join(folder, "package.json"));
  const own = join(folder, "node_modules", name);
  cpSync(join(whole, "node_modules", name), own, { recursive: true });
  const { find } = require("@mapbox/node-pre-gyp") as { find(file: string): string };
  const binding = find(join(own, "package.json"));
  mkdirSync(dirname(binding), { recursive: true });
  return { folder, binding };
}

/** The reason, where it fails. */
function install(name: string, folder: string): string | undefined {
  mkdirSync(parent, { recursive: true });
  const fresh = mkdtempSync(`${folder}-`);
  writeFileSync(join(fresh, "package.json"), `{ "private": true }\n`);
  const options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--prefer-offline", "--fetch-retries=0"];
  try {
    const words = ["install", `${name}@${version}`, ...options, "--prefix", fresh];
    execFileSync("npm", words, { stdio: "pipe", timeout: 300_000 });
    if (!existsSync(folder)) renameSync(fresh, folder);
    return undefined;
  } catch (error) {
    return `npm does not reach ${name}@${version}: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}`;
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}
