// The matrix kernel for bf16 on a processor with matrix tiles (AMX): one instruction multiplies 16 rows of 32 k's by 16 columns.

#if defined(__AMX_BF16__)

// Tiles in use: four sums, two of A, two of B, each of 16 lines of 64 bytes. A thread's tiles cost it time at every switch until they are
// given back.
struct TileUse {
  TileUse() {
    alignas(64) uint8_t shape[64] = {1};
    for (int i = 0; i < 8; i++) {
      shape[16 + 2 * i] = 64;
      shape[48 + i] = kTile;
    }
    _tile_loadconfig(shape);
  }
  ~TileUse() { _tile_release(); }
};

// c = start + a * b over `steps` times 32 k's, for two by two tiles.
inline void multiplyTiles(int64_t steps, const float* a, const float* b, float* c, int64_t ldc, Start start) {
  constexpr int64_t lines = 2 * kTilePanel;
  asm volatile("" ::: "memory");  // what was packed is in memory: the compiler does not see a tile being read
  if (start.accumulate || start.row != nullptr) {
    const float* first = start.accumulate ? c : start.row;
    const int64_t ld = start.accumulate ? ldc : 0;
    _tile_loadd(0, first, ld * 4);
    _tile_loadd(1, first + kTile, ld * 4);
    _tile_loadd(2, first + kTile * ld, ld * 4);
    _tile_loadd(3, first + kTile * ld + kTile, ld * 4);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int64_t k = 0; k < steps; k++, a += kTwoTiles, b += kTwoTiles) {
    for (int64_t line = lines * k / steps; line < lines * (k + 1) / steps; line++) __builtin_prefetch(c + line / 2 * ldc + line % 2 * kTile, 1);
    _tile_loadd(4, a, 64);
    _tile_loadd(6, b, kTilePanel * 4);
    _tile_loadd(7, b + kTile, kTilePanel * 4);
    _tile_loadd(5, a + kTile * kTile, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, c, ldc * 4);
  _tile_stored(1, c + kTile, ldc * 4);
  _tile_stored(2, c + kTile * ldc, ldc * 4);
  _tile_stored(3, c + kTile * ldc + kTile, ldc * 4);
  asm volatile("" ::: "memory");
}

#else

// The same in plain numbers, for tests of the layout on other processors.
struct TileUse {};

inline void multiplyTiles(int64_t steps, const float* a, const float* b, float* c, int64_t ldc, Start start) {
  const auto bf16 = [](const float* tile, int64_t at) {
    uint16_t half;
    __builtin_memcpy(&half, reinterpret_cast<const char*>(tile) + 2 * at, 2);
    const uint32_t whole = static_cast<uint32_t>(half) << 16;
    float value;
    __builtin_memcpy(&value, &whole, 4);
    return value;
  };
  for (int64_t i = 0; i < kTilePanel; i++)
    for (int64_t j = 0; j < kTilePanel; j++) {
      float sum = start.accumulate ? c[i * ldc + j] : start.row != nullptr ? start.row[j] : 0.0f;
      for (int64_t k = 0; k < steps * kTileDepth; k++) {
        const int64_t block = k / kTileDepth * kTwoTiles, at = k % kTileDepth;
        sum += bf16(a + block, i * kTileDepth + at) * bf16(b + block, (at / 2 * kTilePanel + j) * 2 + at % 2);
      }
      c[i * ldc + j] = sum;
    }
}

#endif
