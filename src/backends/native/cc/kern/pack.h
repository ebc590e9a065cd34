// Copies a block of a matrix into panels: P lanes side by side for one k, k after k, so the matrix kernel reads straight on.

// How packed numbers are kept: as they are; rounded to bf16 but 32 bits wide; two neighbouring k's as a pair of bf16; or such pairs for the
// processor's matrix tiles, see tiles.h.
enum Mode { kFloat, kRounded, kPaired, kTiled };
constexpr Mode kBf16Mode =
#if defined(__AMX_BF16__) || defined(RAE_EMULATE_TILES)
    kTiled;
#elif defined(__AVX512BF16__) || defined(RAE_EMULATE_PAIRS)
    kPaired;
#else
    kRounded;
#endif

// The register tile of C: rows, vectors and columns.
constexpr int MR = RAE_MR;
constexpr int NV = RAE_NV;
constexpr int NR = NV * W;

// A matrix tile has 16 lines of 64 bytes: of A the 32 k's of a row, of B 16 columns' pairs, of C 16 numbers. The kernel works on two by two.
constexpr int kTile = 16, kTileDepth = 32, kTilePanel = 2 * kTile;
constexpr int64_t kTwoTiles = kTilePanel * kTile;  // floats that a panel's two tiles take

// The lanes of a panel.
enum Side { kRowsOfA, kColumnsOfB };
template <Mode mode, Side side>
constexpr int kPanel = mode == kTiled ? kTilePanel : side == kRowsOfA ? MR : NR;

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

// Panels that lie side by side in one vector of lanes, where they do.
template <int P>
constexpr int kAbreast = P < W && W % P == 0 ? W / P : 1;

// Where packed lanes go: to one panel, or to some that one vector fills, each `size` floats after the one before it.
struct Panels {
  float* p;
  int64_t size, count;
};

// A vector of lanes, `at` floats into its panels; of a panel narrower than a vector no more than its own lanes.
template <int P>
inline void emit(const Panels& to, int64_t at, vf lanes) {
  static_assert(P % W == 0 || P < W);
  if (P % W == 0) return store(to.p + at, lanes);
  for (int64_t i = 0; i < to.count; i++)
    __builtin_memcpy(to.p + i * to.size + at, reinterpret_cast<const char*>(&lanes) + i * P * 4, P * 4);
}

template <Mode mode, int P>
inline void emitTwo(const Panels& to, int64_t k, int64_t lane, vf even, vf odd) {
  if (mode == kPaired) return emit<P>(to, k / 2 * P + lane, floats(pairOf(even, odd)));
  if (mode == kRounded) {
    even = floats(roundBits(even) & splatInt(-65536));
    odd = floats(roundBits(odd) & splatInt(-65536));
  }
  emit<P>(to, k * P + lane, even);
  emit<P>(to, (k + 1) * P + lane, odd);
}

#if RAE_LANES == 16
#define RAE_ZIP_LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define RAE_ZIP_HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#define RAE_EVEN 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#define RAE_ODD 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#elif RAE_LANES == 8
#define RAE_ZIP_LOW 0, 8, 1, 9, 2, 10, 3, 11
#define RAE_ZIP_HIGH 4, 12, 5, 13, 6, 14, 7, 15
#define RAE_EVEN 0, 2, 4, 6, 8, 10, 12, 14
#define RAE_ODD 1, 3, 5, 7, 9, 11, 13, 15
#else
#define RAE_ZIP_LOW 0, 4, 1, 5
#define RAE_ZIP_HIGH 2, 6, 3, 7
#define RAE_EVEN 0, 2, 4, 6
#define RAE_ODD 1, 3, 5, 7
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
void packTouchingLanes(const Panels& to, const float* source, int64_t ld, int64_t lanes, int64_t count) {
  for (int64_t k = 0; k < count; k += 2) {
    const float* even = source + k * ld;
    const float* odd = even + ld;
    for (int64_t j = 0; j < P; j += W) {
      const int64_t rest = lanes - j;
      const vf zero = {};
      if (rest >= W) emitTwo<mode, P>(to, k, j, load(even + j), k + 1 < count ? load(odd + j) : zero);
      else if (rest > 0) emitTwo<mode, P>(to, k, j, loadPart(even + j, rest), k + 1 < count ? loadPart(odd + j, rest) : zero);
      else emitTwo<mode, P>(to, k, j, zero, zero);
    }
  }
}

// W of a lane's floats from `p`, of which `count` are there, or twice as many as pairs of bf16.
template <Mode mode>
inline vf alongK(const float* p, int64_t count) {
  const vf first = count >= W ? load(p) : loadPart(p, count);
  if (mode != kPaired) return first;
  const vf second = count >= 2 * W ? load(p + W) : count > W ? loadPart(p + W, count - W) : vf{};
#if defined(__AVX512BF16__)
  return (vf)_mm512_cvtne2ps_pbh((__m512)second, (__m512)first);
#else
  return floats(pairOf(__builtin_shufflevector(first, second, RAE_EVEN), __builtin_shufflevector(first, second, RAE_ODD)));
#endif
}

// Some lanes are followed to their end before the next ones, whose lines are asked for meanwhile: more lanes at a time than this get in each
// other's way in the cache.
template <Mode mode, int P>
void packTouchingK(const Panels& to, const float* source, int64_t ld, int64_t lanes, int64_t count) {
  constexpr int64_t deep = mode == kPaired ? 2 * W : W;  // k's at a time
  for (int64_t j = 0; j < P; j += W) {
    const int64_t rows = smaller(P < W ? P * kAbreast<P> : W, lanes - j);
    for (int64_t k = 0; k < count; k += deep) {
      const int64_t rest = smaller(deep, count - k);
      vf r[W] = {};
      const float* from = source + j * ld + k;
      if (rest == deep && rows == W) {
#pragma GCC unroll 16
        for (int i = 0; i < W; i++) {
          for (int64_t line = 0; line < deep; line += 16) __builtin_prefetch(from + (i + W) * ld + line);
          r[i] = alongK<mode>(from + i * ld, deep);
        }
      } else {
        for (int64_t i = 0; i < rows; i++) r[i] = alongK<mode>(from + i * ld, rest);
      }
      transposeRows(r);
      if (mode == kPaired)
        for (int64_t i = 0; i < (rest + 1) / 2; i++) emit<P>(to, (k / 2 + i) * P + j, r[i]);
      else
        for (int64_t i = 0; i < rest; i += 2) emitTwo<mode, P>(to, k + i, j, r[i], r[i + 1]);
    }
  }
}

// Floats from one panel to the next for `count` k's.
template <Mode mode>
inline int64_t panelSize(int64_t count, int P) {
  return (mode == kTiled ? upTo(count, kTileDepth) / 2 : mode == kPaired ? upTo(count, 2) / 2 : upTo(count, 2)) * P;
}

// Packs up to two tiles' lanes by 32 k's. Lines run along the k's of a row of A, or along the columns of a pair of B's k's.
template <Side side>
void packTiles(float* to, const Operand& source, int64_t lanes, int64_t count) {
  const auto pairs = [&](int64_t lane, int64_t k) {
    const int64_t rest = lanes - lane;
    const auto line = [&](int64_t at) {
      const float* p = source.from(lane, at).p;
      return at >= count || rest <= 0 ? vf{} : rest >= W ? load(p) : loadPart(p, rest);
    };
    return floats(pairOf(line(k), line(k + 1)));
  };
  if (source.lanesTouch && side == kColumnsOfB) {
    for (int64_t i = 0; i < kTile; i++)
      for (int64_t lane = 0; lane < kTilePanel; lane += kTile) store(to + i * kTilePanel + lane, pairs(lane, 2 * i));
    return;
  }
  for (int64_t lane = 0; lane < kTilePanel; lane += kTile) {
    vf r[kTile];
#pragma GCC unroll 16
    for (int i = 0; i < kTile; i++) {
      if (source.lanesTouch) {
        r[i] = pairs(lane, 2 * i);
        continue;
      }
      const float* p = source.from(lane + i, 0).p;
      for (int64_t line = 0; line < kTileDepth; line += 16) __builtin_prefetch(p + kTile * source.ld + line);
      r[i] = lane + i < lanes ? alongK<kPaired>(p, count) : vf{};
    }
    if (source.lanesTouch == (side == kRowsOfA)) transposeRows(r);
#pragma GCC unroll 16
    for (int i = 0; i < kTile; i++) store(to + (side == kRowsOfA ? (lane + i) * kTile : i * kTilePanel + lane), r[i]);
  }
}

// Packs all panels of `lanes` x `count`. Where lanes touch, some k's of all lanes come before the next ones, so that each line is read once.
template <Mode mode, Side side>
void packPanels(float* target, Operand source, int64_t lanes, int64_t count) {
  constexpr int P = kPanel<mode, side>;
  const int64_t size = panelSize<mode>(count, P), step = source.lanesTouch ? 32 : count;
  for (int64_t k = 0; k < count; k += step) {
    const int64_t some = smaller(step, count - k);
    for (int64_t lane = 0; lane < lanes; lane += P * kAbreast<P>) {
      const Operand part = source.from(lane, k);
      const int64_t rest = lanes - lane;
      const Panels to{target + lane / P * size + panelSize<mode>(k, P), size, smaller(kAbreast<P>, (rest + P - 1) / P)};
      if (mode == kTiled)
        for (int64_t at = 0; at < some; at += kTileDepth)
          packTiles<side>(to.p + at / kTileDepth * kTwoTiles, part.from(0, at), smaller(rest, P), smaller(kTileDepth, some - at));
      else if (source.lanesTouch) packTouchingLanes<mode, P>(to, part.p, part.ld, rest, some);
      else packTouchingK<mode, P>(to, part.p, part.ld, rest, some);
    }
  }
}
