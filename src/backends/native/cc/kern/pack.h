// Copies a block of a matrix into panels: P lanes side by side for one k, k after k, so the matrix kernel reads straight on.

// How packed numbers are kept: as they are; rounded to bf16 but 32 bits wide; or two neighbouring k's as a pair of bf16.
enum Mode { kFloat, kRounded, kPaired };
constexpr Mode kBf16Mode =
#if defined(__AVX512BF16__) || defined(RAE_EMULATE_PAIRS)
    kPaired;
#else
    kRounded;
#endif

// One operand: element (lane, k) lies at p[lane * ld + k], or at p[k * ld + lane] where `lanesTouch`. Lanes are the rows of A and the
// columns of B.
struct Operand {
  const float* p;
  int64_t ld;
  bool lanesTouch;
  Operand from(int64_t lane, int64_t k) const { return {lanesTouch ? p + k * ld + lane : p + lane * ld + k, ld, lanesTouch}; }
};

// To the nearest bf16, ties to even; NaN stays NaN. The result's lower halves are not cleared.
inline vi roundBits(vf v) {
  const vi b = bits(v);
  const vi rounded = b + 0x7fff + ((b >> 16) & 1);
  const vi nan = v != v;
  return (nan & (b | 0x400000)) | (~nan & rounded);
}

// Lanes of two bf16: the even k in the lower half, the odd one in the upper.
inline vi pairOf(vf even, vf odd) {
#if defined(__AVX512BF16__)
  const __m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)even));
  const __m512i high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh((__m512)odd));
  return (vi)_mm512_or_si512(low, _mm512_slli_epi32(high, 16));
#else
  return reinterpret_cast<vi>(reinterpret_cast<vu>(roundBits(even)) >> 16) | (roundBits(odd) & splatInt(-65536));
#endif
}

template <Mode mode>
inline void emitTwo(float* panel, int64_t k, int64_t stride, vf even, vf odd) {
  if (mode == kPaired) {
    store(panel + k / 2 * stride, floats(pairOf(even, odd)));
    return;
  }
  if (mode == kRounded) {
    even = floats(roundBits(even) & splatInt(-65536));
    odd = floats(roundBits(odd) & splatInt(-65536));
  }
  store(panel + k * stride, even);
  store(panel + (k + 1) * stride, odd);
}

#if RAE_LANES == 16
#define RAE_ZIP_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define RAE_ZIP_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif RAE_LANES == 8
#define RAE_ZIP_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define RAE_ZIP_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#else
#define RAE_ZIP_LOW 0, 4, 1, 5
#define RAE_ZIP_HIGH 2, 6, 3, 7
#endif

// Transposes W rows of W lanes: log2(W) rounds of zipping row i with row i + W/2.
inline void transposeRows(vf* r) {
  vf t[W];
#pragma GCC unroll 4
  for (int round = 1; round < W; round *= 2) {
#pragma GCC unroll 16
    for (int i = 0; i < W / 2; i++) {
      t[2 * i] = __builtin_shufflevector(r[i], r[i + W / 2], RAE_ZIP_LOW);
      t[2 * i + 1] = __builtin_shufflevector(r[i], r[i + W / 2], RAE_ZIP_HIGH);
    }
#pragma GCC unroll 16
    for (int i = 0; i < W; i++) r[i] = t[i];
  }
}

template <Mode mode, int P>
void packTouchingLanes(float* panel, const float* source, int64_t ld, int64_t lanes, int64_t count) {
  for (int64_t k = 0; k < count; k += 2) {
    const float* even = source + k * ld;
    const float* odd = even + ld;
    for (int64_t j = 0; j < P; j += W) {
      const int64_t rest = lanes - j;
      const vf zero = {};
      if (rest >= W) emitTwo<mode>(panel + j, k, P, load(even + j), k + 1 < count ? load(odd + j) : zero);
      else if (rest > 0) emitTwo<mode>(panel + j, k, P, loadPart(even + j, rest), k + 1 < count ? loadPart(odd + j, rest) : zero);
      else emitTwo<mode>(panel + j, k, P, zero, zero);
    }
  }
}

template <Mode mode, int P>
void packTouchingK(float* panel, const float* source, int64_t ld, int64_t lanes, int64_t count) {
  constexpr int group = P < W ? P : W;
  for (int64_t k = 0; k < count; k += W) {
    const int64_t rest = smaller(W, count - k);
    for (int64_t j = 0; j < P; j += W) {
      vf r[W] = {};
      const int64_t rows = smaller(group, lanes - j);
      const float* from = source + j * ld + k;
      if (rest == W && rows == group) {
#pragma GCC unroll 16
        for (int i = 0; i < group; i++) r[i] = load(from + i * ld);
      } else {
        for (int64_t i = 0; i < rows; i++) r[i] = loadPart(from + i * ld, rest);
      }
      transposeRows(r);
      if (rest == W) {
#pragma GCC unroll 16
        for (int i = 0; i < W; i += 2) emitTwo<mode>(panel + j, k + i, P, r[i], r[i + 1]);
      } else {
        for (int64_t i = 0; i < rest; i += 2) emitTwo<mode>(panel + j, k + i, P, r[i], r[i + 1]);
      }
    }
  }
}

// Floats from one panel to the next for `count` k's.
template <Mode mode>
inline int64_t panelSize(int64_t count, int P) {
  const int64_t even = upTo(count, 2);
  return (mode == kPaired ? even / 2 : even) * P;
}

// Packs all panels of `lanes` x `count`. Panels narrower than a vector spill into the next one, which is written later; `target`
// therefore needs W floats after its end.
template <Mode mode, int P>
void packPanels(float* target, Operand source, int64_t lanes, int64_t count) {
  const int64_t size = panelSize<mode>(count, P);
  for (int64_t lane = 0; lane < lanes; lane += P, target += size) {
    const Operand part = source.from(lane, 0);
    const int64_t rest = lanes - lane;
    if (source.lanesTouch) packTouchingLanes<mode, P>(target, part.p, part.ld, rest < P ? rest : larger(P, smaller(rest, W)), count);
    else packTouchingK<mode, P>(target, part.p, part.ld, rest, count);
  }
}
