import { spawn } from "node:child_process";
import { mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { bundled } from "./bundled-graph.js";
import type { Bundled } from "./bundled-graph.js";
import { tinyFolder } from "./tiny.js";

/** How a command of the docs is tried: words of `graph` in a folder with the tiny graph, or why it is not tried here. */
type Trial = { readonly graph: string } | { readonly elsewhere: string };

const smoke = "--smoke";

/** Every command of README and docs, as written; long ones are tried in a shortened form. */
const trials: Readonly<Record<string, Trial>> = {
  "npm ci": { elsewhere: "it made the folder in which this test runs" },
  "npm ci && npm test": { elsewhere: "it is what runs this test" },
  "npm test": { elsewhere: "it is what runs this test" },
  "npm ci && npx graph run graphs/stage2-train.yaml": {
    graph: `run graphs/stage2-train.yaml --only train vars.batch=4 ${smoke}`,
  },
  "npx graph run graphs/stage2-train.yaml": { graph: `run graphs/stage2-train.yaml --only train vars.batch=4 ${smoke}` },
  "npx graph run graphs/sample.yaml": { graph: `run graphs/sample.yaml classes.each=1 vars.points=3 ${smoke}` },
  "graph run FILE [key=value…]": { graph: `run FILE vars.lr=0.01 ${smoke}` },
  "graph run FILE --backend wasm": { graph: "run FILE --backend wasm --smoke" },
  "graph run FILE --resume auto": { graph: "run FILE --resume auto --run-dir RUN train.steps=6 --backend reference" },
  "graph resume RUN": { graph: "resume RUN train.steps=20 --backend reference" },
  "graph run FILE --sweep dit.width=64,128 --seeds 3": {
    graph: "run FILE --sweep vars.lr=0.1,0.01 --seeds 2 train.steps=2 ~phases.sample --backend reference --run-dir SWEEP",
  },
  "graph resume SWEEP": { graph: "resume SWEEP --backend reference" },
  "graph run FILE --smoke": { graph: `run FILE ${smoke}` },
  "graph run FILE -f small.yaml": { graph: `run FILE -f small.yaml ${smoke}` },
  "graph run FILE --plugin ./my-nodes.ts": { graph: `run FILE --plugin ./my-nodes.ts ${smoke}` },
  "graph run FILE --plan": { graph: "run FILE --plan" },
  "graph run FILE --only sample": { graph: `run FILE --only sample ${smoke}` },
  "graph run FILE --peek dit.velocity": { graph: `run FILE --peek dit.velocity ${smoke}` },
  "graph run FILE --trace trace.json": { graph: `run FILE --trace trace.json ${smoke}` },
  "graph record FILE NODE --out FILE": { graph: "record FILE dit --out dit.safetensors --backend reference" },
  "graph replay FIXTURE": { graph: "replay dit.safetensors" },
  "graph check FILE": { graph: "check FILE" },
  "graph check": { graph: "check FILE" },
  "graph weights FILE": { graph: "weights graphs/assets/encoder.safetensors" },
  "graph weights FILE --json": { graph: "weights graphs/assets/encoder.safetensors --json" },
  "graph pull": { elsewhere: "graph pull FILE is the same" },
  "graph pull FILE": { elsewhere: "it downloads; its own test has a server for it" },
  "graph pull hf://org/name…": { elsewhere: "it downloads; its own test has a server for it" },
  "graph import CONFIG.yaml": { elsewhere: "import.test.ts has configs for it" },
  "graph import": { elsewhere: "import.test.ts has configs for it" },
  "graph why FILE NODE": { graph: "why FILE encoder --backend reference" },
  "graph why FILE encoder/vit": { graph: "why graphs/stage2-train.yaml encoder/vit --backend wasm" },
  "graph resume": { elsewhere: "graph resume RUN is the same" },
  "graph print FILE": { graph: "print FILE --origin" },
  "graph explain [CODE]": { graph: "explain G304" },
  "graph schema --out FILE": { graph: "schema --out out/graph.schema.json" },
  "graph doctor": { graph: "doctor" },
  "graph bench FILE": { graph: "bench FILE --steps 1 --backend reference" },
  "graph verify FILE --backends native,webgpu": { graph: "verify FILE --backends reference,wasm --steps 1" },
  "graph show FILE": { graph: "show FILE --out out/tiny.svg" },
  "graph inspect [TYPE]": { graph: "inspect model.dit_dh" },
  "graph inspect TYPE": { graph: "inspect model.dit_dh" },
  "graph new node\\|graph\\|plugin NAME": { graph: "new graph some" },
  "graph new node my.noise": { graph: "new node my.noise" },
  "graph new": { graph: "new plugin raegraph-more" },
  "graph run": { graph: `run FILE ${smoke}` },
  "npx graph serve graphs/stage2-train.yaml": { elsewhere: "it never ends: below, until the page is there" },
  "graph serve FILE": { elsewhere: "it never ends: below, until the page is there" },
  "graph build-web FILE --out DIR": { elsewhere: "test/page builds the folder and opens it" },
  "VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json npx graph run FILE --backend webgpu": {
    elsewhere: "webgpu.test.ts does it where there is a Vulkan loader",
  },
  "npx graph run graphs/encoder-pretrain.yaml --run-dir runs/encoder": {
    graph: `run graphs/encoder-pretrain.yaml vars.batch=8 --run-dir out/encoder ${smoke}`,
  },
  "npx graph run graphs/latent-stats.yaml": { graph: `run graphs/latent-stats.yaml images.batch=20 ${smoke}` },
  "npx graph run graphs/score.yaml": { graph: `run graphs/score.yaml vars.batch=20 ${smoke}` },
  "npx graph run graphs/stage1-train.yaml vars.batch=128 vars.steps=2500 generator.ema=0.999 generator.warmup=200 generator.in.loss=l1.value train.run=[generator] train.log=[l1.value] --run-dir runs/decoder":
    {
      graph: `run graphs/stage1-train.yaml vars.batch=4 generator.ema=0.999 generator.warmup=200 generator.in.loss=l1.value train.run=[generator] train.log=[l1.value] --run-dir out/decoder ${smoke}`,
    },
  "npx graph run graphs/stage2-train.yaml vars.batch=128 vars.steps=2500 --run-dir runs/dit": {
    graph: `run graphs/stage2-train.yaml vars.batch=8 --only train --run-dir out/dit ${smoke}`,
  },
  "apt-get install dataset-fashion-mnist && node scripts/make-fashion-mnist.mjs": {
    elsewhere: "it needs root and a mirror of Debian",
  },
  ...Object.fromEntries(
    ["width", "shift", "fragility", "noise-augmentation", "efficiency"].map((name) => [
      `npx graph run graphs/experiments/${name}.yaml`,
      { graph: `run graphs/experiments/${name}.yaml --smoke` },
    ]),
  ),
  "npm run test:neon": { elsewhere: "it emulates another processor for minutes; it is itself a test" },
  "npm run docs": { elsewhere: "docs.test.ts compares what it makes" },
};

/** Commands that are tried by a test of their own kind. */
const families: readonly (readonly [form: RegExp, where: string])[] = [
  [/^(?:RAEGRAPH_ISA=\w+ )?npm run bench -- /, "test/bench runs each benchmark in its smallest form"],
  [
    /^npx graph run graphs\/experiments\/.*full\//,
    "it asks for files that have to be fetched; shipped-graphs.test.ts checks it with stand-ins",
  ],
  [/^npx graph \w+ graphs\/full\//, "it asks for files that have to be fetched; stage1.test.ts checks it with stand-ins"],
  [/^graph check graphs\/experiments\//, "shipped-graphs.test.ts checks them with stand-ins for what has to be fetched"],
  [/^npm init -y && npm install raegraph$/, "the packed package is installed by hand before a release"],
];

/** Commands of a text: lines of its shell blocks, and code in its sentences and tables that begins as a command does. */
function commandsOf(text: string): string[] {
  const lines = [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].flatMap(([, code = ""]) => code.trim().split("\n"));
  const plain = text.replace(/^```[^]*?^```$/gm, "");
  const inline = [...plain.matchAll(/`((?:[A-Z_]+=\S+ )?(?:npx )?(?:graph|npm|node|apt-get) [^`]*)`/g)].map(
    ([, code = ""]) => code,
  );
  return [...new Set([...lines, ...inline])];
}

let shipped: Bundled;
let folder = "";
let commands: readonly string[] = [];

beforeAll(async () => {
  const pages = (await readdir("docs")).filter((file) => file.endsWith(".md")).map((file) => join("docs", file));
  const own = new Set(["docs/tutorial.md", "docs/add-a-backend.md"]);
  const texts = await Promise.all(["README.md", ...pages.filter((page) => !own.has(page))].map((file) => readFile(file, "utf8")));
  commands = [...new Set(texts.flatMap(commandsOf))];
  shipped = await bundled("commands");
  folder = await tinyFolder();
  // A folder of its own, for `graph new graph` writes there.
  await mkdir(join(folder, "graphs"));
  for (const name of await readdir("graphs")) await symlink(resolve("graphs", name), join(folder, "graphs", name));
  await mkdir(join(folder, "out"));
  await writeFile(join(folder, "small.yaml"), "vars: { lr: 0.1 }\n");
  await writeFile(
    join(folder, "my-nodes.ts"),
    'import { defineNode, tensor, z } from "raegraph";\nexport const same = defineNode({ kind: "map", type: "my.same", note: "Hands on.", inputs: { x: tensor("f32[B,...]") }, outputs: { x: tensor("f32[B,...]") }, params: z.object({}), run: ({ x }) => ({ x }) });\n',
  );
}, 180_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test("every command of README and docs is one that is tried, or says where", () => {
  const unknown = commands.filter((command) => !(command in trials) && !families.some(([form]) => form.test(command)));
  expect(unknown).toEqual([]);
  expect(commands.length).toBeGreaterThan(40);
});

test("no command is tried that the docs no longer have", () => {
  expect(Object.keys(trials).filter((command) => !commands.includes(command))).toEqual([]);
});

describe("works:", () => {
  const tried = Object.entries(trials).flatMap(([command, trial]) => ("graph" in trial ? [[command, trial.graph] as const] : []));
  test.each(tried)(
    "%s",
    async (_command, words) => {
      const args = words.split(" ").map((word) => (word === "FILE" ? "tiny.yaml" : word));
      const { code, stdout, stderr } = await shipped.graph(folder, ...args);
      if (code !== 0) throw new Error(`graph ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`);
    },
    300_000,
  );

  test("graph serve, until its page is there", async () => {
    const command = resolve("build/test/commands/graph.cjs");
    const child = spawn(process.execPath, [command, "serve", "tiny.yaml", "--no-open"], {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: "" },
    });
    try {
      const address = await new Promise<string>((found, failed) => {
        let text = "";
        const read = (part: Buffer): void => {
          text += part.toString();
          const [url] = /http:\/\/127\.0\.0\.1:\d+\S*/.exec(text) ?? [];
          if (url) found(url);
        };
        child.stdout.on("data", read);
        child.stderr.on("data", read);
        child.on("exit", (code) => failed(new Error(`graph serve ended with ${code}:\n${text}`)));
      });
      const page = await fetch(address);
      expect(page.status).toBe(200);
      expect(await page.text()).toContain("<html");
    } finally {
      child.kill();
    }
  }, 120_000);
});
