import type { Issue, Launcher } from "../issue.js";
import { f64, i32, i64, packed, pointer } from "../numbers.js";
import { Arguments, blocksFor } from "./arguments.js";

/** Convolution, pooling and resizing: cu/image.cu. */
export const imageLaunchers: Readonly<Record<string, Launcher>> = {
  conv2d: sliding("conv2d", 3),
  conv2dInputGrad: sliding("conv2dInputGrad", 3),
  avgPool: sliding("avgPool", 2),
  avgPoolGrad: sliding("avgPoolGrad", 2),
  conv2dFilterGrad(issue, args) {
    const a = new Arguments("conv2dFilterGrad", args);
    const [dfilter, x, dy] = [a.numbers(), a.numbers(), a.numbers()];
    issue.launch("image", "conv2dFilterGrad", [dfilter.length], [pointer(dfilter), pointer(x), pointer(dy), packed(a.all(15))]);
  },
  resize(issue, args) {
    const a = new Arguments("resize", args);
    const [y, x] = [a.numbers(), a.numbers()];
    scaled(issue, "resize", [pointer(y), pointer(x)], a.all(), y.length);
  },
  resizeGrad(issue, args) {
    const a = new Arguments("resizeGrad", args);
    const [dx, dy] = [a.numbers(), a.numbers()];
    const sizes = a.all();
    if (dx.length > 0) issue.fill(dx.buffer.address, 0, dx.length);
    scaled(issue, "resizeGrad", [pointer(dx), pointer(dy)], sizes, (sizes[0] ?? 0) * (sizes[3] ?? 0));
  },
  resizeNearest: nearest("resizeNearest"),
  resizeNearestGrad: nearest("resizeNearestGrad"),
};

/** A kernel of so many arrays, the result first, and a window. */
function sliding(name: string, arrays: number): Launcher {
  return (issue, args) => {
    const a = new Arguments(name, args);
    const given = Array.from({ length: arrays }, () => a.numbers());
    const n = given[0]?.length ?? 0;
    const list = [...given.map(pointer), packed(a.all(15)), i64(n)];
    if (n > 0) issue.launch("image", name, [blocksFor(n, 1, issue.multiprocessors)], list);
  };
}

/** A kernel of two images, the result first, a thread a number of it. */
function nearest(name: string): Launcher {
  return (issue, args) => {
    const a = new Arguments(name, args);
    const [to, from] = [a.numbers(), a.numbers()];
    scaled(issue, name, [pointer(to), pointer(from)], a.all(), to.length);
  };
}

/** Sizes and scales as `resizing` of shared/kernels/image.ts gives them, with more flags behind. */
function scaled(issue: Issue, name: string, arrays: Parameters<Issue["launch"]>[3], sizes: readonly number[], n: number): void {
  const [, H = 0, W = 0, C = 0, outH = 0, outW = 0, scaleH = 0, scaleW = 0, ...flags] = sizes;
  const list = [...arrays, i32(H), i32(W), i32(C), i32(outH), i32(outW), f64(scaleH), f64(scaleW), ...flags.map(i32), i64(n)];
  if (n > 0) issue.launch("image", name, [blocksFor(n, 1, issue.multiprocessors)], list);
}
