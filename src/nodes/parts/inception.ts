import type { Weights } from "../../core/define-node.js";
import type { WeightSpec } from "../../core/weight-spec.js";
import { tf } from "../../core/tensor.js";
import type { Tensor } from "../../core/tensor.js";
import { convolve, maxPool, meanPool } from "./convolve.js";
import type { Window } from "./convolve.js";
import { frozen } from "./weight-specs.js";

/** A convolution without bias, normalised by stored statistics, and ReLU: outputs, rows and columns of the window, how it moves. */
type Layer = readonly [name: string, outputs: number, kh: number, kw: number, window?: Window];
/** Layers one after the other; a list within holds branches that are laid side by side. */
type Chain = readonly (Layer | readonly Layer[])[];

/** A block: its branches side by side; `pool` comes before a chain. */
interface Block {
  readonly name: string;
  readonly branches: readonly { readonly pool?: "mean" | "last" | "halve"; readonly chain: Chain }[];
}

const same: Window = { pad: [1, 1] };
const halve: Window = { stride: 2 };
const wide = (name: string, outputs: number): Layer => [name, outputs, 1, 7, { pad: [0, 3] }];
const tall = (name: string, outputs: number): Layer => [name, outputs, 7, 1, { pad: [3, 0] }];

const blockA = (name: string, pooled: number): Block => ({
  name,
  branches: [
    { chain: [["branch1x1", 64, 1, 1]] },
    { chain: [["branch5x5_1", 48, 1, 1], ["branch5x5_2", 64, 5, 5, { pad: [2, 2] }]] }, // prettier-ignore
    { chain: [["branch3x3dbl_1", 64, 1, 1], ["branch3x3dbl_2", 96, 3, 3, same], ["branch3x3dbl_3", 96, 3, 3, same]] }, // prettier-ignore
    { pool: "mean", chain: [["branch_pool", pooled, 1, 1]] },
  ],
});

const blockC = (name: string, inner: number): Block => ({
  name,
  branches: [
    { chain: [["branch1x1", 192, 1, 1]] },
    { chain: [["branch7x7_1", inner, 1, 1], wide("branch7x7_2", inner), tall("branch7x7_3", 192)] },
    {
      chain: [
        ["branch7x7dbl_1", inner, 1, 1],
        tall("branch7x7dbl_2", inner),
        wide("branch7x7dbl_3", inner),
        tall("branch7x7dbl_4", inner),
        wide("branch7x7dbl_5", 192),
      ],
    },
    { pool: "mean", chain: [["branch_pool", 192, 1, 1]] },
  ],
});

const blockE = (name: string, pool: "mean" | "last"): Block => ({
  name,
  branches: [
    { chain: [["branch1x1", 320, 1, 1]] },
    { chain: [["branch3x3_1", 384, 1, 1], [["branch3x3_2a", 384, 1, 3, { pad: [0, 1] }], ["branch3x3_2b", 384, 3, 1, { pad: [1, 0] }]]] }, // prettier-ignore
    { chain: [["branch3x3dbl_1", 448, 1, 1], ["branch3x3dbl_2", 384, 3, 3, same], [["branch3x3dbl_3a", 384, 1, 3, { pad: [0, 1] }], ["branch3x3dbl_3b", 384, 3, 1, { pad: [1, 0] }]]] }, // prettier-ignore
    { pool, chain: [["branch_pool", 192, 1, 1]] },
  ],
});

/** The layers before the first block; a maximum pool stands after those named here. */
const stem: readonly Layer[] = [
  ["Conv2d_1a_3x3", 32, 3, 3, halve],
  ["Conv2d_2a_3x3", 32, 3, 3],
  ["Conv2d_2b_3x3", 64, 3, 3, same],
  ["Conv2d_3b_1x1", 80, 1, 1],
  ["Conv2d_4a_3x3", 192, 3, 3],
];
const pooledAfter = ["Conv2d_2b_3x3", "Conv2d_4a_3x3"];

const blocks: readonly Block[] = [
  blockA("Mixed_5b", 32),
  blockA("Mixed_5c", 64),
  blockA("Mixed_5d", 64),
  {
    name: "Mixed_6a",
    branches: [
      { chain: [["branch3x3", 384, 3, 3, halve]] },
      { chain: [["branch3x3dbl_1", 64, 1, 1], ["branch3x3dbl_2", 96, 3, 3, same], ["branch3x3dbl_3", 96, 3, 3, halve]] }, // prettier-ignore
      { pool: "halve", chain: [] },
    ],
  },
  blockC("Mixed_6b", 128),
  blockC("Mixed_6c", 160),
  blockC("Mixed_6d", 160),
  blockC("Mixed_6e", 192),
  {
    name: "Mixed_7a",
    branches: [
      {
        chain: [
          ["branch3x3_1", 192, 1, 1],
          ["branch3x3_2", 320, 3, 3, halve],
        ],
      },
      { chain: [["branch7x7x3_1", 192, 1, 1], wide("branch7x7x3_2", 192), tall("branch7x7x3_3", 192), ["branch7x7x3_4", 192, 3, 3, halve]] }, // prettier-ignore
      { pool: "halve", chain: [] },
    ],
  },
  blockE("Mixed_7b", "mean"),
  blockE("Mixed_7c", "last"),
];

/** The block whose first branch gives the features of the sFID, and how many of its channels. */
const [spatialBlock, spatialChannels] = ["Mixed_6d", 7] as const;

/** All weights of Inception-v3 but its auxiliary head, under torchvision's names; none is trained. */
export function inceptionSpecs(classes: number): WeightSpec[] {
  const specs: WeightSpec[] = [];
  /** Adds a layer's weights; gives its outputs. */
  const add = (prefix: string, [name, outputs, kh, kw]: Layer, inputs: number): number => {
    const norm = (part: string, kind: "zeros" | "ones"): WeightSpec => frozen(`${prefix}${name}.bn.${part}`, [outputs], { kind });
    const std = Math.sqrt(2 / (inputs * kh * kw));
    specs.push(
      frozen(`${prefix}${name}.conv.weight`, [outputs, inputs, kh, kw], { kind: "normal", std }),
      norm("weight", "ones"),
      norm("bias", "zeros"),
      norm("running_mean", "zeros"),
      norm("running_var", "ones"),
    );
    return outputs;
  };
  const isLayer = (part: Chain[number]): part is Layer => typeof part[0] === "string";
  let channels = stem.reduce((inputs, layer) => add("", layer, inputs), 3);
  for (const { name, branches } of blocks)
    channels = branches.reduce(
      (sum, { chain }) =>
        sum +
        chain.reduce(
          (inputs, part) =>
            isLayer(part) ? add(`${name}.`, part, inputs) : part.reduce((all, layer) => all + add(`${name}.`, layer, inputs), 0),
          channels,
        ),
      0,
    );
  return [
    ...specs,
    frozen("fc.weight", [classes, channels], { kind: "normal", std: 0.01 }),
    frozen("fc.bias", [classes], { kind: "zeros" }),
  ];
}

/** Features `[B,2048]` of images that are scaled as the network wants them, and those of the sFID, flat. */
export function inceptionFeatures(
  weights: Weights,
  image: Tensor,
  variant: "tensorflow" | "torchvision",
): { features: Tensor; spatial: Tensor } {
  const run = (prefix: string, [name, , , , window]: Layer, x: Tensor): Tensor => convolved(weights, prefix + name, x, window);
  const isLayer = (part: Chain[number]): part is Layer => typeof part[0] === "string";
  const pool = (x: Tensor, kind: "mean" | "last" | "halve" | undefined): Tensor => {
    if (kind === undefined) return x;
    if (kind === "halve") return maxPool(x, 3, halve);
    if (kind === "last" && variant === "tensorflow") return maxPool(x, 3, same);
    return meanPool(x, variant === "tensorflow" ? "left out" : "counted");
  };
  let x = image;
  for (const layer of stem) {
    x = run("", layer, x);
    if (pooledAfter.includes(layer[0])) x = maxPool(x, 3, halve);
  }
  let spatial = x;
  for (const { name, branches } of blocks) {
    const made = branches.map(({ pool: kind, chain }) =>
      chain.reduce(
        (y, part) =>
          isLayer(part)
            ? run(`${name}.`, part, y)
            : tf.concat(
                part.map((layer) => run(`${name}.`, layer, y)),
                3,
              ),
        pool(x, kind),
      ),
    );
    const [first] = made;
    if (name === spatialBlock && first) spatial = tf.slice(first, [0, 0, 0, 0], [-1, -1, -1, spatialChannels]);
    x = tf.concat(made, 3);
  }
  return { features: tf.mean(x, [1, 2]), spatial: tf.reshape(spatial, [image.shape[0] ?? 0, -1]) };
}

/** Stored statistics become part of the convolution: γ/√(σ² + 0.001) scales its weight, β − μ·scale is its bias. */
function convolved(weights: Weights, name: string, x: Tensor, window: Window | undefined): Tensor {
  const of = (part: string): Tensor => weights(`${name}.bn.${part}`);
  const scale = tf.div(of("weight"), tf.sqrt(tf.add(of("running_var"), 1e-3)));
  const weight = tf.mul(weights(`${name}.conv.weight`), tf.reshape(scale, [-1, 1, 1, 1]));
  return tf.relu(convolve(x, weight, tf.sub(of("bias"), tf.mul(of("running_mean"), scale)), window));
}
