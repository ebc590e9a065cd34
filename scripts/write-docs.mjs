/** Writes what of docs is made from the sources: the node reference and the API report. Needs a build. */
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { apiReport } from "./api-report.mjs";

const root = new URL("..", import.meta.url);
const { nodeReference } = await import(new URL("dist/runtime/cli/node-reference.js", root).href);
const { builtinNodes } = await import(new URL("dist/nodes/index.js", root).href);
await writeFile(fileURLToPath(new URL("docs/nodes.md", root)), nodeReference(builtinNodes));
await writeFile(fileURLToPath(new URL("docs/api.md", root)), apiReport(fileURLToPath(root)));
