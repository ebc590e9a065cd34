import { expect, test } from "@jest/globals";
import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { findPackage } from "../../../src/backends/tensorflow/find-package.js";

test("says what is missing and which versions it needs", async () => {
  const nowhere = await mkdtemp(join(tmpdir(), "no-tensorflow-"));
  expect(findPackage({ RAEGRAPH_TENSORFLOW: nowhere }, "20.12.0")).toMatch(
    /npm install @tensorflow\/tfjs-node-gpu@4\.22\.0.*C library 2\.9\.1.*CUDA 11\.2 with cuDNN 8\.1/,
  );
});

test("finds the package, and tells a Node or an installation that cannot run it", async () => {
  const project = await mkdtemp(join(tmpdir(), "tensorflow-"));
  const folder = join(project, "node_modules/@tensorflow/tfjs-node");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ name: "@tensorflow/tfjs-node", version: "4.22.0" }));
  const env = { RAEGRAPH_TENSORFLOW: project };
  expect(findPackage(env, "23.0.0")).toMatch(/does not run on Node 23\.0\.0.*use Node 20 or 22/);
  expect(findPackage(env, "20.12.0")).toMatch(/without its native binding; run `npm rebuild @tensorflow\/tfjs-node`/);
  await mkdir(join(folder, "lib"));
  expect(findPackage(env, "20.12.0")).toMatchObject({ text: "@tensorflow/tfjs-node 4.22.0" });
});
