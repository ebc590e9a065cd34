/** How a tile of one factor comes into workgroup memory. */
export interface TileLoad {
  readonly name: "a" | "b";
  /** The inner axis comes first in memory, so that four numbers beside each other belong to four rows. */
  readonly byInner: boolean;
  /** Four numbers are loaded at once. */
  readonly wide: boolean;
  /** Rows of the tile (of c for a, c's columns for b) and numbers of the inner axis. */
  readonly tile: number;
  readonly step: number;
  /** Invocations that share the work. */
  readonly lanes: number;
  /** Of the numbers in workgroup memory. */
  readonly type: "f16" | "f32";
  /** Each number is multiplied by `factor`, a private variable. */
  readonly scaled?: boolean;
  /** The tile is an array of vectors of four, which one invocation must write whole; b's alone. */
  readonly vectors?: boolean;
}

/** WGSL `load_a` or `load_b`, which fills the tile by the inner axis, with zeros beyond the edges. */
export function loader(load: TileLoad): string {
  const { name, byInner, wide, tile, step, lanes, type, vectors = false, scaled = false } = load;
  const outer = name === "a" ? "u.M" : "u.N";
  const plain = wide
    ? `${name}[(base + ${byInner ? `kk * ${outer} + r` : "r * u.K + kk"}) / 4u]`
    : byInner
      ? `vec4f(${[0, 1, 2, 3].map((i) => `one_${name}(base, r + ${i}u, kk, end)`).join(", ")})`
      : `vec4f(${[0, 1, 2, 3].map((i) => `one_${name}(base, r, kk + ${i}u, end)`).join(", ")})`;
  const value = scaled ? `factor * ${plain}` : plain;
  const single = wide
    ? ""
    : `fn one_${name}(base: u32, r: u32, kk: u32, end: u32) -> f32 {
  if (r >= ${outer} || kk >= end) { return 0.0; }
  return ${name}[base + ${byInner ? `kk * ${outer} + r` : "r * u.K + kk"}];
}
`;
  const fits = wide ? `r < ${outer} && kk < end` : "true";
  const head = `${single}fn load_${name}(base: u32, row: u32, k: u32, end: u32, lane: u32)`;
  const quads = (step * tile) / 4;
  if (vectors && !byInner)
    // Four columns by four numbers of the inner axis, turned in registers.
    return `${head} {
  for (var i = lane; i < ${quads / 4}u; i += ${lanes}u) {
    let first = row + (i % ${tile / 4}u) * 4u;
    let kk = k + (i / ${tile / 4}u) * 4u;
    var m = mat4x4f();
    for (var n = 0u; n < 4u; n++) {
      let r = first + n;
      if (${fits}) { m[n] = ${value}; }
    }
    let turned = transpose(m);
    for (var n = 0u; n < 4u; n++) { tile_${name}[((i / ${tile / 4}u) * 4u + n) * ${tile / 4}u + i % ${tile / 4}u] = vec4<${type}>(turned[n]); }
  }
}`;
  const [r, kk] = byInner ? [`(i % ${tile / 4}u) * 4u`, `i / ${tile / 4}u`] : [`i % ${tile}u`, `(i / ${tile}u) * 4u`];
  const at = (n: number): string => (byInner ? `(${kk}) * ${tile}u + ${r} + ${n}u` : `((${kk}) + ${n}u) * ${tile}u + ${r}`);
  const store = vectors
    ? `tile_${name}[(i / ${tile / 4}u) * ${tile / 4}u + i % ${tile / 4}u] = vec4<${type}>(four);`
    : [0, 1, 2, 3].map((n) => `tile_${name}[${at(n)}] = ${type}(four[${n}]);`).join("\n    ");
  return `${head} {
  for (var i = lane; i < ${quads}u; i += ${lanes}u) {
    let r = row + ${r};
    let kk = k + ${kk};
    var four = vec4f();
    if (${fits}) { four = ${value}; }
    ${store}
  }
}`;
}
