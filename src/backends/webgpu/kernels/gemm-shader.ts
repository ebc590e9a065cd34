import type { Shader } from "../shader.js";
import { activationText } from "./activation-text.js";
import { loader } from "./gemm-loader.js";

/** What one product does besides a·b. */
export interface ProductForm {
  /** a is stored `[K,M]`; b is stored `[N,K]`. */
  readonly turnA: boolean;
  readonly turnB: boolean;
  /** The stored rows of a and b are multiples of four numbers, so four are loaded at once. */
  readonly wideA: boolean;
  readonly wideB: boolean;
  readonly bias: boolean;
  readonly activation: string;
  /** a is multiplied by a scale while it is a half float, and c divided by it. */
  readonly scaled: boolean;
}

/** A product, and the tiles by which it is computed. */
export interface GemmForm extends ProductForm {
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
  const { turnA, turnB, wideA, wideB, bias, activation, scaled, half, each, side } = form;
  const tile = side * each;
  const type = half ? "f16" : "f32";
  const rows = Array.from({ length: each }, (_, i) => i);
  const quads = Array.from({ length: each / 4 }, (_, i) => i);
  const cells = rows.flatMap((i) => quads.map((q) => `${i}_${q}`));
  // Sums of sums round less; with 64 numbers an invocation has no registers left for them.
  const apart = each === 4;
  const sizes = { tile, step: side, lanes: side * side, type } as const;
  const name = [
    "gemm", turnA ? "t" : "n", turnB ? "t" : "n", wideA ? 4 : 1, wideB ? 4 : 1, each, side, type, bias ? "bias" : "", scaled ? "scaled" : "", activation,
  ].join("_"); // prettier-ignore
  const load = half ? (text: string) => `vec4f(${text})` : (text: string) => text;
  return {
    name,
    ...gemmBindings(form),
    directives: half ? ["enable f16;"] : [],
    code: `${activationText}
var<workgroup> tile_a: array<${type}, ${side * tile}>;
var<workgroup> tile_b: array<vec4<${type}>, ${(side * tile) / 4}>;
${scaled ? factorText : ""}
${loader({ name: "a", byInner: turnA, wide: wideA, scaled, ...sizes })}
${loader({ name: "b", byInner: !turnB, wide: wideB, ...sizes, vectors: true })}
@compute @workgroup_size(${side}, ${side})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) id: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.y * ${tile}u;
  let column = group.x * ${tile}u;
${gemmRange}${scaled ? readFactor : ""}
${cells.map((cell) => `  var sum_${cell} = vec4f();`).join("\n")}
  for (var k = start; k < end; k += ${side}u) {
    load_a(part * u.strideA, row, k, end, lane);
    load_b(part * u.strideB, column, k, end, lane);
    workgroupBarrier();
${apart ? cells.map((cell) => `    var near_${cell} = vec4f();`).join("\n") : ""}
    for (var i = 0u; i < ${side}u; i++) {
${quads.map((q) => `      let b_${q} = ${load(`tile_b[i * ${tile / 4}u + id.x * ${each / 4}u + ${q}u]`)};`).join("\n")}
${rows.map((i) => `      let a_${i} = f32(tile_a[i * ${tile}u + id.y * ${each}u + ${i}u]);`).join("\n")}
${rows.flatMap((i) => quads.map((q) => `      ${apart ? "near" : "sum"}_${i}_${q} += a_${i} * b_${q};`)).join("\n")}
    }
${apart ? cells.map((cell) => `    sum_${cell} += near_${cell};`).join("\n") : ""}
    workgroupBarrier();
  }
${rows.flatMap((i) => quads.map((q) => `  store(out, row + id.y * ${each}u + ${i}u, column + id.x * ${each}u + ${4 * q}u, sum_${i}_${q});`)).join("\n")}
}
fn store(out: u32, row: u32, column: u32, value: vec4f) {
  if (row >= u.M) { return; }
  for (var i = 0u; i < 4u; i++) {
    if (column + i < u.N) { c[out + row * u.N + column + i] = ${activation}(value[i]${scaled ? " / factor" : ""}${bias ? " + bias[column + i]" : ""}); }
  }
}`,
  };
}

/** What every product reads, writes and is told. */
export function gemmBindings({ wideA, wideB, bias, scaled }: ProductForm): Pick<Shader, "reads" | "writes" | "numbers"> {
  return {
    reads: [wideA ? "a: vec4f" : "a", wideB ? "b: vec4f" : "b", ...(bias ? ["bias"] : []), ...(scaled ? ["scale"] : [])],
    writes: ["c"],
    numbers: ["M", "N", "K", "strideA", "strideB", "inner", "split"],
  };
}

/** WGSL at the head of `main`: the batch's matrix `part`, the part `start` to `end` of the inner axis, where the result begins. */
export const gemmRange = `  let part = select(group.z, 0u, u.split == 1u);
  let start = select(0u, group.z * u.inner, u.split == 1u);
  let end = min(u.K, start + u.inner);
  let out = group.z * u.M * u.N;`;

/** WGSL: the scale of a, once `readFactor` has read it. */
export const factorText = "var<private> factor: f32;";
export const readFactor = "\n  factor = scale[0];";
