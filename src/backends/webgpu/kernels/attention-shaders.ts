import type { Shader } from "../shader.js";

/** Sizes that are part of the shader's text: numbers per head, and whether q and k are turned by position. */
export interface AttentionForm {
  readonly width: number;
  readonly rotary: boolean;
  /** Most tokens in workgroup memory at once. */
  readonly tile: number;
  /** Queries, keys and values are kept in workgroup memory as half floats; pulls, which may be too small for them, and sums stay f32. */
  readonly half: boolean;
}

/** Invocations per workgroup, each for one token. */
export const attentionLanes = 64;

/** Bytes of workgroup memory that every device has. */
const workgroupBytes = 16_384;

/** Largest head whose numbers an invocation can hold. */
export const widestHead = 128;

const numbers = ["B", "N", "heads"];

/** Common to all: where a token's numbers lie in `qkv` `[B,N,3,heads,width]` and how q and k are turned. */
function head({ width, rotary }: AttentionForm): string {
  return `
const width = ${width}u;
const scale = ${1 / Math.sqrt(width)}f;
fn place(b: u32, n: u32, part: u32, h: u32) -> u32 { return ((b * u.N + n) * 3u + part) * u.heads * width + h * width; }
// The number i of q (part 0), k (1) or v (2) of a token, turned where the part is.
fn number(b: u32, n: u32, part: u32, h: u32, i: u32) -> f32 {
  let at = place(b, n, part, h);
  ${
    rotary
      ? `if (part < 2u) {
    let other = select(qkv[at + (i ^ 1u)], -qkv[at + (i ^ 1u)], (i & 1u) == 0u);
    return qkv[at + i] * cos_table[n * width + i] + other * sin_table[n * width + i];
  }`
      : ""
  }
  return qkv[at + i];
}`;
}

const tables = (rotary: boolean): string[] => (rotary ? ["cos_table", "sin_table"] : []);
const main = `@compute @workgroup_size(${attentionLanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32)`;

/** Tokens of which a row of q or k, one of v (or of pulls, which are f32), and two f32 numbers fit into workgroup memory at once. */
function tileOf({ width, tile, half }: AttentionForm, second: "value" | "pull"): number {
  const bytes = (half ? 2 : 4) + (half && second === "value" ? 2 : 4);
  return Math.max(1, Math.min(tile, Math.floor(workgroupBytes / (bytes * width + 8))));
}

/** The name of the shader's variant, and the WGSL type of the rows in workgroup memory. */
function variant({ width, rotary, half }: AttentionForm): { name: string; type: "f16" | "f32"; directives: string[] } {
  const name = `${width}${rotary ? "_rotary" : ""}${half ? "_half" : ""}`;
  return half ? { name, type: "f16", directives: ["enable f16;"] } : { name, type: "f32", directives: [] };
}

/** WGSL: fills rows of workgroup memory, `load` giving the number `i` of token `token`. */
function fill(tile: number, rows: readonly (readonly [name: string, load: string])[]): string {
  return `for (var at = lane; at < ${tile}u * width; at += ${attentionLanes}u) {
      let token = first + at / width;
      let i = at % width;
      ${rows.map(([name, load]) => `if (token < u.N) { ${name}[at] = ${load}; }`).join("\n      ")}
    }`;
}

/**
 * softmax(q·kᵀ/√d)·v with the running maximum and sum of FlashAttention (arXiv 2205.14135): an invocation a query, keys and values by
 * tiles through workgroup memory. Workgroups: queries, heads, batch.
 */
export function attentionShader(form: AttentionForm): Shader {
  const tile = tileOf(form, "value");
  const { name, type, directives } = variant(form);
  return {
    name: `attention_${name}`,
    directives,
    reads: ["qkv", ...tables(form.rotary)],
    writes: ["y"],
    numbers,
    code: `${head(form)}
var<workgroup> keys: array<${type}, ${tile * form.width}>;
var<workgroup> values: array<${type}, ${tile * form.width}>;
${main} {
  let h = group.y;
  let b = group.z;
  let n = group.x * ${attentionLanes}u + lane;
  let real = n < u.N;
  var q: array<f32, width>;
  var sums: array<f32, width>;
  for (var i = 0u; i < width; i++) { if (real) { q[i] = number(b, n, 0u, h, i) * scale; } sums[i] = 0.0; }
  var most = -3.0e38;
  var weight = 0.0;
  for (var first = 0u; first < u.N; first += ${tile}u) {
    workgroupBarrier();
    ${fill(tile, [["keys", `${type}(number(b, token, 1u, h, i))`], ["values", `${type}(number(b, token, 2u, h, i))`]])}
    workgroupBarrier();
    let count = min(${tile}u, u.N - first);
    for (var k = 0u; k < count; k++) {
      var score = 0.0;
      for (var i = 0u; i < width; i++) { score += q[i] * f32(keys[k * width + i]); }
      let higher = max(most, score);
      let fade = exp(most - higher);
      let p = exp(score - higher);
      for (var i = 0u; i < width; i++) { sums[i] = sums[i] * fade + p * f32(values[k * width + i]); }
      weight = weight * fade + p;
      most = higher;
    }
  }
  if (!real) { return; }
  let out = ((b * u.N + n) * u.heads + h) * width;
  for (var i = 0u; i < width; i++) { y[out + i] = sums[i] / weight; }
}`,
  }; // prettier-ignore
}

/** WGSL: writes `pulls` (by turned numbers) as pulls on the numbers before the turn, to part `part` of dqkv. */
function writeBack(rotary: boolean, part: number, pulls: string, factor: string): string {
  const value = rotary
    ? `(${pulls}[i] * cos_table[n * width + i] + select(-1.0, 1.0, (i & 1u) == 0u) * ${pulls}[i ^ 1u] * sin_table[n * width + (i ^ 1u)])`
    : `${pulls}[i]`;
  return `for (var i = 0u; i < width; i++) { dqkv[place(b, n, ${part}u, h) + i] = ${value} * ${factor}; }`;
}

/**
 * The pull on q, and for each query `[B,heads,N]` log Σ exp(score) and Σ p·dp, which the pulls on k and v need. The first pass over the
 * keys finds these two, the second the pull: dq = Σ p·(dp − Σ p·dp)·k/√d.
 */
export function attentionQueryGrad(form: AttentionForm): Shader {
  const tile = tileOf(form, "value");
  const { name, type, directives } = variant(form);
  const pass = (body: string): string => `for (var first = 0u; first < u.N; first += ${tile}u) {
    workgroupBarrier();
    ${fill(tile, [["keys", `${type}(number(b, token, 1u, h, i))`], ["values", `${type}(number(b, token, 2u, h, i))`]])}
    workgroupBarrier();
    let count = min(${tile}u, u.N - first);
    for (var k = 0u; k < count; k++) {
      var score = 0.0;
      var dp = 0.0;
      for (var i = 0u; i < width; i++) {
        score += q[i] * f32(keys[k * width + i]);
        dp += pull[i] * f32(values[k * width + i]);
      }
      ${body}
    }
  }`; // prettier-ignore
  return {
    name: `attention_query_grad_${name}`,
    directives,
    reads: ["dy", "qkv", ...tables(form.rotary)],
    writes: ["dqkv", "logs", "deltas"],
    numbers,
    code: `${head(form)}
var<workgroup> keys: array<${type}, ${tile * form.width}>;
var<workgroup> values: array<${type}, ${tile * form.width}>;
${main} {
  let h = group.y;
  let b = group.z;
  let n = group.x * ${attentionLanes}u + lane;
  let real = n < u.N;
  let out = ((b * u.N + n) * u.heads + h) * width;
  var q: array<f32, width>;
  var pull: array<f32, width>;
  var dq: array<f32, width>;
  for (var i = 0u; i < width; i++) {
    if (real) { q[i] = number(b, n, 0u, h, i) * scale; pull[i] = dy[out + i]; }
    dq[i] = 0.0;
  }
  var most = -3.0e38;
  var weight = 0.0;
  var delta = 0.0;
  ${pass(`let higher = max(most, score);
      let fade = exp(most - higher);
      let p = exp(score - higher);
      delta = delta * fade + p * dp;
      weight = weight * fade + p;
      most = higher;`)}
  delta /= weight;
  let log_sum = most + log(weight);
  ${pass(`let ds = exp(score - log_sum) * (dp - delta);
      for (var i = 0u; i < width; i++) { dq[i] += ds * f32(keys[k * width + i]); }`)}
  if (!real) { return; }
  let place_of_query = (b * u.heads + h) * u.N + n;
  logs[place_of_query] = log_sum;
  deltas[place_of_query] = delta;
  ${writeBack(form.rotary, 0, "dq", "scale")}
}`,
  };
}

/** The pulls on k and v: an invocation a key, queries by tiles. dv = Σ p·dy, dk = Σ p·(dp − delta)·q/√d. */
export function attentionKeyGrad(form: AttentionForm): Shader {
  const tile = tileOf(form, "pull");
  const { name, type, directives } = variant(form);
  return {
    name: `attention_key_grad_${name}`,
    directives,
    reads: ["dy", "qkv", "logs", "deltas", ...tables(form.rotary)],
    writes: ["dqkv"],
    numbers,
    code: `${head(form)}
var<workgroup> queries: array<${type}, ${tile * form.width}>;
var<workgroup> pulls: array<f32, ${tile * form.width}>;
var<workgroup> log_sums: array<f32, ${tile}>;
var<workgroup> along: array<f32, ${tile}>;
${main} {
  let h = group.y;
  let b = group.z;
  let n = group.x * ${attentionLanes}u + lane;
  let real = n < u.N;
  var key: array<f32, width>;
  var value: array<f32, width>;
  var dk: array<f32, width>;
  var dv: array<f32, width>;
  for (var i = 0u; i < width; i++) {
    if (real) { key[i] = number(b, n, 1u, h, i); value[i] = number(b, n, 2u, h, i); }
    dk[i] = 0.0;
    dv[i] = 0.0;
  }
  for (var first = 0u; first < u.N; first += ${tile}u) {
    workgroupBarrier();
    ${fill(tile, [["queries", `${type}(number(b, token, 0u, h, i) * scale)`], ["pulls", "dy[((b * u.N + token) * u.heads + h) * width + i]"]])}
    let token = first + lane;
    if (lane < ${tile}u && token < u.N) {
      log_sums[lane] = logs[(b * u.heads + h) * u.N + token];
      along[lane] = deltas[(b * u.heads + h) * u.N + token];
    }
    workgroupBarrier();
    let count = min(${tile}u, u.N - first);
    for (var t = 0u; t < count; t++) {
      var score = 0.0;
      var dp = 0.0;
      for (var i = 0u; i < width; i++) {
        score += f32(queries[t * width + i]) * key[i];
        dp += pulls[t * width + i] * value[i];
      }
      let p = exp(score - log_sums[t]);
      let ds = p * (dp - along[t]);
      for (var i = 0u; i < width; i++) {
        dv[i] += p * pulls[t * width + i];
        dk[i] += ds * f32(queries[t * width + i]);
      }
    }
  }
  if (!real) { return; }
  ${writeBack(form.rotary, 1, "dk", "1.0")}
  for (var i = 0u; i < width; i++) { dqkv[place(b, n, 2u, h) + i] = dv[i]; }
}`,
  }; // prettier-ignore
}
