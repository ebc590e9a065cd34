import type { Shader } from "../shader.js";
import { activationText } from "./activation-text.js";

/** What one product does besides a·b. */
export interface GemmForm {
  /** a is stored `[K,M]`; b is stored `[N,K]`. */
  readonly turnA: boolean;
  readonly turnB: boolean;
  /** The stored rows of a and b are multiples of four numbers, so four are loaded at once. */
  readonly wideA: boolean;
  readonly wideB: boolean;
  readonly bias: boolean;
  readonly activation: string;
  /** Tiles of a and b are kept as half floats; sums stay f32. */
  readonly half: boolean;
  /** Rows and columns of the output that one invocation computes. */
  readonly each: 4 | 8;
  /** Rows and columns of invocations in a workgroup, and numbers of the inner axis in workgroup memory at once. */
  readonly side: 8 | 16;
}

/**
 * c = a·b (+ bias, activation): each workgroup computes a tile of c, each invocation `each`·`each` numbers of it in registers. The third
 * axis of workgroups counts matrices of a batch (strides 0 repeat one), or parts of the inner axis whose results lie one after the other.
 */
export function gemmShader(form: GemmForm): Shader {
  const { turnA, turnB, wideA, wideB, bias, activation, half, each, side } = form;
  const tile = side * each;
  const type = half ? "f16" : "f32";
  const rows = Array.from({ length: each }, (_, i) => i);
  const quads = Array.from({ length: each / 4 }, (_, i) => i);
  const name = [
    "gemm", turnA ? "t" : "n", turnB ? "t" : "n", wideA ? 4 : 1, wideB ? 4 : 1, each, side, type, bias ? "bias" : "", activation,
  ].join("_"); // prettier-ignore
  const load = half ? (text: string) => `vec4f(${text})` : (text: string) => text;
  return {
    name,
    reads: [wideA ? "a: vec4f" : "a", wideB ? "b: vec4f" : "b", ...(bias ? ["bias"] : [])],
    writes: ["c"],
    numbers: ["M", "N", "K", "strideA", "strideB", "inner", "split"],
    f16: half,
    code: `${activationText}
var<workgroup> tile_a: array<${type}, ${side * tile}>;
var<workgroup> tile_b: array<vec4<${type}>, ${(side * tile) / 4}>;
${loader("a", turnA, wideA, tile, side, type)}
${loader("b", !turnB, wideB, tile, side, type)}
@compute @workgroup_size(${side}, ${side})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) id: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.y * ${tile}u;
  let column = group.x * ${tile}u;
  let part = select(group.z, 0u, u.split == 1u);
  let start = select(0u, group.z * u.inner, u.split == 1u);
  let end = min(u.K, start + u.inner);
${rows.flatMap((i) => quads.map((q) => `  var sum_${i}_${q} = vec4f();`)).join("\n")}
  for (var k = start; k < end; k += ${side}u) {
    load_a(part * u.strideA, row, k, end, lane);
    load_b(part * u.strideB, column, k, end, lane);
    workgroupBarrier();
    for (var i = 0u; i < ${side}u; i++) {
${quads.map((q) => `      let b_${q} = ${load(`tile_b[i * ${tile / 4}u + id.x * ${each / 4}u + ${q}u]`)};`).join("\n")}
${rows.map((i) => `      let a_${i} = f32(tile_a[i * ${tile}u + id.y * ${each}u + ${i}u]);`).join("\n")}
${rows.flatMap((i) => quads.map((q) => `      sum_${i}_${q} += a_${i} * b_${q};`)).join("\n")}
    }
    workgroupBarrier();
  }
  let out = group.z * u.M * u.N;
${rows.flatMap((i) => quads.map((q) => `  store(out, row + id.y * ${each}u + ${i}u, column + id.x * ${each}u + ${4 * q}u, sum_${i}_${q});`)).join("\n")}
}
fn store(out: u32, row: u32, column: u32, value: vec4f) {
  if (row >= u.M) { return; }
  for (var i = 0u; i < 4u; i++) {
    if (column + i < u.N) { c[out + row * u.N + column + i] = ${activation}(value[i]${bias ? " + bias[column + i]" : ""}); }
  }
}`,
  };
}

/**
 * WGSL that fills the tile of `a` (rows are those of c) or `b` (rows are c's columns), zeros beyond the edges. `byInner` says that the
 * inner axis comes first in memory, so that four numbers beside each other belong to four rows.
 */
function loader(name: "a" | "b", byInner: boolean, wide: boolean, tile: number, side: number, type: string): string {
  const outer = name === "a" ? "u.M" : "u.N";
  const value = wide
    ? `${name}[(base + ${byInner ? `kk * ${outer} + r` : "r * u.K + kk"}) / 4u]`
    : byInner
      ? `vec4f(${[0, 1, 2, 3].map((i) => `one_${name}(base, r + ${i}u, kk, end)`).join(", ")})`
      : `vec4f(${[0, 1, 2, 3].map((i) => `one_${name}(base, r, kk + ${i}u, end)`).join(", ")})`;
  const single = wide
    ? ""
    : `fn one_${name}(base: u32, r: u32, kk: u32, end: u32) -> f32 {
  if (r >= ${outer} || kk >= end) { return 0.0; }
  return ${name}[base + ${byInner ? `kk * ${outer} + r` : "r * u.K + kk"}];
}
`;
  const fits = wide ? `r < ${outer} && kk < end` : "true";
  const quads = (side * tile) / 4;
  // The tile lies by the inner axis; b's as vectors, which one invocation must write whole.
  const [r, kk] = byInner ? [`(i % ${tile / 4}u) * 4u`, `i / ${tile / 4}u`] : [`i % ${tile}u`, `(i / ${tile}u) * 4u`];
  if (byInner) {
    const store =
      name === "b"
        ? `tile_b[(i / ${tile / 4}u) * ${tile / 4}u + i % ${tile / 4}u] = vec4<${type}>(four);`
        : [0, 1, 2, 3].map((n) => `tile_a[(${kk}) * ${tile}u + ${r} + ${n}u] = ${type}(four[${n}]);`).join("\n    ");
    return `${single}fn load_${name}(base: u32, row: u32, k: u32, end: u32, lane: u32) {
  for (var i = lane; i < ${quads}u; i += ${side * side}u) {
    let r = row + ${r};
    let kk = k + ${kk};
    var four = vec4f();
    if (${fits}) { four = ${value}; }
    ${store}
  }
}`;
  }
  if (name === "a")
    return `${single}fn load_a(base: u32, row: u32, k: u32, end: u32, lane: u32) {
  for (var i = lane; i < ${quads}u; i += ${side * side}u) {
    let r = row + ${r};
    let kk = k + ${kk};
    var four = vec4f();
    if (${fits}) { four = ${value}; }
    ${[0, 1, 2, 3].map((n) => `tile_a[((${kk}) + ${n}u) * ${tile}u + ${r}] = ${type}(four[${n}]);`).join("\n    ")}
  }
}`;
  // Four columns by four numbers of the inner axis, turned in registers.
  return `${single}fn load_b(base: u32, row: u32, k: u32, end: u32, lane: u32) {
  for (var i = lane; i < ${quads / 4}u; i += ${side * side}u) {
    let first = row + (i % ${tile / 4}u) * 4u;
    let kk = k + (i / ${tile / 4}u) * 4u;
    var m = mat4x4f();
    for (var n = 0u; n < 4u; n++) {
      let r = first + n;
      if (${fits}) { m[n] = ${value}; }
    }
    let turned = transpose(m);
    for (var n = 0u; n < 4u; n++) { tile_b[((i / ${tile / 4}u) * 4u + n) * ${tile / 4}u + i % ${tile / 4}u] = vec4<${type}>(turned[n]); }
  }
}`;
}
