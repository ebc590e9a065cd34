/** How the numbers of an input are drawn; "normal" where nothing is said. */
type Kind = "normal" | "special" | "index" | "bool";

/** One input of a kernel; `below` bounds an index. */
export interface KernelInput {
  readonly shape: readonly number[];
  readonly kind?: Kind;
  readonly below?: number;
}

/** A kernel call on which a backend must agree with tfjs's plain loops. */
export interface KernelCase {
  readonly kernel: string;
  /** By name; a list for kernels that take any number. */
  readonly inputs: Readonly<Record<string, KernelInput>> | readonly KernelInput[];
  readonly attrs: Readonly<Record<string, unknown>>;
  /** How many products one result adds up: the error grows with its root. */
  readonly terms?: number;
}

const of = (...shape: number[]): KernelInput => ({ shape });
const special = (...shape: number[]): KernelInput => ({ shape, kind: "special" });
const truth = (...shape: number[]): KernelInput => ({ shape, kind: "bool" });
const index = (below: number, ...shape: number[]): KernelInput => ({ shape, kind: "index", below });

const pairs: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[1], [1]],
  [[3, 5, 7], [3, 5, 7]],
  [[3, 5, 7], []],
  [[3, 1, 7], [3, 5, 1]],
  [[33001], [1]],
]; // prettier-ignore

const comparisons = ["Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual"];

const compared: readonly KernelCase[] = [
  ...comparisons.flatMap((kernel): KernelCase[] => [
    ...pairs.map(([a, b]) => ({ kernel, inputs: { a: special(...a), b: special(...b) }, attrs: {} })),
    { kernel, inputs: { a: index(3, 5, 7), b: index(3, 7) }, attrs: {} },
  ]),
  ...["LogicalAnd", "LogicalOr"].flatMap((kernel) =>
    pairs.map(([a, b]): KernelCase => ({ kernel, inputs: { a: truth(...a), b: truth(...b) }, attrs: {} })),
  ),
  { kernel: "LogicalNot", inputs: { x: truth(3, 67) }, attrs: {} },
  { kernel: "Select", inputs: { condition: truth(3, 67), t: special(3, 67), e: of(3, 67) }, attrs: {} },
  { kernel: "Select", inputs: { condition: truth(17), t: index(9, 17), e: index(5, 17) }, attrs: {} },
  { kernel: "Select", inputs: { condition: truth(3), t: of(3, 4), e: of(3, 4) }, attrs: {} },
];

const mapped: readonly KernelCase[] = [
  ...[of(1), of(1009), special(41)].flatMap((x): KernelCase[] => [
    { kernel: "Elu", inputs: { x }, attrs: {} },
    ...["Sign", "Floor", "Round", "Softplus"].map((kernel) => ({ kernel, inputs: { x }, attrs: {} })),
    { kernel: "LeakyRelu", inputs: { x }, attrs: { alpha: 0.2 } },
    { kernel: "Step", inputs: { x }, attrs: { alpha: 0.25 } },
    { kernel: "ClipByValue", inputs: { x }, attrs: { clipValueMin: -0.5, clipValueMax: 0.75 } },
    { kernel: "ClipByValue", inputs: { x }, attrs: { clipValueMin: -Infinity, clipValueMax: 0.75 } },
    { kernel: "EluGrad", inputs: { dy: of(...x.shape), y: x }, attrs: {} },
    { kernel: "ZerosLike", inputs: { x }, attrs: {} },
  ]),
  ...pairs.map(([a, b]): KernelCase => ({ kernel: "Pow", inputs: { a: special(...a), b: special(...b) }, attrs: {} })),
  { kernel: "ZerosLike", inputs: { x: index(5, 3, 7) }, attrs: {} },
];

const moved: readonly KernelCase[] = [
  ...[0, 1, 2, -1].flatMap((axis): KernelCase[] => [
    { kernel: "Pack", inputs: [of(3, 5), special(3, 5), of(3, 5)], attrs: { axis } },
    { kernel: "Unpack", inputs: { value: of(3, 5, 7) }, attrs: { axis } },
    { kernel: "Reverse", inputs: { x: special(3, 5, 7) }, attrs: { dims: [axis] } },
  ]),
  { kernel: "Pack", inputs: [of(5)], attrs: { axis: 0 } },
  { kernel: "Unpack", inputs: { value: index(9, 1, 1) }, attrs: { axis: 0 } },
  { kernel: "Reverse", inputs: { x: index(9, 2, 3, 2, 2) }, attrs: { dims: [1, 3] } },
  { kernel: "Reverse", inputs: { x: of(2, 3, 1, 2, 2, 3) }, attrs: { dims: [0, 1, 2, 3, 4, 5] } },
  { kernel: "DepthToSpace", inputs: { x: of(2, 3, 5, 12) }, attrs: { blockSize: 2, dataFormat: "NHWC" } },
  { kernel: "DepthToSpace", inputs: { x: of(1, 1, 1, 9) }, attrs: { blockSize: 3, dataFormat: "NHWC" } },
  { kernel: "OneHot", inputs: { indices: index(7, 3, 5) }, attrs: { depth: 5, onValue: 2, offValue: -1, dtype: "int32" } },
  { kernel: "OneHot", inputs: { indices: index(7, 23) }, attrs: { depth: 7, onValue: 0.5, offValue: 0, dtype: "float32" } },
  ...[0, 1, 2].flatMap((axis) =>
    [[false, false], [true, false], [false, true], [true, true]].map(
      ([exclusive, reverse]): KernelCase => ({
        kernel: "Cumsum", inputs: { x: of(3, 5, 7) }, attrs: { axis, exclusive, reverse }, terms: 7,
      }),
    ),
  ),
]; // prettier-ignore

interface Slide {
  readonly x: readonly [number, number, number, number];
  readonly filter: readonly [number, number, number];
  readonly strides: readonly [number, number];
  readonly pad: unknown;
  readonly dilations?: readonly [number, number];
}

/** The last one has more rows than one band of cc/kern/image.h. */
const slides: readonly Slide[] = [
  { x: [1, 1, 1, 1], filter: [1, 1, 1], strides: [1, 1], pad: "valid" },
  { x: [2, 7, 5, 3], filter: [3, 3, 5], strides: [1, 1], pad: "same" },
  { x: [2, 7, 5, 3], filter: [3, 2, 17], strides: [2, 1], pad: "valid" },
  { x: [1, 8, 9, 4], filter: [2, 3, 1], strides: [3, 2], pad: 1 },
  { x: [1, 9, 11, 2], filter: [3, 3, 7], strides: [1, 1], pad: "same", dilations: [2, 3] },
  { x: [3, 6, 6, 1], filter: [4, 4, 2], strides: [2, 2], pad: [[0, 0], [2, 1], [0, 3], [0, 0]] },
  { x: [1, 40, 40, 31], filter: [5, 5, 1], strides: [1, 1], pad: "same" },
]; // prettier-ignore

function outSize(size: number, filter: number, stride: number, dilation: number, before: number): number {
  return Math.floor((size + before - (filter - 1) * dilation - 1) / stride) + 1;
}

/** The output's height and width, so that the gradients' `dy` fits. */
function outOf({ x, filter, strides, pad, dilations = [1, 1] }: Slide): readonly [number, number] {
  const along = (axis: 0 | 1): number => {
    const [size, step] = [x[axis + 1] as number, strides[axis]];
    if (pad === "same") return Math.ceil(size / step);
    const sides = Array.isArray(pad) ? (pad[axis + 1] as [number, number]) : [pad, pad];
    const around = pad === "valid" ? 0 : Number(sides[0]) + Number(sides[1]);
    return outSize(size, filter[axis], step, dilations[axis], around);
  };
  return [along(0), along(1)];
}

const convolved: readonly KernelCase[] = slides.flatMap((slide) => {
  const { x, filter: [height, width, outputs], strides, pad, dilations = [1, 1] } = slide;
  const attrs = { strides, pad, dilations, dataFormat: "NHWC" };
  const [image, taps, dy] = [of(...x), of(height, width, x[3], outputs), of(x[0], ...outOf(slide), outputs)];
  const forward = { kernel: "Conv2D", inputs: { x: image, filter: taps }, attrs, terms: height * width * x[3] };
  const backward = [
    { kernel: "Conv2DBackpropFilter", inputs: { x: image, dy }, attrs: { ...attrs, filterShape: taps.shape }, terms: x[1] * x[2] * x[0] },
    { kernel: "Conv2DBackpropInput", inputs: { dy, filter: taps }, attrs: { ...attrs, inputShape: x }, terms: height * width * outputs },
  ];
  // tfjs has no gradient for dilations.
  return dilations.every((step) => step === 1) ? [forward, ...backward] : [forward];
}); // prettier-ignore

const pooled: readonly KernelCase[] = slides
  .filter(({ dilations }) => !dilations)
  .flatMap((slide): KernelCase[] => {
    const attrs = { filterSize: slide.filter.slice(0, 2), strides: slide.strides, pad: slide.pad };
    const dy = of(slide.x[0], ...outOf(slide), slide.x[3]);
    return [
      { kernel: "AvgPool", inputs: { x: of(...slide.x) }, attrs, terms: 9 },
      { kernel: "AvgPoolGrad", inputs: { dy, input: of(...slide.x) }, attrs, terms: 9 },
    ];
  });

const resized: readonly KernelCase[] = [
  [[2, 5, 7, 3], [11, 13]],
  [[1, 9, 9, 4], [3, 3]],
  [[1, 1, 1, 1], [4, 2]],
  [[2, 6, 6, 17], [6, 1]],
].flatMap(([x = [], size = []]): KernelCase[] =>
  [[false, false], [true, false], [false, true]].flatMap(([alignCorners, halfPixelCenters]): KernelCase[] => {
    const attrs = { size, alignCorners, halfPixelCenters };
    const [batch = 0, height = 0, width = 0, channels = 0] = x;
    const forward = { kernel: "ResizeBilinear", inputs: { images: of(...x) }, attrs };
    const dy = of(batch, size[0] ?? 0, size[1] ?? 0, channels);
    // tfjs names the sides of its gradient in the wrong order.
    return height === width
      ? [forward, { kernel: "ResizeBilinearGrad", inputs: { images: of(...x), dy }, attrs, terms: 16 }]
      : [forward];
  }),
); // prettier-ignore

const summed: readonly KernelCase[] = (
  [
    ["ij,jk->ik", [3, 5], [5, 7]],
    ["bij,bkj->bik", [2, 3, 5], [2, 4, 5]],
    ["bhqd,bkhd->bqhk", [2, 3, 4, 5], [2, 6, 3, 5]],
    ["ji,jk->ki", [5, 3], [5, 7]],
    ["i,j->ij", [3], [5]],
    ["i,i->", [7], [7]],
    ["ij,->j", [3, 5], []],
    ["ij,ij->ij", [3, 5], [3, 5]],
    ["ijk->kj", [3, 5, 7]],
    ["ij->", [3, 5]],
    ["ij->ij", [3, 5]],
  ] as const
).map(([equation, ...shapes]) => ({
  kernel: "Einsum",
  inputs: shapes.map((shape) => of(...shape)),
  attrs: { equation },
  terms: 40,
}));

/** Every base kernel that native added to tfjs's after the first ones; those are in kernels.test.ts. */
export const baseCases: readonly KernelCase[] = [
  ...compared,
  ...mapped,
  ...moved,
  ...convolved,
  ...pooled,
  ...resized,
  ...summed,
];
