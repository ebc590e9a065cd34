import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { builtinNodes } from "../../src/nodes/index.js";
import { nodeReference } from "../../src/runtime/cli/node-reference.js";
import { commandLine } from "../../src/runtime/cli/verbs.js";
import { runNode } from "./graph-command.js";
import { bundled } from "./bundled-graph.js";

const fence = /^```(\w+)\n([^]*?)^```$/gm;
const root = resolve(".");
let folder = "";

/** Code blocks of a text: language and code. */
function blocksOf(text: string): readonly (readonly [language: string, code: string])[] {
  return [...text.matchAll(fence)].map(([, language = "", code = ""]) => [language, code]);
}

/** A fresh folder in which raegraph is installed, as far as that takes. */
async function freshFolder(): Promise<string> {
  const here = await mkdtemp(join(folder, "fresh-"));
  await mkdir(join(here, "node_modules"));
  await symlink(root, join(here, "node_modules/raegraph"));
  await symlink(join(root, "node_modules/@tensorflow"), join(here, "node_modules/@tensorflow"));
  return here;
}

/** Runs one line of a shell block as a reader would type it. */
async function run(line: string, here: string): Promise<void> {
  const register = pathToFileURL(resolve("build/test/docs/register.js")).href;
  const words = line.replace("raegraph/register", register).split(" ");
  const args = line.startsWith("npx graph ") ? [resolve("build/test/docs/graph.cjs"), ...words.slice(2)] : words.slice(1);
  expect(["npx", "node"]).toContain(words[0]);
  const { code, stdout, stderr } = await runNode(args, here);
  if (code !== 0) throw new Error(`${line} ended with ${code}:\n${stdout}${stderr}`);
}

beforeAll(async () => {
  await bundled("docs");
  folder = await mkdtemp(join(tmpdir(), "graph-docs-"));
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test.each(["docs/tutorial.md", "docs/add-a-backend.md"])(
  "%s works from its first line to its last in a fresh folder",
  async (file) => {
    const here = await freshFolder();
    const blocks = blocksOf(await readFile(file, "utf8"));
    for (const [language, code] of blocks) {
      const [, path] = /^(?:\/\/|#) (\S+\.(?:ts|yaml))\n/.exec(code) ?? [];
      if (path !== undefined) {
        await mkdir(dirname(join(here, path)), { recursive: true });
        await writeFile(join(here, path), code);
      } else {
        expect(language).toBe("sh");
        for (const line of code.trim().split("\n")) await run(line, here);
      }
    }
    expect(blocks.length).toBeGreaterThan(1);
  },
  180_000,
);

test("a scaffold's name that is none, or taken, is refused and nothing is written", async () => {
  const here = await freshFolder();
  const graph = (...args: string[]) => runNode([resolve("build/test/docs/graph.cjs"), "new", ...args], here);
  await graph("graph", "look");
  const before = await readdir(here);
  expect(await graph("graph", "look")).toEqual({
    code: 2,
    stdout: "",
    stderr: "graph: look.yaml is there already; choose another name, or move it away\n",
  });
  expect(await graph("node", "Blue Noise")).toMatchObject({
    code: 2,
    stderr: 'graph: "Blue Noise" is no name for it; write one like my.noise\n',
  });
  expect(await readdir(here)).toEqual(before);
});

describe("README and docs", () => {
  let texts: readonly string[] = [];
  beforeAll(async () => {
    const files = (await readdir("docs")).filter((file) => file.endsWith(".md")).map((file) => join("docs", file));
    texts = await Promise.all(["README.md", ...files].map((file) => readFile(file, "utf8")));
  });

  test("name only verbs and flags that there are", () => {
    const verbs = new Map(commandLine("0", async () => undefined).commands.map((verb) => [verb.name(), verb]));
    const commands = texts.flatMap((text) => [...text.matchAll(/(?:`|npx )graph ([a-z][a-z-]*)([^`\n]*)/g)]);
    const wrong = commands.flatMap(([whole, verb = "", rest = ""]) => {
      const command = verbs.get(verb);
      const flags = rest.split(/\s+&&|\s#/)[0]?.match(/(?<=\s)--?[a-z][\w-]*/g) ?? [];
      const known = command?.options.flatMap(({ long, short }) => [long, short]);
      return known && flags.every((flag) => known.includes(flag)) ? [] : [whole];
    });
    expect(wrong).toEqual([]);
    expect(commands.length).toBeGreaterThan(20);
  });

  test("name only scripts of package.json", async () => {
    const { scripts } = JSON.parse(await readFile("package.json", "utf8")) as { scripts: Record<string, string> };
    const named = texts.flatMap((text) => [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name = ""]) => name));
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test("the README's node is the code of the repository", async () => {
    const [readme = ""] = texts;
    const code = blocksOf(readme).find(([language, text]) => language === "ts" && text.includes("defineNode("))?.[1] ?? "none";
    expect(await readFile("src/nodes/flow/linear-path.ts", "utf8")).toContain(code);
  });

  test("links to files lead somewhere", async () => {
    const [readme = "", ...others] = texts;
    const links = (text: string): string[] => [...text.matchAll(/\]\((?!https?:)([^)#]+)\)/g)].map(([, to = ""]) => to);
    const targets = [...links(readme).map((to) => resolve(to)), ...others.flatMap(links).map((to) => resolve("docs", to))];
    for (const target of targets) await expect(readFile(target)).resolves.toBeDefined();
  });

  test("the node reference is that of the definitions; if not: npm run docs", async () => {
    expect(await readFile("docs/nodes.md", "utf8")).toBe(nodeReference(builtinNodes));
  });

  test("the API is the one in docs/api.md; if a change is meant: npm run docs", async () => {
    const { code, stdout, stderr } = await runNode(
      [
        "--input-type=module",
        "-e",
        `import { apiReport } from "./scripts/api-report.mjs"; process.stdout.write(apiReport("${root}"));`,
      ],
      root,
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toBe(await readFile("docs/api.md", "utf8"));
  }, 120_000);
});
