/** A compute shader: what it reads and writes, the numbers it is given, and its WGSL. */
export interface Shader {
  /** Names it and its variant: one pipeline is made per name. */
  readonly name: string;
  /** Storage buffers that it reads, e.g. `x` or `index: i32`; f32 where nothing is said. */
  readonly reads: readonly string[];
  /** Storage buffers that it writes, or reads and writes. */
  readonly writes: readonly string[];
  /** Scalars, e.g. `rows` (u32) or `epsilon: f32`; read as `u.rows`. */
  readonly numbers: readonly string[];
  /** Declarations and the function `main`; `${lanes}` and `main` of this file begin it. */
  readonly code: string;
  /** Its first lines, e.g. `enable f16;`: the device must have the feature behind each. */
  readonly directives?: readonly string[];
}

/** Invocations per workgroup of our shaders; every device allows as many. */
export const lanes = 256;

/** The head of `main`: `group` is the workgroup's place, `groups` how many there are, `lane` the invocation within it. */
export const main = mainOf(lanes);

/** The same for workgroups of another size. */
export function mainOf(invocations: number): string {
  return `@compute @workgroup_size(${invocations})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u, @builtin(local_invocation_index) lane: u32)`;
}

/** The place of this workgroup, or invocation, where `spread` laid them out in two dimensions. */
export const groupIndex = "(group.y * groups.x + group.x)";
export const index = `(${groupIndex} * ${lanes}u + lane)`;

/** Workgroups in two dimensions, for one dimension holds only 65,535. Shaders must check their place against the count. */
export function spread(count: number): [number, number, number] {
  const across = Math.max(1, Math.min(count, 65_535));
  return [across, Math.max(1, Math.ceil(count / across)), 1];
}

/** Workgroups that give each of `count` numbers an invocation. */
export function spreadOver(count: number): [number, number, number] {
  return spread(Math.ceil(count / lanes));
}

/** The whole WGSL text. */
export function shaderText({ reads, writes, numbers, code, directives = [] }: Shader): string {
  const bind = (access: string) => (name: string, i: number) =>
    `@group(0) @binding(${i + (access === "read" ? 0 : reads.length)}) var<storage, ${access}> ${array(name)};`;
  const fields = numbers.map((name) => (name.includes(":") ? name : `${name}: u32`));
  return [
    ...directives,
    ...reads.map(bind("read")),
    ...writes.map(bind("read_write")),
    ...(fields.length > 0
      ? [
          `struct Numbers { ${fields.join(", ")} }`,
          `@group(0) @binding(${reads.length + writes.length}) var<uniform> u: Numbers;`,
        ]
      : []),
    code,
  ].join("\n");
}

function array(name: string): string {
  const [plain = "", type = "f32"] = name.split(":").map((part) => part.trim());
  return `${plain}: array<${type}>`;
}

/** The numbers of a shader as it reads them. */
export function packNumbers(shader: Shader, values: readonly number[]): Uint8Array {
  const block = new DataView(new ArrayBuffer(Math.max(4, 4 * shader.numbers.length)));
  if (values.length !== shader.numbers.length)
    throw new Error(`webgpu: ${shader.name} takes ${shader.numbers.length} numbers, got ${values.length}`);
  shader.numbers.forEach((name, i) => {
    const value = values[i] ?? 0;
    if (name.endsWith("f32")) block.setFloat32(4 * i, value, true);
    else block.setUint32(4 * i, value >>> 0, true);
  });
  return new Uint8Array(block.buffer);
}
