// C = A * B, blocked for the caches. The k axis is cut the same way whatever the threads, so every element is the same sum.

constexpr int64_t kDepth = RAE_KC;         // k's per block: a panel of B stays in L1
constexpr int64_t kColumns = 2048 / NR * NR;  // columns per block: packed B stays in L3
constexpr int64_t kRows = RAE_MC / MR * MR;   // rows per block: packed A stays in L2

enum Slot { kSlotB, kSlotA, kSlotWork, kSlotWork2, kSlotWork3, kSlotSum };

struct Product {
  int64_t m, n, k;
  Operand a, b;
  float* c;
  int64_t ldc;
  bool accumulate;  // c += instead of c =
  Epilogue epilogue;
};

inline void forTasks(bool serial, int64_t count, Task task, void* context) {
  if (serial)
    for (int64_t i = 0; i < count; i++) task(context, i);
  else
    runTasks(count, task, context);
}

template <class F>
inline void forTasks(bool serial, int64_t count, F body) {
  forTasks(
      serial, count, [](void* context, int64_t i) { (*static_cast<F*>(context))(i); }, &body);
}

// One block of A against columns [from, to) of packed B.
template <Mode mode>
void multiplyBlock(const Product& p, const float* packedB, int64_t row, int64_t rows, int64_t column, int64_t from, int64_t to,
                   int64_t k, int64_t depth) {
  const int64_t sizeA = panelSize<mode>(depth, MR), sizeB = panelSize<mode>(depth, NR), steps = sizeA / MR;
  float* packedA = static_cast<float*>(scratch(kSlotA, (static_cast<size_t>(upTo(rows, MR) / MR * sizeA) + W) * 4));
  packPanels<mode, MR>(packedA, p.a.from(row, k), rows, depth);
  const bool accumulate = p.accumulate || k > 0, finish = k + depth == p.k && !p.epilogue.idle();
  for (int64_t j = from; j < to; j += NR) {
    const float* panelB = packedB + j / NR * sizeB;
    const int64_t columns = smaller(NR, to - j);
    for (int64_t i = 0; i < rows; i += MR) {
      const int64_t tall = smaller(MR, rows - i);
      float* c = p.c + (row + i) * p.ldc + column + j;
      if (tall == MR && columns == NR) micro<mode>(steps, packedA + i / MR * sizeA, panelB, c, p.ldc, accumulate);
      else microEdge<mode>(steps, packedA + i / MR * sizeA, panelB, c, p.ldc, tall, columns, accumulate);
      if (finish) finishTile(c, p.ldc, tall, columns, column + j, p.epilogue);
    }
  }
}

template <Mode mode>
void multiply(const Product& p, bool serial) {
  if (p.m <= 0 || p.n <= 0) return;
  const int64_t threads = serial ? 1 : threadCount();
  const int64_t depth = larger(1, upTo((p.k + upTo(p.k, kDepth) / kDepth - 1) / larger(1, upTo(p.k, kDepth) / kDepth), 2));
  // Enough blocks for all threads, yet as large as the caches allow.
  int64_t height = kRows;
  if (threads > 1) height = larger(MR, smaller(height, upTo((p.m + threads * 4 - 1) / (threads * 4), MR)));
  const int64_t rowBlocks = (p.m + height - 1) / height;
  for (int64_t column = 0; column < p.n; column += kColumns) {
    const int64_t width = smaller(kColumns, p.n - column), panels = (width + NR - 1) / NR;
    const int64_t splits = threads == 1 ? 1 : larger(1, smaller(panels, (threads * 4 + rowBlocks - 1) / rowBlocks));
    for (int64_t k = 0; k < p.k; k += depth) {
      const int64_t count = smaller(depth, p.k - k), sizeB = panelSize<mode>(count, NR);
      float* packedB = static_cast<float*>(scratch(kSlotB, (static_cast<size_t>(panels * sizeB) + W) * 4));
      const int64_t group = larger(1, (panels + threads * 4 - 1) / (threads * 4));
      forTasks(serial, (panels + group - 1) / group, [&](int64_t i) {
        const int64_t first = i * group * NR;
        packPanels<mode, NR>(packedB + i * group * sizeB, p.b.from(column + first, k), smaller(group * NR, width - first), count);
      });
      forTasks(serial, rowBlocks * splits, [&](int64_t task) {
        const int64_t row = task / splits * height, part = task % splits;
        const int64_t from = panels * part / splits * NR, to = smaller(width, panels * (part + 1) / splits * NR);
        multiplyBlock<mode>(p, packedB, row, smaller(height, p.m - row), column, from, to, k, count);
      });
    }
  }
  if (p.k == 0) {  // an empty sum
    if (!p.accumulate)
      for (int64_t i = 0; i < p.m; i++) __builtin_memset(p.c + i * p.ldc, 0, static_cast<size_t>(p.n) * 4);
    finishTile(p.c, p.ldc, p.m, p.n, 0, p.epilogue);
  }
}

inline void multiply(const Product& p, bool serial, bool bf16) {
  if (bf16) multiply<kBf16Mode>(p, serial);
  else multiply<kFloat>(p, serial);
}

// Operands of a row-major matrix [rows, columns] used as it is or transposed.
inline Operand left(const float* p, int64_t ld, bool transposed) { return {p, ld, transposed}; }
inline Operand right(const float* p, int64_t ld, bool transposed) { return {p, ld, !transposed}; }

// buffers c, a, b, bias?; numbers batch, m, n, k, transposeA, transposeB, strideA, strideB (floats between batch items; 0
// repeats one), activation, bf16.
void gemmCall(const Call& call) {
  const int64_t batch = call.n(0), m = call.n(1), n = call.n(2), k = call.n(3);
  const bool ta = call.n(4) != 0, tb = call.n(5) != 0, bf16 = call.n(9) != 0;
  const int64_t strideA = call.n(6), strideB = call.n(7);
  Epilogue epilogue;
  epilogue.bias = call.f32(3);
  epilogue.activation = static_cast<int>(call.n(8));
  auto item = [&](int64_t i) {
    return Product{m, n, k, left(call.f32(1) + i * strideA, ta ? m : k, ta), right(call.f32(2) + i * strideB, tb ? k : n, tb),
                   call.f32(0) + i * m * n, n, false, epilogue};
  };
  const int64_t work = m * n * k;
  if (batch == 1) multiply(item(0), work < 100000, bf16);
  else if (batch >= 2 * threadCount() || work < 1000000) parallel(batch, [&](int64_t i) { multiply(item(i), true, bf16); });
  else
    for (int64_t i = 0; i < batch; i++) multiply(item(i), work < 100000, bf16);
}
