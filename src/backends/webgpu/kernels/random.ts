import type { Draw } from "../../../core/ops/random.js";
import type { KernelConfig } from "../../../core/tensor.js";
import type { KernelTable } from "../../shared/open-device.js";
import { sizeOf } from "../../shared/shapes.js";
import type { WebGpuBackend } from "../backend.js";
import { index, main, spreadOver } from "../shader.js";
import type { Shader } from "../shader.js";
import { turnedText } from "./trigonometry-text.js";

/** The counter-based generator of core/philox.ts: the same integers, four numbers an invocation. */
export const randomKernels: KernelTable = { PhiloxUniform: drawn("uniform"), PhiloxNormal: drawn("normal") };

function drawn(kind: "uniform" | "normal"): KernelConfig["kernelFunc"] {
  return ({ attrs, backend }) => {
    const { key, stream, step, shape } = attrs as unknown as Draw;
    const gpu = backend as WebGpuBackend;
    const out = gpu.output(shape);
    const size = sizeOf(shape);
    if (size === 0) return out;
    const numbers = (): number[] => [size, ...key, stream, step()];
    gpu.run(philox(kind), { reads: [], writes: [out], numbers, groups: spreadOver(Math.ceil(size / 4)) });
    return out;
  };
}

function philox(kind: "uniform" | "normal"): Shader {
  const four = kind === "uniform" ? "vec4f(unit(c.x), unit(c.y), unit(c.z), unit(c.w))" : "vec4f(pair(c.x, c.y), pair(c.z, c.w))";
  return {
    name: `philox_${kind}`,
    reads: [],
    writes: ["y"],
    numbers: ["size", "key0", "key1", "stream", "step"],
    code: `${philoxText}${kind === "normal" ? normalText : ""}
${main} {
  let block = ${index};
  if (block * 4u >= u.size) { return; }
  let c = words(block);
  let four = ${four};
  for (var i = 0u; i < 4u; i++) {
    if (block * 4u + i < u.size) { y[block * 4u + i] = four[i]; }
  }
}`,
  };
}

const philoxText = `
fn multiply_high(a: u32, b: u32) -> u32 {
  let a0 = a & 0xffffu; let a1 = a >> 16u; let b0 = b & 0xffffu; let b1 = b >> 16u;
  let middle = a1 * b0 + ((a0 * b0) >> 16u);
  let carry = (middle & 0xffffu) + a0 * b1;
  return a1 * b1 + (middle >> 16u) + (carry >> 16u);
}
fn words(block: u32) -> vec4u {
  var key = vec2u(u.key0, u.key1);
  var c = vec4u(block, u.stream, u.step, 0u);
  for (var round = 0; round < 10; round++) {
    c = vec4u(
      multiply_high(0xcd9e8d57u, c.z) ^ c.y ^ key.x, 0xcd9e8d57u * c.z,
      multiply_high(0xd2511f53u, c.x) ^ c.w ^ key.y, 0xd2511f53u * c.x,
    );
    key += vec2u(0x9e3779b9u, 0xbb67ae85u);
  }
  return c;
}
fn unit(word: u32) -> f32 { return (f32(word >> 9u) + 0.5) * 1.1920928955078125e-7; }`;

/** Box and Muller. WGSL promises too little of its own log (an error of 2^-21 near log 1 would show in the third digit): this is fdlibm's. */
const normalText = `${turnedText}
fn natural_log(x: f32) -> f32 {
  let bits = bitcast<u32>(x) + (0x3f800000u - 0x3f3504f3u);
  let k = f32(i32(bits >> 23u) - 127);
  let f = bitcast<f32>((bits & 0x007fffffu) + 0x3f3504f3u) - 1.0;
  let s = f / (2.0 + f);
  let z = s * s;
  let w = z * z;
  let r = w * (0.40000972152 + w * 0.24279078841) + z * (0.66666662693 + w * 0.28498786688);
  let half = 0.5 * f * f;
  return k * 6.9313812256e-1 - ((half - (s * (half + r) + k * 9.0580006145e-6)) - f);
}
fn pair(a: u32, b: u32) -> vec2f {
  let radius = sqrt(-2.0 * natural_log(unit(a)));
  let turns = unit(b);
  let quarter = floor(4.0 * turns + 0.5);
  let x = 6.2831853072 * (turns - 0.25 * quarter);
  return radius * turned(x, i32(quarter));
}`;
