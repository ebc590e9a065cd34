import type { Issue, Launcher } from "../issue.js";
import { f32, floats, i32, i64, pointer } from "../numbers.js";
import type { DeviceNumbers } from "../numbers.js";
import { Arguments, blocksFor } from "./arguments.js";
import { reduceTo } from "./reduce.js";

/** Norms, modulation, gate, SwiGLU and the loss: cu/norm.cu and cu/condition.cu. */
export const conditionLaunchers: Readonly<Record<string, Launcher>> = {
  rmsNorm(issue, args) {
    const a = new Arguments("rmsNorm", args);
    const [y, x, weight] = [a.numbers(), a.numbers(), a.numbers()];
    norm(issue, y, x, weight, null, a.all(3), 0);
  },
  layerNorm(issue, args) {
    const a = new Arguments("layerNorm", args);
    const [y, x, weight, bias] = [a.numbers(), a.numbers(), a.maybe(), a.maybe()];
    norm(issue, y, x, weight, bias, a.all(3), 1);
  },
  rmsNormGrad(issue, args) {
    const a = new Arguments("rmsNormGrad", args);
    const [dx, dweight, dy, x, weight] = [a.numbers(), a.numbers(), a.numbers(), a.numbers(), a.numbers()];
    normGrad(issue, dx, dweight, null, dy, x, weight, a.all(3), 0);
  },
  layerNormGrad(issue, args) {
    const a = new Arguments("layerNormGrad", args);
    const [dx, dweight, dbias, dy, x, weight] = [a.numbers(), a.maybe(), a.maybe(), a.numbers(), a.numbers(), a.maybe()];
    normGrad(issue, dx, dweight, dbias, dy, x, weight, a.all(3), 1);
  },
  modulate(issue, args) {
    const a = new Arguments("modulate", args);
    const [y, x, scale, shift] = [a.numbers(), a.numbers(), a.numbers(), a.maybe()];
    const [B = 0, N = 0, D = 0, T = 0] = a.all();
    overTokens(issue, "modulate", [floats(y), floats(x), floats(scale), floats(shift)], B, N, D, T);
  },
  gate(issue, args) {
    const a = new Arguments("gate", args);
    const [y, x, z, gate] = [a.numbers(), a.numbers(), a.numbers(), a.numbers()];
    const [B = 0, N = 0, D = 0, T = 0] = a.all();
    overTokens(issue, "gate", [floats(y), floats(x), floats(z), floats(gate)], B, N, D, T);
  },
  modulateGrad(issue, args) {
    const a = new Arguments("modulateGrad", args);
    const [dx, dscale, dshift, dy, x, scale] = [a.numbers(), a.numbers(), a.maybe(), a.numbers(), a.numbers(), a.numbers()];
    conditionGrad(issue, dx, dscale, dshift, dy, x, scale, 1, a.all());
  },
  gateGrad(issue, args) {
    const a = new Arguments("gateGrad", args);
    const [pull, dgate, dout, y, gate] = [a.numbers(), a.numbers(), a.numbers(), a.numbers(), a.numbers()];
    conditionGrad(issue, pull, dgate, null, dout, y, gate, 0, a.all());
  },
  swiglu(issue, args) {
    const a = new Arguments("swiglu", args);
    const [y, u, rows, m] = [a.numbers(), a.numbers(), a.number(), a.number()];
    const n = rows * m;
    const grid = [blocksFor(n, 4, issue.multiprocessors)] as const;
    if (n > 0) issue.launch("condition", "swiglu", grid, [floats(y), floats(u), i64(n), i32(m)]);
  },
  swigluGrad(issue, args) {
    const a = new Arguments("swigluGrad", args);
    const [du, dy, u, rows, m] = [a.numbers(), a.numbers(), a.numbers(), a.number(), a.number()];
    const n = rows * m;
    const grid = [blocksFor(n, 4, issue.multiprocessors)] as const;
    if (n > 0) issue.launch("condition", "swigluGrad", grid, [floats(du), floats(dy), floats(u), i64(n), i32(m)]);
  },
  velocityLoss(issue, args) {
    const a = new Arguments("velocityLoss", args);
    const [loss, p, t, n] = [a.numbers(), a.numbers(), a.numbers(), a.number()];
    const blocks = Math.min(1024, Math.ceil(n / 4096));
    const parts = issue.scratch(4 * blocks);
    issue.launch("condition", "lossParts", [blocks], [i64(parts), floats(p), floats(t), i64(n)]);
    issue.launch("condition", "lossSum", [1], [pointer(loss), i64(parts), i32(blocks), f32(1 / n)]);
  },
  velocityLossGrad(issue, args) {
    const a = new Arguments("velocityLossGrad", args);
    const [dp, dt, dy, p, t, n] = [a.numbers(), a.numbers(), a.numbers(), a.numbers(), a.numbers(), a.number()];
    const list = [floats(dp), floats(dt), pointer(dy), floats(p), floats(t), i64(n), f32(2 / n)];
    issue.launch("condition", "lossGrad", [blocksFor(n, 4, issue.multiprocessors)], list);
  },
};

function norm(
  issue: Issue,
  y: DeviceNumbers,
  x: DeviceNumbers,
  weight: DeviceNumbers | null,
  bias: DeviceNumbers | null,
  [rows = 0, width = 0, epsilon = 0]: readonly number[],
  centred: 0 | 1,
): void {
  const list = [floats(y), floats(x), pointer(weight), pointer(bias), i32(rows), i32(width), f32(epsilon), i32(centred)];
  issue.launch("norm", "normRows", [Math.ceil(rows / 8)], list);
}

function normGrad(
  issue: Issue,
  dx: DeviceNumbers,
  dweight: DeviceNumbers | null,
  dbias: DeviceNumbers | null,
  dy: DeviceNumbers,
  x: DeviceNumbers,
  weight: DeviceNumbers | null,
  [rows = 0, width = 0, epsilon = 0]: readonly number[],
  centred: 0 | 1,
): void {
  const sums = dweight ?? dbias;
  const spreads = sums ? issue.scratch(8 * rows) : 0;
  const shape = [i32(rows), i32(width)];
  const given = [floats(dy), floats(x)];
  issue.launch(
    "norm",
    "normGrad",
    [Math.ceil(rows / 8)],
    [floats(dx), i64(spreads), ...given, pointer(weight), ...shape, f32(epsilon), i32(centred)],
  );
  if (!sums || rows === 0) {
    for (const none of [dweight, dbias]) if (none) issue.fill(none.buffer.address, 0, none.length);
    return;
  }
  const pieces = Math.max(1, Math.min(128, Math.floor(rows / 64)));
  const gains = issue.scratch(4 * pieces * width);
  const shifts = dbias ? issue.scratch(4 * pieces * width) : 0;
  const list = [i64(gains), i64(shifts), i64(spreads), ...given, ...shape, i32(pieces)];
  issue.launch("norm", "normWeightGrad", [Math.ceil(width / 32), pieces], list);
  if (dweight) reduceTo(issue, dweight.buffer.address, { address: gains, half: false }, 0, 1, pieces, width, 1);
  if (dbias) reduceTo(issue, dbias.buffer.address, { address: shifts, half: false }, 0, 1, pieces, width, 1);
}

function overTokens(
  issue: Issue,
  name: string,
  given: Parameters<Issue["launch"]>[3],
  B: number,
  N: number,
  D: number,
  T: number,
): void {
  const n = B * N * D;
  const list = [...given, i64(n), i32(N), i32(D), i32(T)];
  if (n > 0) issue.launch("condition", name, [blocksFor(n, 4, issue.multiprocessors)], list);
}

function conditionGrad(
  issue: Issue,
  dx: DeviceNumbers,
  dfactor: DeviceNumbers,
  dshift: DeviceNumbers | null,
  dy: DeviceNumbers,
  x: DeviceNumbers,
  factor: DeviceNumbers,
  one: 0 | 1,
  [B = 0, N = 0, D = 0, T = 0]: readonly number[],
): void {
  const given = [floats(dx), pointer(dfactor), pointer(dshift), floats(dy), floats(x), floats(factor), f32(one)];
  const n = B * N * D;
  if (T !== 1) {
    if (n > 0) issue.launch("condition", "conditionGradEach", [blocksFor(n, 4, issue.multiprocessors)], [...given, i64(n)]);
    return;
  }
  const columns = D % 4 === 0 ? 128 : 32;
  issue.launch("condition", "conditionGrad", [Math.ceil(D / columns), B], [...given, i32(N), i32(D)]);
}
