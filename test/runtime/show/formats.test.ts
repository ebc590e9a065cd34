import { describe, expect, test } from "@jest/globals";
import { asciiOf } from "../../../src/runtime/show/ascii.js";
import { dotOf } from "../../../src/runtime/show/dot.js";
import { htmlOf } from "../../../src/runtime/show/html.js";
import { mermaidOf } from "../../../src/runtime/show/mermaid.js";
import { pictureOf } from "../../../src/runtime/show/picture.js";
import { svgOf } from "../../../src/runtime/show/svg.js";
import { check, goodGraph } from "../../core/language/fake-graph.js";

const graph = await check(goodGraph);
const picture = pictureOf(graph);

describe("a picture", () => {
  test("says what each node does, and in which phases", () => {
    const told = Object.fromEntries(picture.boxes.map(({ name, role, phases }) => [name, [role, ...phases]]));
    expect(told).toEqual({
      images: ["source", "train", "sample"],
      encoder: ["fixed", "train"],
      time: ["fixed", "train"],
      dit: ["trained", "train", "sample"],
      loss: ["trained", "train"],
      adam: ["optimizer", "train"],
      sampler: ["fixed", "sample"],
      show: ["result", "sample"],
    });
  });

  test("draws all edges between two nodes as one line, dashed where only weights go over it", () => {
    const line = (from: string, to: string): unknown => picture.lines.find((other) => other.from === from && other.to === to);
    expect(line("dit", "adam")).toMatchObject({ handle: true, wires: [{ from: "weights", to: "trains", type: "weights" }] });
    expect(line("encoder", "loss")).toMatchObject({ handle: false, wires: [{ from: "z", to: "target", type: "f32[16,4,4,8]" }] });
  });

  test("of one phase leaves out what that does not run", () => {
    const sample = pictureOf(graph, ["sample"]);
    expect(sample.boxes.map(({ name }) => name)).toEqual(["images", "dit", "sampler", "show"]);
    expect(sample.lines.map(({ from, to }) => `${from} ${to}`)).toEqual([
      "images dit",
      "dit sampler",
      "images sampler",
      "sampler show",
    ]);
  });
});

describe("as text", () => {
  test("outputs run down in columns until their last reader", async () => {
    const small = await check(`name: small
nodes:
  images: { type: data.images, params: { file: a.bin } }
  encoder: { type: encoder.patches, in: { image: images.image } }
  time: { type: flow.time, in: { like: encoder.z } }
  show: { type: out.show, in: { value: encoder.z } }
  other: { type: out.show, in: { value: time.t } }
`);
    expect(asciiOf(pictureOf(small)).split("\n")).toEqual([
      "    ● images (data.images) [run]",
      "╭────   image f32[32,64,64,3]",
      "╰───▶ encoder (encoder.patches) <- image=images.image [run]",
      "╭────   z f32[32,4,4,8]",
      "├───▶ time (flow.time) <- like=encoder.z [run]",
      "│ ╭──   t f32[32]",
      "╰─│─▶ show (out.show) <- value=encoder.z [run]",
      "  ╰─▶ other (out.show) <- value=time.t [run]",
      "",
    ]);
  });
});

describe("in other languages", () => {
  test("SVG has every node and every type, and is whole XML", () => {
    const svg = svgOf(picture);
    for (const { name, type } of picture.boxes) expect(svg).toContain(`data-node="${name}"><title>${name}: ${type};`);
    expect(svg).toContain("x f32[16,4,4,8]");
    expect(svg).toContain("weights → trains<");
    const tags = [...svg.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)].filter(([, , , selfClosed]) => selfClosed === "");
    const open: string[] = [];
    for (const [, end, tag = ""] of tags) {
      if (end) expect(open.pop()).toBe(tag);
      else open.push(tag);
    }
    expect(open).toEqual([]);
  });

  test("DOT and Mermaid say the same edges", () => {
    expect(dotOf(picture)).toContain('"dit" -> "adam" [label="weights -> trains", style=dashed];');
    expect(dotOf(picture)).toContain('"dit" [label="dit\\nmodel.dit", tooltip="train sample", fillcolor=bisque];');
    const ids = new Map(picture.boxes.map(({ name }, i) => [name, `n${i}`]));
    expect(mermaidOf(picture)).toContain(`  ${ids.get("dit")} -.->|"weights → trains"| ${ids.get("adam")}`);
    expect(mermaidOf(picture)).toContain(`  ${ids.get("dit")}["dit<br>model.dit"]:::trained`);
  });

  test("HTML holds the details of each node, and nothing from outside", () => {
    const html = htmlOf(picture, { ...graph, note: "a </script> <b>note</b>" });
    expect(html).toContain("input_size: 4");
    expect(html).toContain("a &lt;/script&gt; &lt;b&gt;note");
    expect(html.match(/<\/script>/g)).toHaveLength(1);
    expect(html.replace('xmlns="http://www.w3.org/2000/svg"', "")).not.toMatch(/https?:/);
  });
});
