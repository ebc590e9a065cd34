import { readdirSync, readFileSync, statSync } from "node:fs";
import { expect, test } from "@jest/globals";

const readme = readFileSync("README.md", "utf8");
const section = /^## Map\n([^]*?)(?=^## |$(?![^]))/m.exec(readme)?.[1] ?? "";
const named = [...section.matchAll(/^- `([^`]+)`/gm)].map(([, path = ""]) => path);

/** Folders directly below these. */
function foldersOf(...parents: string[]): string[] {
  return parents.flatMap((parent) =>
    readdirSync(parent, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [`${parent}/${entry.name}`] : [])),
  );
}

test("the README's map names paths that exist, each once", () => {
  expect(named.length).toBeGreaterThan(10);
  expect(named.filter((path) => !statSync(path, { throwIfNoEntry: false }))).toEqual([]);
  expect(new Set(named).size).toBe(named.length);
});

test("the map leaves out no folder of core, nodes, backends and runtime", () => {
  const folders = foldersOf("src/core", "src/nodes", "src/backends", "src/runtime");
  expect(folders.filter((folder) => !named.includes(folder))).toEqual([]);
});

test("the map covers every top-level folder of the sources", () => {
  const covered = (folder: string): boolean => named.some((path) => path === folder || path.startsWith(`${folder}/`));
  expect(foldersOf("src").filter((folder) => !covered(folder))).toEqual([]);
});
