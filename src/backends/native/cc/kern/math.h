// Vector forms of the elementary functions. Errors are the largest seen against float64, relative unless said otherwise.

// e^r for |r| at most ln(2)/2.
inline vf expSmallv(vf r) {
  vf p = splat(1.9875691500e-4f);
  p = p * r + splat(1.3981999507e-3f);
  p = p * r + splat(8.3334519073e-3f);
  p = p * r + splat(4.1665795894e-2f);
  p = p * r + splat(1.6666665459e-1f);
  p = p * r + splat(5.0000001201e-1f);
  return p * r * r + r + splat(1.0f);
}

// e^x: 2^n times a polynomial. Error 2e-7; 0 and infinity at the ends, NaN stays.
inline vf expv(vf x) {
  x = atMost(atLeast(x, splat(-104.0f)), splat(89.0f));
  const vf magic = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to an integer
  const vf shifted = x * splat(1.44269504f) + magic;
  const vf n = shifted - magic;
  vf r = x - n * splat(0.693359375f);
  r = r - n * splat(-2.12194440e-4f);
  const vf p = expSmallv(r);
  // 2^n in two factors, because n = 128 and n < -126 have no single float.
  const vi whole = bits(shifted) - bits(magic);
  const vi half = whole >> 1;
  const vf low = floats((half + 127) << 23);
  const vf high = floats((whole - half + 127) << 23);
  return p * low * high;
}

// e^x between -87 and 88, held at these ends: cheaper, for sums in which e^-87 is nothing. NaN stays.
inline vf expNearv(vf x) {
  x = atMost(atLeast(x, splat(-87.0f)), splat(88.0f));
  const vf magic = splat(12582912.0f);
  const vf shifted = x * splat(1.44269504f) + magic;
  const vf n = shifted - magic;
  vf r = x - n * splat(0.693359375f);
  r = r - n * splat(-2.12194440e-4f);
  return expSmallv(r) * floats((bits(shifted) - bits(magic) + 127) << 23);
}

// 1 / (1 + e^-x). Error 3e-7; at least 6e-39 and at most 1.
inline vf sigmoidv(vf x) { return splat(1.0f) / (splat(1.0f) + expNearv(-x)); }

// Error 3e-7.
inline vf tanhv(vf x) {
  const vf a = absolute(x);
  const vf z = x * x;
  vf p = splat(-5.70498872745e-3f);
  p = p * z + splat(2.06390887954e-2f);
  p = p * z + splat(-5.37397155531e-2f);
  p = p * z + splat(1.33314422036e-1f);
  p = p * z + splat(-3.33332819422e-1f);
  const vf near = p * z * x + x;
  const vf far = splat(1.0f) - splat(2.0f) / (expNearv(a + a) + splat(1.0f));
  const vf signedFar = floats(bits(far) | (bits(x) & splatInt(INT32_MIN)));
  return select(a < splat(0.625f), near, signedFar);
}

// Error 5e-7: an odd rational function, up to 4, where erf rounds to 1.
inline vf erfv(vf x) {
  const vf c = atMost(atLeast(x, splat(-4.0f)), splat(4.0f));
  const vf z = c * c;
  vf p = splat(-2.72614225801306e-10f);
  p = p * z + splat(2.77068142495902e-08f);
  p = p * z + splat(-2.10102402082508e-06f);
  p = p * z + splat(-5.69250639462346e-05f);
  p = p * z + splat(-7.34990630326855e-04f);
  p = p * z + splat(-2.95459980854025e-03f);
  p = p * z + splat(-1.60960333262415e-02f);
  vf q = splat(-1.45660718464996e-05f);
  q = q * z + splat(-2.13374055278905e-04f);
  q = q * z + splat(-1.68282697438203e-03f);
  q = q * z + splat(-7.37332916720468e-03f);
  q = q * z + splat(-1.42647390514189e-02f);
  return c * p / q;
}

// Natural logarithm. Error 2e-7; -infinity at 0, NaN below.
inline vf logv(vf x) {
  const vi tiny = x < splat(1.17549435e-38f);
  const vf scaled = select(tiny, x * splat(8388608.0f), x);
  vi e = ((bits(scaled) >> 23) & 0xff) - 126;
  e = e - (tiny & 23);
  vf m = floats((bits(scaled) & splatInt(0x007fffff)) | splatInt(0x3f000000));  // [0.5, 1)
  const vi low = m < splat(0.70710678f);
  m = select(low, m + m, m) - splat(1.0f);
  const vf n = __builtin_convertvector(e + low, vf);  // the mask is -1 where set
  const vf z = m * m;
  vf p = splat(7.0376836292e-2f);
  p = p * m + splat(-1.1514610310e-1f);
  p = p * m + splat(1.1676998740e-1f);
  p = p * m + splat(-1.2420140846e-1f);
  p = p * m + splat(1.4249322787e-1f);
  p = p * m + splat(-1.6668057665e-1f);
  p = p * m + splat(2.0000714765e-1f);
  p = p * m + splat(-2.4999993993e-1f);
  p = p * m + splat(3.3333331174e-1f);
  vf y = p * m * z + n * splat(-2.12194440e-4f) - splat(0.5f) * z;
  y = (m + y) + n * splat(0.693359375f);
  const vf infinity = splat(__builtin_inff());
  y = select(x == infinity, infinity, y);
  y = select(x == splat(0.0f), -infinity, y);
  y = select(x < splat(0.0f), splat(__builtin_nanf("")), y);
  return select(x != x, x, y);
}

// sin and cos of 2*pi*u for 0 <= u <= 1. Absolute error 2e-7.
inline void turnv(vf u, vf* sine, vf* cosine) {
  const vf magic = splat(12582912.0f);
  const vf shifted = u * splat(4.0f) + magic;
  const vi quadrant = bits(shifted) - bits(magic);
  const vf r = (u - (shifted - magic) * splat(0.25f)) * splat(6.283185307f);
  const vf z = r * r;
  vf s = splat(-1.9515295891e-4f);
  s = s * z + splat(8.3321608736e-3f);
  s = s * z + splat(-1.6666654611e-1f);
  s = s * z * r + r;
  vf c = splat(2.443315711809948e-5f);
  c = c * z + splat(-1.388731625493765e-3f);
  c = c * z + splat(4.166664568298827e-2f);
  c = c * z * z - splat(0.5f) * z + splat(1.0f);
  const vi odd = (quadrant & 1) != 0;
  const vi sineSign = (quadrant & 2) << 30;
  const vi cosineSign = ((quadrant + 1) & 2) << 30;
  *sine = floats(bits(select(odd, c, s)) ^ sineSign);
  *cosine = floats(bits(select(odd, s, c)) ^ cosineSign);
}
