// Philox 4x32-10 with the counter (block, stream, step, 0), as src/core/philox.ts.

constexpr int64_t kBlocks = 64;  // counters worked on side by side

struct Words {
  uint32_t w[4][kBlocks];
};

inline void philox(Words& words, uint32_t first, uint32_t stream, uint32_t step, uint32_t k0, uint32_t k1) {
  for (uint32_t i = 0; i < kBlocks; i++) {
    words.w[0][i] = first + i;
    words.w[1][i] = stream;
    words.w[2][i] = step;
    words.w[3][i] = 0;
  }
  for (int round = 0; round < 10; round++, k0 += 0x9e3779b9u, k1 += 0xbb67ae85u)
    for (int64_t i = 0; i < kBlocks; i++) {
      const uint64_t a = 0xd2511f53ull * words.w[0][i], b = 0xcd9e8d57ull * words.w[2][i];
      const uint32_t c1 = words.w[1][i], c3 = words.w[3][i];
      words.w[0][i] = static_cast<uint32_t>(b >> 32) ^ c1 ^ k0;
      words.w[1][i] = static_cast<uint32_t>(b);
      words.w[2][i] = static_cast<uint32_t>(a >> 32) ^ c3 ^ k1;
      words.w[3][i] = static_cast<uint32_t>(a);
    }
}

// The middle of one of 2^23 equal parts of (0,1), exact.
inline vf unit(const uint32_t* words) {
  vi w;
  __builtin_memcpy(&w, words, sizeof w);
  const vi parts = reinterpret_cast<vi>(reinterpret_cast<vu>(w) >> 9);
  return (__builtin_convertvector(parts, vf) + splat(0.5f)) * splat(1.0f / 8388608.0f);
}

// Writes numbers 0..n-1 of the draw; `make` turns four words of W blocks each into four vectors.
template <class F>
inline void draw(const Call& call, F make) {
  const int64_t n = call.n(4), span = kBlocks * 4;
  const auto word = [&](size_t i) { return static_cast<uint32_t>(static_cast<int64_t>(call.numbers[i])); };
  parallelRange((n + span - 1) / span, 16, [&](int64_t from, int64_t to) {
    Words words;
    float out[kBlocks * 4];
    for (int64_t group = from; group < to; group++) {
      philox(words, static_cast<uint32_t>(group * kBlocks), word(2), word(3), word(0), word(1));
      for (int64_t i = 0; i < kBlocks; i += W) {
        vf v[4];
        make(words.w[0] + i, words.w[1] + i, words.w[2] + i, words.w[3] + i, v);
        for (int64_t lane = 0; lane < W; lane++)
          for (int j = 0; j < 4; j++) out[(i + lane) * 4 + j] = v[j][lane];
      }
      const int64_t begin = group * span;
      __builtin_memcpy(call.f32(0) + begin, out, static_cast<size_t>(smaller(span, n - begin)) * 4);
    }
  });
}

// buffers y; numbers key 0, key 1, stream, step, n.
void philoxUniformCall(const Call& call) {
  draw(call, [](const uint32_t* a, const uint32_t* b, const uint32_t* c, const uint32_t* d, vf* v) {
    v[0] = unit(a);
    v[1] = unit(b);
    v[2] = unit(c);
    v[3] = unit(d);
  });
}

// As above; Box and Muller on each pair. Absolute error 2e-6.
void philoxNormalCall(const Call& call) {
  draw(call, [](const uint32_t* a, const uint32_t* b, const uint32_t* c, const uint32_t* d, vf* v) {
    auto pair = [](const uint32_t* first, const uint32_t* second, vf* out) {
      const vf radius = root(splat(-2.0f) * logv(unit(first)));
      vf sine, cosine;
      turnv(unit(second), &sine, &cosine);
      out[0] = radius * cosine;
      out[1] = radius * sine;
    };
    pair(a, b, v);
    pair(c, d, v + 2);
  });
}
