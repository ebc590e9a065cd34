import { describe, expect, test } from "@jest/globals";
import { check, firstLines, mistakes } from "./fake-graph.js";

const encoder = `inputs: { image: "f32[B,H,W,3]" }
outputs: { z: vit.z, weights: vit.weights }
vars: { patch: 16, file: ./own.bin }
nodes:
  vit:
    type: encoder.patches
    params: { patch: "\${vars.patch}", weights: "\${vars.file}" }
    in: { image: inputs.image }
`;
const graph = (use: string, read = "enc.z"): string => `name: a
vars: { p: 8 }
nodes:
  images: { type: data.images, params: { file: a } }
  enc: { ${use} }
  show: { type: out.show, in: { value: ${read} } }
`;
const files = { "/graphs/parts/encoder.yaml": encoder };
const use = "use: ./parts/encoder.yaml, in: { image: images.image }";
const withEncoder = (from: string, to: string): { files: Record<string, string> } => ({
  files: { "/graphs/parts/encoder.yaml": encoder.replace(from, to) },
});

describe("including a file", () => {
  test("its nodes join the graph under the include's name, its inputs and outputs are wired through", async () => {
    const { nodes, edges } = await check(graph(use), { files });
    expect(nodes.map(({ name }) => name)).toEqual(["images", "enc/vit", "show"]);
    expect(edges.map(({ from, to, type }) => `${from.node}.${from.port} -> ${to.node}.${to.port} ${type}`)).toEqual([
      "images.image -> enc/vit.image f32[32,64,64,3]",
      "enc/vit.z -> show.value f32[32,4,4,8]",
    ]);
  });

  test("a path counts from the file that writes it, also through a variable", async () => {
    const weights = async (text: string): Promise<unknown> => (await check(text, { files })).nodes[1]?.params["weights"];
    expect(await weights(graph(use))).toBe("/graphs/parts/own.bin");
    expect(await weights(graph(`${use}, vars: { file: ./given.bin }`))).toBe("/graphs/given.bin");
  });

  test("its variables can be given, from the outer ones too", async () => {
    const { edges } = await check(graph(`${use}, vars: { patch: "\${vars.p}" }`), { files });
    expect(edges[1]?.type).toBe("f32[32,8,8,8]");
  });

  test("one file twice gives two sets of nodes", async () => {
    const twice = graph(use).replace("  show:", `  too: { ${use} }\n  show:`);
    expect((await check(twice, { files })).nodes.map(({ name }) => name)).toEqual(["images", "enc/vit", "too/vit", "show"]);
  });

  test("files may include files", async () => {
    const outer = `inputs: { x: "f32[B,H,W,3]" }
outputs: { z: deep.z }
nodes: { deep: { use: ./parts/encoder.yaml, in: { image: inputs.x } } }`;
    const { nodes, sources } = await check(graph("use: ./outer.yaml, in: { x: images.image }", "enc"), {
      files: { ...files, "/graphs/outer.yaml": outer },
    });
    expect(nodes.map(({ name }) => name)).toEqual(["images", "enc/deep/vit", "show"]);
    expect([...sources.keys()]).toEqual(["/graphs/main.yaml", "/graphs/outer.yaml", "/graphs/parts/encoder.yaml"]);
  });
});

describe("refused", () => {
  test.each([
    ["a missing file", "use: ./no.yaml", 'main.yaml:5:15 error[G401]: cannot read "./no.yaml": no such file: /graphs/no.yaml'],
    [
      "an input that is not given",
      "use: ./parts/encoder.yaml",
      'main.yaml:5:3 error[G303]: include "enc": input "image" ("f32[B,H,W,3]") is not connected',
    ],
    [
      "an input that it does not have",
      `${use.slice(0, -2)}, mask: images.image }`,
      'main.yaml:5:64 error[G302]: include "enc": "./parts/encoder.yaml" has no input "mask"',
    ],
    [
      "a misspelt input, once",
      use.replace("image:", "imgae:"),
      'main.yaml:5:43 error[G302]: include "enc": "./parts/encoder.yaml" has no input "imgae"',
    ],
    [
      "a variable that it does not have",
      `${use}, vars: { pach: 1 }`,
      'main.yaml:5:74 error[G109]: include "enc": "./parts/encoder.yaml" has no variable "pach"',
    ],
    ["params", `${use}, params: {}`, 'main.yaml:5:66 error[G104]: include "enc": unknown key "params"'],
    [
      "an input of another dtype",
      use.replace("images.image", "images.label"),
      'main.yaml:5:50 error[G304]: include "enc", input "image": produces i32[32], expects f32[B,H,W,3]: i32 is not f32',
    ],
  ])("%s", async (_what, text, line) => {
    expect(await firstLines(graph(text), { files })).toEqual([line]);
  });

  test("an output that it does not give", async () => {
    expect(await firstLines(graph(use, "enc.y2"), { files })).toEqual([
      'main.yaml:6:40 error[G302]: include "enc" has no output "y2"',
    ]);
  });

  test("no name for one of several outputs", async () => {
    expect(await mistakes(graph(use, "enc"), { files })).toEqual([
      `main.yaml:6:40 error[G309]: "enc" alone does not say which output of include "enc" it means
    6 |   show: { type: out.show, in: { value: enc } }
      |                                        ^^^
      = write enc.z or enc.weights`,
    ]);
  });

  test("an edge that does not fit the declared type shows reader, producer and declaration, and no edge inside", async () => {
    expect(await mistakes(graph(use), withEncoder("f32[B,H,W,3]", "f32[B,H,W,1]"))).toEqual([
      `main.yaml:5:50 error[G306]: include "enc", input "image": produces f32[32,64,64,3], expects f32[B,H,W,1]: size 4 differs (3 and 1)
    5 |   enc: { use: ./parts/encoder.yaml, in: { image: images.image } }
      |                                                  ^^^^^^^^^^^^
      = change the params of "images" or the declared type so that both agree, or connect another output
main.yaml:4:3 note: "images.image" is produced here
    4 |   images: { type: data.images, params: { file: a } }
      |   ^^^^^^
encoder.yaml:1:18 note: f32[B,H,W,1] is declared here
    1 | inputs: { image: "f32[B,H,W,1]" }
      |                  ^^^^^^^^^^^^^^`,
    ]);
  });

  test.each([
    [
      "a type that is none",
      "f32[B,H,W,3]",
      "f32[B",
      'encoder.yaml:1:18 error[G203]: input "image": "f32[B" is no type: write one like f32[B,H,W,3], i32[B], f32[B,...], model[h,w,C] or weights',
    ],
    [
      "an output of a port that is none",
      "vit.weights }",
      "vit.waits }",
      'encoder.yaml:2:31 error[G302]: node "vit" (encoder.patches) has no output "waits"',
    ],
    ["an input that is not declared", "inputs.image", "inputs.imgae", 'encoder.yaml:8:18 error[G302]: no input "imgae"'],
    ["a seed", "vars:", "seed: 3\nvars:", 'encoder.yaml:3:1 error[G104]: included file: unknown key "seed"'],
    ["phases", "vars:", "phases: {}\nvars:", 'encoder.yaml:3:1 error[G104]: included file: unknown key "phases"'],
  ])("inside: %s", async (_what, from, to, line) => {
    expect(await firstLines(graph(use), withEncoder(from, to))).toEqual([line]);
  });

  test("inside: no nodes", async () => {
    expect(await firstLines(graph("use: ./e.yaml", "images.image"), { files: { "/graphs/e.yaml": "note: later" } })).toEqual([
      "e.yaml:1:1 error[G107]: the included file has no nodes",
    ]);
  });

  test("a circle of files is shown with its chain", async () => {
    expect(await firstLines(graph("use: ./main.yaml"))).toEqual([
      "main.yaml:5:15 error[G402]: files include each other in a circle: main.yaml -> main.yaml",
    ]);
    const to = (file: string): string => `nodes: { x: { use: ${file} } }`;
    expect(
      await firstLines(graph("use: ./b.yaml", "images.image"), {
        files: { "/graphs/b.yaml": to("./c.yaml"), "/graphs/c.yaml": to("b.yaml") },
      }),
    ).toEqual(["c.yaml:1:20 error[G402]: files include each other in a circle: b.yaml -> c.yaml -> b.yaml"]);
  });

  test("inputs and outputs that only mean each other are a circle", async () => {
    const through =
      'inputs: { image: "f32[...]" }\noutputs: { z: inputs.image }\nnodes: { show: { type: out.show, in: { value: inputs.image } } }';
    expect(await firstLines(graph("use: ./t.yaml, in: { image: enc.z }"), { files: { "/graphs/t.yaml": through } })).toEqual([
      "main.yaml:5:38 error[G307]: references mean each other in a circle: enc.z -> enc/inputs.image -> enc.z",
    ]);
  });

  test("includes that multiply are refused", async () => {
    const ten = (file: string): string =>
      `nodes: { ${Array.from({ length: 10 }, (_, i) => `n${i}: { use: ./${file} }`).join(", ")} }`;
    const chain = Object.fromEntries(
      ["b", "c", "d", "e", "f"].map((name, i) => [`/graphs/${name}.yaml`, ten(`${"cdefg"[i]}.yaml`)]),
    );
    const [line] = await firstLines(graph("use: ./b.yaml", "images.image"), {
      files: { ...chain, "/graphs/g.yaml": "nodes: { x: { type: out.show } }" },
    });
    expect(line).toMatch(/error\[G105\]: the graph has over 20000 nodes$/);
  });

  test("inputs in the graph itself mean nothing", async () => {
    expect(await firstLines(graph(use, "inputs.image"), { files })).toEqual([
      'main.yaml:6:40 error[G301]: no node "inputs": only an included file has inputs',
    ]);
  });
});
