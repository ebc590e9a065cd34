import type { ProblemCode } from "./problem-codes.js";

/** What `graph explain` tells of a code besides its one line. */
export interface ProblemHelp {
  /** A graph file, or a command, that has the mistake. */
  readonly wrong: string;
  /** What to do. */
  readonly cure: string;
}

const images = "images: { type: data.idx, params: { images: images.idx, batch: 4 } }";
const grid = "grid: { type: out.image_grid, in: { image: images.image } }";

/** Help on every code. */
export const problemHelp: Readonly<Record<ProblemCode, ProblemHelp>> = {
  G100: {
    wrong: "(a file with more than 20 mistakes)",
    cure: "Mend the ones that are shown and check again; many of the others may only follow from them.",
  },
  G101: {
    wrong: "nodes: { images: [1, 2 }",
    cure: "Close brackets and quotes, indent by spaces, put a space after each colon. YAML is 1.2: `yes` and `on` are texts, dates are texts.",
  },
  G102: {
    wrong: "",
    cure: "Write a graph: `name:` and `nodes:`. `graph new graph NAME` makes one to start from; files are UTF-8 text.",
  },
  G103: {
    wrong: `nodes:\n  ${images}\n  images: { type: data.labels, params: { labels: [1] } }`,
    cure: "Give one of them another name; in YAML the second would silently replace the first.",
  },
  G104: {
    wrong: "nodes:\n  classes: { type: data.labels, params: { lables: [1, 2] } }",
    cure: "Take the name that is suggested; `graph inspect TYPE` lists the params of a type.",
  },
  G105: {
    wrong: `nodes: ${"[".repeat(70)}${"]".repeat(70)}`,
    cure: "A graph file holds at most 1 MB, 64 levels, 20,000 nodes. Keep data in files that params name, and repeat less through aliases and variables.",
  },
  G106: {
    wrong: "nodes: [images, encoder]",
    cure: "Write the kind of value that is expected: a map `{ a: 1 }`, a list `[1, 2]`, a number without quotes, a text.",
  },
  G107: {
    wrong: "nodes:\n  images: { params: { images: images.idx } }",
    cure: "Add the key. A node needs `type:` or `use:`, a phase `run:`, a graph `name:` and `nodes:`.",
  },
  G108: {
    wrong: 'name: my graph\nnodes: { "my node": { type: data.labels } }',
    cure: "Use letters, digits, _ and -, a letter first; a graph's name is also a folder's.",
  },
  G109: {
    wrong: "vars: { batch: 32 }\nnodes:\n  classes: { type: data.labels, params: { labels: [1], each: ${vars.bacth} } }",
    cure: "Declare it: `vars: { batch: 32 }`. An included file sees only its own `vars`; give them with `use: …, vars: { … }`.",
  },
  G110: {
    wrong: 'vars: { a: "${vars.b}", b: "${vars.a}" }\nnodes: { c: { type: data.labels } }',
    cure: "Give one of the variables a value of its own.",
  },
  G111: {
    wrong: "vars: { batch: 32 }\nnodes:\n  classes: { type: data.labels, params: { labels: [1], each: ${batch} } }",
    cure: "Write `${vars.NAME}`; nothing else is put in.",
  },
  G201: {
    wrong: "nodes:\n  images: { type: data.idy }",
    cure: "`graph inspect` lists the types. Those of a plugin must be loaded: `plugins:` in the graph, or --plugin.",
  },
  G202: {
    wrong: 'nodes:\n  classes: { type: "data.labels@9", params: { labels: [1] } }',
    cure: "Read what changed between the versions, adapt the params, and write the installed version, or none.",
  },
  G203: {
    wrong: "nodes:\n  classes: { type: data.labels, params: { labels: [1], each: -1 } }",
    cure: "Give a value within the range that is named; `graph inspect TYPE` shows all ranges.",
  },
  G204: { wrong: "nodes:\n  classes: { type: data.labels }", cure: "Add the param; it has no default." },
  G205: {
    wrong: "(a plugin whose port says f64[B], or whose schema throws)",
    cure: "This is a mistake of whoever wrote the node type; tell them, or mend the definition if it is yours.",
  },
  G301: {
    wrong: `nodes:\n  ${images}\n  grid: { type: out.image_grid, in: { image: imagse.image } }`,
    cure: "Name a node of this file as `node.port`. A node of an included file is reached through the include's `outputs`.",
  },
  G302: {
    wrong: `nodes:\n  ${images}\n  grid: { type: out.image_grid, in: { image: images.imgae } }`,
    cure: "Name one of the ports that are listed.",
  },
  G303: {
    wrong: `nodes:\n  ${images}\n  grid: { type: out.image_grid }`,
    cure: "Connect it: `in: { image: images.image }`. The outputs that fit are listed.",
  },
  G304: {
    wrong:
      "nodes:\n  classes: { type: data.labels, params: { labels: [1] } }\n  grid: { type: out.image_grid, in: { image: classes.label } }",
    cure: "Connect an output of the kind and number type that the input takes, or put a node between that converts.",
  },
  G305: {
    wrong: "(images [B,H,W,c] connected to an input f32[B,N,D])",
    cure: "Connect an output with as many axes as the input has.",
  },
  G306: {
    wrong: "(an encoder of patch 16 gives 14x14 tokens, a model of input_size 16 reads them)",
    cure: "Make the sizes equal where they come from: the params named in the message.",
  },
  G307: {
    wrong:
      "nodes:\n  a: { type: latent.normalize, params: { weights: s.safetensors }, in: { z: b.z } }\n  b: { type: latent.denormalize, params: { weights: s.safetensors }, in: { z: a.z } }",
    cure: "Take one of the edges out: data flows one way within a step.",
  },
  G308: {
    wrong: `nodes:\n  ${images}\n  grid: { type: out.image_grid, in: { image: images.image@ema } }`,
    cure: "`@ema` reads averaged weights and stands on `model` and `weights` ports of a model that an optimizer averages.",
  },
  G309: { wrong: `nodes:\n  ${images}\n  grid: { type: out.image_grid, in: { image: images } }`, cure: "Write `node.port`." },
  G310: {
    wrong: "(an image of 30 pixels, an encoder of patch 7)",
    cure: "Change the param that is named, or what gives the size.",
  },
  G311: {
    wrong: `nodes:\n  ${images}\n  others: { again: images }`,
    cure: "`again` names a model, whose weights it shares, and that model's sizes must stay the same. Other nodes are written out.",
  },
  G312: {
    wrong: "(total reads gan.value on a required input, and gan has from: 500)",
    cure: "Give the reader the same `from`, or read it on an input that may stay open.",
  },
  G401: {
    wrong: "nodes: { encoder: { use: ./parts/nowhere.yaml } }",
    cure: "Mend the path; it counts from the file in which it is written.",
  },
  G402: {
    wrong: "(a.yaml includes b.yaml, which includes a.yaml)",
    cure: "Take the include out, or move what both files need to a third.",
  },
  G403: {
    wrong: `name: look\nnodes:\n  ${images}\n  ${grid}`,
    cure: "Mend the path (it counts from the graph file), or get the file: the message says what it must be.",
  },
  G404: {
    wrong: "(params: { weights: other.safetensors } of a model with another width)",
    cure: "Give the file that belongs to these params, or the params with which the file was made.",
  },
  G405: {
    wrong: "plugins: [./nowhere.ts]\nnodes: { images: { type: data.labels } }",
    cure: "Mend the path (it counts from the graph file; --plugin from the current directory), or install the package.",
  },
  G406: {
    wrong: "(a plugin that exports a node type without `note`, or nothing at all)",
    cure: "Export values made by defineNode, defineOp or defineBackend; the message names the field.",
  },
  G407: {
    wrong: "(a plugin that exports a node of type data.idx)",
    cure: "Give your type another name, best with a family of your own: `mine.idx`.",
  },
  G501: {
    wrong: "nodes:\n  classes: { type: data.labels, params: { labels: [1] } }\nphases:\n  show: { run: [grid] }",
    cure: "Name a sink, reducer or optimizer of this graph; `of`, `before` and `after` name phases.",
  },
  G502: {
    wrong: "nodes:\n  classes: { type: data.labels, params: { labels: [1] } }\nphases:\n  show: { run: [classes] }",
    cure: "A phase runs what takes results: sinks, reducers, optimizers. The nodes before them run along.",
  },
  G503: {
    wrong: `nodes:\n  ${images}\n  ${grid}\nphases:\n  show: { run: [grid], steps: 1, every: 10 }`,
    cure: "`every` needs `of`; a phase stands in one relation: `of`, `before` or `after`; nested phases belong to one that trains.",
  },
  G504: {
    wrong: `nodes:\n  ${images}\n  ${grid}\nphases:\n  a: { run: [grid], steps: 1, after: b }\n  b: { run: [grid], steps: 1, after: a }`,
    cure: "Let one of the phases start by itself.",
  },
  G505: {
    wrong: `nodes:\n  ${images}\n  ${grid}\nphases:\n  show: { run: [grid], steps: 1, log: [images.image] }`,
    cure: "A phase that trains logs outputs that its targets need anyway; `metric.mean` gives the mean over any other phase.",
  },
  G510: { wrong: "graph run FILE dit.depth", cure: "Write key=value, +nodes.name={…} to add, ~nodes.name to remove." },
  G511: {
    wrong: "graph run FILE dti.depth=12",
    cure: "Take the name that is suggested; `graph print FILE` shows all that can be set, +key=value adds a param that is not written.",
  },
  G512: { wrong: "graph run FILE +dit.depth=12", cure: "It is written already: set it, without +." },
  G513: { wrong: "graph run FILE ~nodes.encoder", cure: "Remove or change the readers first, in the same command, to the left." },
  G601: {
    wrong: "graph check FILE --backend webgpu images.batch=100000",
    cure: "Make the batch or the model smaller, or take a backend without this limit; `graph check FILE --backend ID` tells whose limit it is.",
  },
};
