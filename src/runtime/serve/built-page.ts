import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { UsageError } from "../usage-error.js";

/** The folder of the bundled page. Throws a UsageError where it was not built. */
export function builtPage(): string {
  const folders = ["../../page/", "../../../dist/page/"].map((path) => fileURLToPath(new URL(path, import.meta.url)));
  const folder = folders.find((path) => existsSync(`${path}main.js`));
  if (folder === undefined) throw new UsageError("the page is not built; run `npm run build`");
  return folder;
}
