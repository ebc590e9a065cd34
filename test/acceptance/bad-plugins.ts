/** A node definition as text, with changes carried out. */
export function node(...changes: readonly (readonly [from: string, to: string])[]): string {
  const text = `import { defineNode, tensor, z } from "raegraph";
export const noise = defineNode({
  kind: "map",
  type: "my.noise",
  note: "Adds noise.",
  inputs: { data: tensor("f32[B,...]") },
  outputs: { x: tensor("f32[B,...]") },
  params: z.object({ std: z.number().min(0).default(0.1) }),
  run: ({ data }) => ({ x: data }),
});
`;
  return changes.reduce((now, [from, to]) => {
    if (!now.includes(from)) throw new Error(`no ${from} in the plugin`);
    return now.replace(from, to);
  }, text);
}

/** The graph that names the plugin; `plugins` starts at column 11 of line 2, and `folder/bad` of a mistake is the plugin. */
export const graph = (plugin: string, type = "my.noise"): string => `name: tiny
plugins: [${plugin}]
nodes:
  images: { type: data.idx, params: { images: images.idx, batch: 4 } }
  noisy: { type: ${type}, in: { data: images.image } }
  grid: { type: out.image_grid, in: { image: noisy.x } }
phases:
  show: { run: [grid], steps: 1 }
`;

const place = "bad.yaml:2:11 error";

/** What is wrong, the plugin's spec, its files, and the first line of each problem; `.` stands for the folder. */
export const badPlugins: readonly {
  readonly what: string;
  readonly plugin: string;
  readonly files: Readonly<Record<string, string>>;
  readonly lines: readonly string[];
  readonly type?: string;
}[] = [
  {
    what: "a file that is missing",
    plugin: "./nodse.ts",
    files: { "nodes.ts": node() },
    lines: [`${place}[G405]: plugin "./nodse.ts": no such file: ./nodse.ts; paths count from the file that names them`],
  },
  {
    what: "a package that is not installed",
    plugin: "raegraph-extras",
    files: {},
    lines: [
      `${place}[G405]: plugin "raegraph-extras": no such package is installed; npm install raegraph-extras, or write a path that starts with ./`,
    ],
  },
  {
    what: "a package without an entry for raegraph",
    plugin: "extras",
    files: { "node_modules/extras/package.json": '{ "name": "extras", "version": "1.0.0" }' },
    lines: [
      `${place}[G405]: plugin "extras": ./node_modules/extras/package.json does not say which file to load; add "raegraph": { "nodes": "./dist/nodes.js" }`,
    ],
  },
  {
    what: "a package that was not built",
    plugin: "extras",
    files: { "node_modules/extras/package.json": '{ "name": "extras", "raegraph": { "nodes": "./dist/nodes.js" } }' },
    lines: [
      `${place}[G405]: plugin "extras": ./node_modules/extras/package.json names ./dist/nodes.js, which does not exist; build the package, or correct the entry`,
    ],
  },
  {
    what: "a file that is no TypeScript",
    plugin: "./nodes.ts",
    files: { "nodes.ts": node(['kind: "map",', 'kind: = "map",']) },
    lines: [`${place}[G405]: plugin "./nodes.ts": it failed while loading: Unexpected token (./nodes.ts:3:9)`],
  },
  {
    what: "a file that throws",
    plugin: "./nodes.ts",
    files: { "nodes.ts": `${node()}\nthrow new Error("no licence");\n` },
    lines: [`${place}[G405]: plugin "./nodes.ts": it failed while loading: no licence (nodes.ts:12:7)`],
  },
  {
    what: "a misspelt import",
    plugin: "./nodes.ts",
    files: { "nodes.ts": node(["defineNode, tensor", "defineNodes, tensor"], ["= defineNode(", "= defineNodes("]) },
    lines: [
      `${place}[G405]: plugin "./nodes.ts": it failed while loading: raegraph has no "defineNodes"; did you mean "defineNode"?`,
    ],
  },
  {
    what: "an import that is not installed",
    plugin: "./nodes.ts",
    files: { "nodes.ts": `import "left-padding";\n${node()}` },
    lines: [
      `${place}[G405]: plugin "./nodes.ts": it failed while loading: Cannot find package 'left-padding'; install it, or correct the import`,
    ],
  },
  {
    what: "a file that exports no definition",
    plugin: "./nodes.ts",
    files: { "nodes.ts": node(["export const", "const"]) },
    lines: [
      `${place}[G405]: plugin "./nodes.ts": no node type, op or backend in it (it exports nothing); write export const myNode = defineNode({ … })`,
    ],
  },
  {
    what: "a definition with three mistakes",
    plugin: "./nodes.ts",
    files: {
      "nodes.ts": node(['"map"', '"mpa"'], ['"my.noise"', '"noise"'], ['x: tensor("f32[B,...]")', 'x: tensor("f64[B]")']),
    },
    lines: [
      `${place}[G406]: plugin "./nodes.ts": export "noise": type is "noise"; write family.snake_name, for example "flow.my_noise"`,
      `${place}[G406]: plugin "./nodes.ts": export "noise": kind is "mpa"; did you mean "map"?`,
      `${place}[G406]: plugin "./nodes.ts": export "noise": outputs.x: "f64[B]" is no type: write one like f32[B,H,W,3], i32[B], f32[B,...], model[h,w,C] or weights`,
    ],
  },
  {
    what: "a misspelt key of a definition",
    plugin: "./nodes.ts",
    files: { "nodes.ts": node(["run:", "rum:"], ["inputs:", "input:"]) },
    lines: [
      `${place}[G406]: plugin "./nodes.ts": export "noise": a map needs the function run, got missing`,
      `${place}[G406]: plugin "./nodes.ts": export "noise": inputs is missing; write { name: tensor("f32[B,...]") }, or {}`,
      `${place}[G406]: plugin "./nodes.ts": export "noise": unknown key "input"; did you mean "inputs"?`,
      `${place}[G406]: plugin "./nodes.ts": export "noise": unknown key "rum"; did you mean "run"?`,
    ],
  },
  {
    what: "params that are no schema",
    plugin: "./nodes.ts",
    files: { "nodes.ts": node(["z.object({ std: z.number().min(0).default(0.1) })", "{ std: 0.1 }"]) },
    lines: [
      `${place}[G406]: plugin "./nodes.ts": export "noise": params is an object; write z.object({ … }) with the z of raegraph`,
    ],
  },
  {
    what: "a name that raegraph has",
    plugin: "./nodes.ts",
    files: { "nodes.ts": node(["my.noise", "flow.linear_path"]) },
    lines: [
      `${place}[G407]: plugin "./nodes.ts": node type "flow.linear_path" is already defined by raegraph itself`,
      'bad.yaml:5:18 error[G201]: node "noisy": unknown type "my.noise"',
    ],
  },
  {
    what: "a name that another plugin has",
    plugin: "./nodes.ts, ./more.ts",
    files: { "nodes.ts": node(), "more.ts": node() },
    lines: [`bad.yaml:2:23 error[G407]: plugin "./more.ts": node type "my.noise" is already defined by plugin "./nodes.ts"`],
  },
  {
    what: "an op that raegraph has",
    plugin: "./nodes.ts",
    files: {
      "nodes.ts": `import { defineOp } from "raegraph";\nexport const op = defineOp({ kernel: "Linear", inputs: ["x"], expand: ({ x }) => x, grad: () => ({}) });\n${node()}`,
    },
    lines: [`${place}[G406]: plugin "./nodes.ts": op "Linear" is already defined by raegraph itself; rename it`],
  },
  {
    what: "another version than the graph asks for",
    plugin: "./nodes.ts",
    files: { "nodes.ts": node(['note: "', 'version: 2,\n  note: "']) },
    type: "my.noise@1",
    lines: ['bad.yaml:5:18 error[G202]: node "noisy": version "1" of "my.noise" is asked for, version 2 is installed'],
  },
];
