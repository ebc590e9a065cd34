/**
 * Cephes's single-precision sine and cosine, for WGSL promises of its own no more than an error of 2^-11, which SwiftShader comes near:
 * `turned` gives cosine and sine of x + quarter·π/2 with |x| at most π/4. `cos_sin` brings any x there; to 1e-7 where |x| is below 10,000.
 */
export const turnedText = `
fn turned(x: f32, quarter: i32) -> vec2f {
  let z = x * x;
  let s = x + x * z * (-1.6666654611e-1 + z * (8.3321608736e-3 - z * 1.9515295891e-4));
  let c = 1.0 - 0.5 * z + z * z * (4.166664568298827e-2 + z * (-1.388731625493765e-3 + z * 2.443315711809948e-5));
  switch (quarter & 3) {
    case 0: { return vec2f(c, s); }
    case 1: { return vec2f(-s, c); }
    case 2: { return vec2f(-c, -s); }
    default: { return vec2f(s, -c); }
  }
}`;

export const cosSinText = `${turnedText}
fn cos_sin(x: f32) -> vec2f {
  let quarter = floor(x * 0.63661977 + 0.5);
  // π/2 in three parts, of which the first two times a quarter are exact.
  let rest = ((x - quarter * 1.5703125) - quarter * 4.837512969970703125e-4) - quarter * 7.54978995489188216e-8;
  return turned(rest, i32(quarter));
}`;
