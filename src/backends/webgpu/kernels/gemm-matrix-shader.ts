import type { Shader } from "../shader.js";
import { activationText } from "./activation-text.js";
import { loader } from "./gemm-loader.js";
import { factorText, gemmBindings, gemmRange, readFactor } from "./gemm-shader.js";
import type { ProductForm } from "./gemm-shader.js";

/** A product that a subgroup does as one operation: `[M,K]` half floats times `[K,N]`, added to `[M,N]` single ones. */
export interface MatrixUnit {
  readonly M: number;
  readonly N: number;
  readonly K: number;
  /** Invocations of a subgroup. */
  readonly lanes: number;
}

/** A product by matrix units, and its tiles. */
export interface MatrixForm extends ProductForm {
  readonly unit: MatrixUnit;
  /** Rows and columns of c that one of the four subgroups computes: multiples of the unit's. */
  readonly block: number;
  /** Numbers of the inner axis in workgroup memory at once: a multiple of the unit's. */
  readonly step: number;
}

const subgroups = 4;

/** Rows and columns of c that a workgroup computes. */
export function matrixTile({ block }: Pick<MatrixForm, "block">): number {
  return 2 * block;
}

/**
 * The same product as `gemmShader` by the matrix units of a GPU (WebGPU's experimental subgroup matrices): four subgroups, two by two,
 * each with the sums of a block of c in its units; tiles of a and b as half floats in workgroup memory. Results go through workgroup
 * memory one unit at a time, for bias, activation and edges.
 */
export function matrixGemmShader(form: MatrixForm): Shader {
  const { turnA, turnB, wideA, wideB, bias, activation, scaled, unit, block, step } = form;
  const { M, N, K, lanes } = unit;
  const tile = matrixTile(form);
  const [rows, columns] = [count(block / M), count(block / N)];
  const sizes = { tile, step, lanes: subgroups * lanes, type: "f16" } as const;
  const cells = rows.flatMap((i) => columns.map((j) => [i, j] as const));
  return {
    name: ["gemm_matrix", turnA ? "t" : "n", turnB ? "t" : "n", wideA ? 4 : 1, wideB ? 4 : 1, M, N, K, lanes, block, step, bias ? "bias" : "", scaled ? "scaled" : "", activation].join("_"),
    ...gemmBindings(form),
    directives: [
      "enable f16;",
      "enable chromium_experimental_subgroup_matrix;",
      // What is the same throughout a subgroup counts as if it might differ.
      "diagnostic(off, chromium.subgroup_matrix_uniformity);",
    ],
    code: `${activationText}
var<workgroup> tile_a: array<f16, ${step * tile}>;
var<workgroup> tile_b: array<f16, ${step * tile}>;
var<workgroup> results: array<f32, ${subgroups * M * N}>;
// The invocation's place within its subgroup.
var<private> within: u32;
${unitText(form)}
${scaled ? factorText : ""}
${loader({ name: "a", byInner: turnA, wide: wideA, scaled, ...sizes })}
${loader({ name: "b", byInner: !turnB, wide: wideB, ...sizes })}
@compute @workgroup_size(${subgroups * lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = group.y * ${tile}u;
  let column = group.x * ${tile}u;
${gemmRange}${scaled ? readFactor : ""}
  within = lane % ${lanes}u;
  let subgroup = lane / ${lanes}u;
  let own_row = (subgroup / 2u) * ${block}u;
  let own_column = (subgroup % 2u) * ${block}u;
${cells.map(([i, j]) => `  var sum_${i}_${j} = Result();`).join("\n")}
  for (var k = start; k < end; k += ${step}u) {
    load_a(part * u.strideA, row, k, end, lane);
    load_b(part * u.strideB, column, k, end, lane);
    workgroupBarrier();
    for (var i = 0u; i < ${step}u; i += ${K}u) {
${rows.map((i) => `      let a_${i} = left(i * ${tile}u + own_row + ${i * M}u);`).join("\n")}
${columns.map((j) => `      let b_${j} = right(i * ${tile}u + own_column + ${j * N}u);`).join("\n")}
${cells.map(([i, j]) => `      sum_${i}_${j} = multiply(a_${i}, b_${j}, sum_${i}_${j});`).join("\n")}
    }
    workgroupBarrier();
  }
  let own_results = subgroup * ${M * N}u;
${cells
  .map(
    ([i, j]) => `  put(own_results, sum_${i}_${j});
  workgroupBarrier();
  store(out, own_results, row + own_row + ${i * M}u, column + own_column + ${j * N}u);
  workgroupBarrier();`,
  )
  .join("\n")}
}
fn store(out: u32, from_place: u32, row: u32, column: u32) {
  for (var i = within; i < ${M * N}u; i += ${lanes}u) {
    let r = row + i / ${N}u;
    let c_column = column + i % ${N}u;
    if (r < u.M && c_column < u.N) {
      c[out + r * u.N + c_column] = ${activation}(results[from_place + i]${scaled ? " / factor" : ""}${bias ? " + bias[c_column]" : ""});
    }
  }
}`,
  }; // prettier-ignore
}

/** WGSL of the unit over the tiles, which both lie by the inner axis: a by columns, b by rows. */
function unitText({ unit: { M, N, K }, block }: MatrixForm): string {
  const tile = matrixTile({ block });
  return `alias Left = subgroup_matrix_left<f16, ${K}, ${M}>;
alias Right = subgroup_matrix_right<f16, ${N}, ${K}>;
alias Result = subgroup_matrix_result<f32, ${N}, ${M}>;
fn left(at: u32) -> Left { return subgroupMatrixLoad<Left, col_major>(&tile_a, at, ${tile}u); }
fn right(at: u32) -> Right { return subgroupMatrixLoad<Right, row_major>(&tile_b, at, ${tile}u); }
fn multiply(a: Left, b: Right, sum: Result) -> Result { return subgroupMatrixMultiplyAccumulate(a, b, sum); }
fn put(at: u32, sum: Result) { subgroupMatrixStore<row_major>(&results, at, sum, ${N}u); }`;
}

function count(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
