import { describe, expect, test } from "@jest/globals";
import type { Graph } from "../../../src/core/graph.js";
import { check, goodGraph, mistakes } from "./fake-graph.js";

const encoder =
  'inputs: { image: "f32[B,H,W,3]" }\noutputs: { z: vit.z }\nvars: { patch: 16 }\nnodes:\n  vit: { type: encoder.patches, params: { patch: "${vars.patch}" }, in: { image: inputs.image } }\n';
const merged = async (overlay: string, overrides: readonly string[] = []): Promise<Graph> =>
  check(goodGraph, { files: { "/other/small.yaml": overlay }, overlays: ["/other/small.yaml"], overrides });
const wrong = async (overlay: string): Promise<string[]> =>
  mistakes(goodGraph, { files: { "/other/small.yaml": overlay }, overlays: ["/other/small.yaml"] });
const param = (graph: Graph, node: string, name: string): unknown =>
  graph.nodes.find((other) => other.name === node)?.params[name];

describe("an overlay", () => {
  test("sets params, variables, phases and the seed; what it does not name stays", async () => {
    const graph = await merged(
      "seed: 9\nvars: { batch: 4 }\nnodes: { dit: { params: { depth: 3, norm: { eps: 0.5 } } } }\nphases: { train: { steps: 2 } }\n",
    );
    expect([graph.seed, graph.phases[0]?.steps, graph.edges[0]?.type]).toEqual([9, 2, "f32[4,64,64,3]"]);
    expect([param(graph, "dit", "depth"), param(graph, "dit", "norm")]).toEqual([3, { eps: 0.5 }]);
    expect(param(graph, "dit", "input_size")).toBe(4);
  });

  test("comes before the overrides of the command line, and a later overlay over an earlier one", async () => {
    expect(param(await merged("nodes: { dit: { params: { depth: 3 } } }", ["dit.depth=5"]), "dit", "depth")).toBe(5);
    const graph = await check(goodGraph, {
      files: { "/a.yaml": "nodes: { dit: { params: { depth: 3 } } }", "/b.yaml": "nodes: { dit: { params: { depth: 4 } } }" },
      overlays: ["/a.yaml", "/b.yaml"],
    });
    expect(param(graph, "dit", "depth")).toBe(4);
  });

  test("adds a node and a phase, and another overlay goes on with them", async () => {
    const graph = await check(goodGraph, {
      files: {
        "/a.yaml":
          "nodes: { probe: { type: out.show, in: { value: images.image } } }\nphases: { look: { run: [probe], steps: 9 } }",
        "/b.yaml": "phases: { look: { steps: 1 } }",
      },
      overlays: ["/a.yaml", "/b.yaml"],
    });
    expect(graph.nodes.at(-1)?.name).toBe("probe");
    expect(graph.phases.at(-1)).toMatchObject({ name: "look", steps: 1 });
  });

  test("removes by ~, readers first whatever their order", async () => {
    const graph = await merged("nodes: { sampler: ~, show: ~ }\nphases: { sample: ~, train: { steps: ~ } }");
    expect(graph.nodes.map(({ name }) => name)).not.toContain("show");
    expect(graph.phases).toMatchObject([{ name: "train" }]);
    expect(graph.phases[0]?.steps).toBeUndefined();
  });

  test("counts paths from its own folder", async () => {
    expect(param(await merged("nodes: { images: { params: { file: ./b.bin } } }"), "images", "file")).toBe("/other/b.bin");
  });

  test("reaches into includes", async () => {
    const graph = await check(goodGraph.replace("type: encoder.patches", "use: ./encoder.yaml"), {
      files: {
        "/graphs/encoder.yaml": encoder,
        "/a.yaml": "nodes: { dit: { params: { input_size: 2 } }, encoder/vit: { params: { patch: 32 } } }",
      },
      overlays: ["/a.yaml"],
    });
    expect(param(graph, "encoder/vit", "patch")).toBe(32);
  });

  test("is refused with the place in it: misspelt nodes, params, variables and keys, all at once", async () => {
    const told = await wrong(
      "vars: { bach: 4 }\nnodes:\n  dti: { params: { depth: 3 } }\n  adam: { params: { rl: 1 } }\nphase: {}\n",
    );
    expect(told.map((text) => text.split("\n")[0])).toEqual([
      'small.yaml:1:9 error[G511]: override "vars.bach": no variable "bach"',
      'small.yaml:3:3 error[G511]: override "nodes.dti": no node "dti"',
      'small.yaml:4:21 error[G104]: node "adam": unknown param "rl"',
      'small.yaml:5:1 error[G104]: overlay: unknown key "phase"',
    ]);
    expect(told.map((text) => text.split("\n").at(-1)?.trim())).toEqual([
      '= did you mean "batch"?',
      '= did you mean "dit"?',
      '= did you mean "lr"?',
      '= did you mean "phases"?',
    ]);
  });

  test("that is missing is told", async () => {
    expect(await mistakes(goodGraph, { overlays: ["/none.yaml"] })).toEqual([
      expect.stringContaining('error[G401]: cannot read "/none.yaml"'),
    ]);
  });
});
