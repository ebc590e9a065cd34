/**
 * Builds dist unless it is newer than all that it is made of: npm runs `prepare` at `npm ci`, and npx does once more at its first start
 * in a checkout, where it must not take the seconds of a build.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
// The last file that a build writes.
const built = join(root, "dist/bundle/graph.cjs");

/** When a file, or the newest file of a folder, was last changed. */
function changed(path) {
  if (!statSync(path).isDirectory()) return statSync(path).mtimeMs;
  return Math.max(...readdirSync(path).map((name) => changed(join(path, name))));
}

const parts = ["src", "scripts", "package.json", "package-lock.json", "tsconfig.json"].map((name) => join(root, name));
const current = existsSync(built) && statSync(built).mtimeMs > Math.max(...parts.map(changed));
if (!current)
  execFileSync("npm", ["run", "build", "--silent"], { cwd: root, stdio: "inherit", shell: process.platform === "win32" });
