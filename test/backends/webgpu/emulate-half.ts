import type { WebGpuBackend } from "../../../src/backends/webgpu/backend.js";
import type { Shader } from "../../../src/backends/webgpu/shader.js";

/**
 * Lets a device without half floats run what is written for them: numbers are rounded as half floats are and kept as single ones, and
 * each invocation of a subgroup works out its share of a matrix unit's product from the tiles.
 */
export function emulateHalf(backend: WebGpuBackend): void {
  const run = backend.run.bind(backend);
  backend.run = (shader, dispatch) => run(emulated(shader), dispatch);
  Object.assign(backend, { precision: "f16" });
}

function emulated(shader: Shader): Shader {
  const { directives = [], name, code } = shader;
  if (directives.length === 0) return shader;
  return { ...shader, name: `emulated_${name}`, directives: [], code: rounded(shared(code)) };
}

function rounded(code: string): string {
  return code
    .replaceAll("array<vec4<f16>", "array<vec4f")
    .replaceAll("array<f16", "array<f32")
    .replaceAll(/vec4<f16>\(|\bf16\(/g, "quantizeToF16(");
}

/** Left and Right become places in the tiles; Result the numbers of the invocation, every `lanes`th of the product. */
function shared(code: string): string {
  const [, N = 0, M = 0] = /subgroup_matrix_result<f32, (\d+), (\d+)>/.exec(code)?.map(Number) ?? [];
  const [, K = 0] = /subgroup_matrix_left<f16, (\d+),/.exec(code)?.map(Number) ?? [];
  const [, tile = 0] = /&tile_a, at, (\d+)u/.exec(code)?.map(Number) ?? [];
  const [, lanes = 0] = /within = lane % (\d+)u/.exec(code)?.map(Number) ?? [];
  if (M === 0) return code;
  const each = (body: string): string =>
    `for (var e = 0u; e < ${(M * N) / lanes}u; e++) { let i = e * ${lanes}u + within; ${body} }`;
  return code
    .replace(/alias Left = .*/, "alias Left = u32;")
    .replace(/alias Right = .*/, "alias Right = u32;")
    .replace(/alias Result = .*/, `alias Result = array<f32, ${(M * N) / lanes}>;`)
    .replace(/fn left.*/, "fn left(at: u32) -> Left { return at; }")
    .replace(/fn right.*/, "fn right(at: u32) -> Right { return at; }")
    .replace(
      /fn multiply.*/,
      `fn multiply(a: Left, b: Right, sum: Result) -> Result {
  var next = sum;
  ${each(`for (var k = 0u; k < ${K}u; k++) { next[e] += tile_a[a + k * ${tile}u + i / ${N}u] * tile_b[b + k * ${tile}u + i % ${N}u]; }`)}
  return next;
}`,
    )
    .replace(/fn put.*/, `fn put(at: u32, sum: Result) { var given = sum; ${each("results[at + i] = given[e];")} }`);
}
