// Float32 products by matrix tiles. A number is the sum of three bf16 parts, exactly: 3 x 8 bits. Of the nine products of parts, the six
// that reach float32's last bit are summed up in float32; what is left out is at most 2^-23 of a product and 2^-26 on the average, as the
// rounding of a multiply-add is. Sixteen times as many operations at a time, six times as many of them.
//
// Tiles count numbers below 2^-126 as zero and make NaN of an infinity's parts. So operands with numbers from 2^127 on, or so small that
// parts of their products vanish, are multiplied by vectors.

constexpr bool kSplits =
#if defined(__AMX_BF16__) || defined(RAE_EMULATE_TILES)
    true;
#else
    false;
#endif

// The bits of the largest of the first parts, by size, that `blocks` times 32 k's of a panel are packed as.
inline int32_t largestPart(const float* panel, int64_t blocks) {
  vi most = {};
  for (int64_t block = 0; block < blocks; block++, panel += partsOf(kSplit) * kTwoTiles)
    for (int64_t i = 0; i < kTwoTiles; i += W) {
      const vi pair = bits(load(panel + i)), high = pair & splatInt(0x7fff0000), low = (pair << 16) & splatInt(0x7fff0000);
      most = most > high ? most : high;
      most = most > low ? most : low;
    }
  int32_t all = 0;
  for (int i = 0; i < W; i++) all = all > most[i] ? all : most[i];
  return all;
}

// Whether products of numbers up to these two, given by their bits, keep all of float32's digits as parts.
inline bool splitsWell(int32_t a, int32_t b) {
  const int32_t one = 127, eA = a >> 23, eB = b >> 23;
  if (a == 0 || b == 0) return eA < 2 * one && eB < 2 * one;
  return eA < 2 * one && eB < 2 * one && eA >= one - 90 && eB >= one - 90 && eA + eB >= 2 * one - 80;
}
