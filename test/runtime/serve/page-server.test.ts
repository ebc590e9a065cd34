import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { loadGraph } from "../../../src/runtime/load-graph.js";
import { pageFiles } from "../../../src/runtime/serve/page-files.js";
import { servePage } from "../../../src/runtime/serve/page-server.js";
import type { PageServer } from "../../../src/runtime/serve/page-server.js";
import { readPageGraph } from "../../../src/runtime/serve/read-page-graph.js";
import { tinyFolder } from "../../acceptance/tiny.js";

let folder = "";
let page = "";
let server: PageServer;

beforeAll(async () => {
  folder = await tinyFolder();
  page = await mkdtemp(join(tmpdir(), "page-"));
  await writeFile(join(page, "index.html"), "<p>page</p>");
  server = await servePage(page, () => readPageGraph(join(folder, "tiny.yaml")), 0);
});
afterAll(async () => {
  await server.close();
  for (const path of [folder, page]) await rm(path, { recursive: true, force: true });
});

const at = (path: string): Promise<Response> => fetch(`${server.address}${path}`);

test("gives the page, the list of the graph's files, and the files", async () => {
  expect(await (await at("")).text()).toBe("<p>page</p>");
  const { graph, files } = (await (await at("files.json")).json()) as { graph: string; files: Record<string, number> };
  expect(graph).toBe("/tiny.yaml");
  expect(files).toMatchObject({ "/images.idx": 16 + 64 * 64, "/labels.idx": 8 + 64 });
  expect(await (await at("files/tiny.yaml")).text()).toBe(await readFile(join(folder, "tiny.yaml"), "utf8"));
});

test.each(["files/../tiny.yaml", "files/%2e%2e/%2e%2e/etc/passwd", "files/nothing.idx", "package.json"])(
  "gives nothing beside them: %s",
  async (path) => {
    expect((await at(path)).status).toBe(404);
  },
);

test("refuses a name that is not this machine's", async () => {
  const { port } = new URL(server.address);
  const status = await new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, headers: { host: "evil.example" } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on("error", reject);
  });
  expect(status).toBe(403);
});

test("a graph with mistakes is served, for the page shows them; a missing one is not", async () => {
  const wrong = join(folder, "wrong.yaml");
  await writeFile(wrong, "name: x\nnodes: { a: { type: no.such } }\n");
  expect((await readPageGraph(wrong)).files.has("/wrong.yaml")).toBe(true);
  await expect(readPageGraph(join(folder, "none.yaml"))).rejects.toThrow(/none\.yaml/);
});

test("files above the graph's folder move the root up; without `around` only what nodes read is listed", async () => {
  const deep = join(folder, "deep");
  await mkdir(deep);
  const text = (await readFile(join(folder, "tiny.yaml"), "utf8")).replaceAll(/(images|labels)\.idx/g, "../$1.idx");
  await writeFile(join(deep, "tiny.yaml"), text);
  await writeFile(join(deep, "notes.txt"), "not of the graph");
  const graph = await loadGraph(join(deep, "tiny.yaml"));
  const list = await pageFiles(graph.file, graph.sources.keys(), graph, false);
  expect(list.graph).toBe("/deep/tiny.yaml");
  expect([...list.files.keys()]).toEqual(["/deep/tiny.yaml", "/images.idx", "/labels.idx"]);
});
