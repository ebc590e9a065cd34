// C = A * B, blocked for the caches. The k axis is cut the same way whatever the threads, so every element is the same sum.

// How a mode's products are blocked.
template <Mode mode>
struct Sizes {
  static constexpr int64_t rows = kPanel<mode, kRowsOfA>, columns = kPanel<mode, kColumnsOfB>;  // of a register tile
  static constexpr int64_t depth = mode == kPaired ? 2 * RAE_KC : RAE_KC;  // k's per block, of which pairs take half the room
  static constexpr int64_t mostRows = RAE_MC / rows * rows;  // per block: packed A stays in L2
  static constexpr int64_t mostColumns = (mode == kTiled ? 4096 : 2048) / columns * columns;
  static constexpr int64_t packed = 1 << (mode == kTiled ? 22 : 21);  // numbers of B at a time: they stay in L3
};

enum Slot { kSlotB, kSlotA, kSlotRows, kSlotHalf, kSlotWork, kSlotWork2, kSlotWork3, kSlotSum };

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

// How a product is cut. The cut of k depends on k alone, so every element is the same sum whatever the threads.
template <Mode mode>
struct Cut {
  // Whether blocks of the same columns come one after another, not those of the same rows.
  static constexpr bool columnsFirst = mode == kTiled;
  int64_t depth;             // k's per block
  int64_t halves;            // 2 where the k's are summed up in two halves, side by side
  int64_t tiles, rowBlocks;  // rows in register tiles, dealt out to blocks that differ by one tile at most
  bool shareRows;            // A is packed once for all blocks, before they start; else each block packs or reads its own rows
  int64_t leastSplits;       // of the columns
  int64_t row(int64_t block) const { return tiles * block / rowBlocks * Sizes<mode>::rows; }
};

// Tasks for every thread: a task that starts late or runs on a busier core then holds up little.
constexpr int64_t kTasks = 8;

// The gradient of weights: few sums of many terms. Cut by k, each thread reads those rows that it wrote before, and none that another one
// reads too. The second half's sums go to an array of their own, which must cost little.
template <Mode mode>
bool cutInHalves(const Product& p, int64_t blocks) {
  return p.a.lanesTouch && p.b.lanesTouch && blocks > 1 && p.epilogue.activation == kNone && 4 * p.m * p.n <= p.k * (p.m + p.n) &&
         p.k * upTo(p.n, Sizes<mode>::columns) <= Sizes<mode>::packed && p.n <= Sizes<mode>::mostColumns;
}

// Matrix tiles outrun the memory behind L2, so the columns of B that a thread works on stay there for all their k's: bytes of them.
constexpr int64_t kPart = 1 << 20;

template <Mode mode>
Cut<mode> cutOf(const Product& p, int64_t threads) {
  constexpr int64_t tileRows = Sizes<mode>::rows, even = mode == kTiled ? kTileDepth : 2;
  const bool packsRows = mode != kFloat;
  int64_t blocks = larger(1, (p.k + Sizes<mode>::depth - 1) / Sizes<mode>::depth);
  const int64_t halves = cutInHalves<mode>(p, blocks) ? 2 : 1;
  blocks = upTo(blocks, halves);
  const int64_t depth = larger(even, upTo((p.k + blocks - 1) / blocks, even));
  const int64_t tiles = (p.m + tileRows - 1) / tileRows, most = Sizes<mode>::mostRows / tileRows, fewest = (tiles + most - 1) / most;
  if (mode == kTiled) {
    const int64_t bytes = 2 * p.k * smaller(p.n, Sizes<mode>::mostColumns), parts = larger(1, (bytes + kPart - 1) / kPart);
    const int64_t rowBlocks = threads == 1 ? fewest : larger(fewest, (threads * kTasks + parts - 1) / parts);
    const bool share = (parts > 1 || tiles < threads * kTasks) && tiles * tileRows * p.k <= Sizes<mode>::packed;
    return {depth, halves, tiles, smaller(tiles, rowBlocks), share, parts};
  }
  if (threads == 1) return {depth, halves, tiles, fewest, false, 1};
  // Few rows and many columns: cutting by columns too, rows that are packed being packed once, beats every block's reading all of B.
  const bool readsFar = packsRows || p.a.lanesTouch, wide = readsFar && p.m < p.n && tiles * tileRows * p.k <= Sizes<mode>::packed;
  const double square = std::sqrt(static_cast<double>(threads * kTasks) * static_cast<double>(p.m) / static_cast<double>(p.n));
  const int64_t wanted = wide ? static_cast<int64_t>(square + 0.5) : threads * kTasks / (readsFar ? halves : 2);
  return {depth, halves, tiles, smaller(tiles, larger(fewest, wanted)), wide && packsRows, 1};
}

// Whether lines `ld` floats apart, one for each k, would share so few sets of L1 that they drive each other out.
inline bool crowded(int64_t ld) { return ld % 256 == 0; }

// With more rows, copying B costs little beside the product; with more columns, copying a transposed A does.
constexpr int64_t kRowsToPack = 256, kColumnsToPack = 500;

// How many of `width` columns of B the kernel reads where they lie. A last vector that they don't fill must be copied, for nothing may lie
// behind it.
template <Mode mode>
int64_t lyingColumns(const Product& p, int64_t width) {
  if (mode != kFloat || !p.b.lanesTouch || p.m > kRowsToPack || crowded(p.b.ld)) return 0;
  return width % W == 0 ? width : width / NR * NR;
}

// A register tile of C: whole vectors go straight there, anything else by way of a tile of its own.
template <Mode mode>
void microTile(int64_t steps, Rows a, Columns b, float* c, int64_t ldc, int64_t rows, int64_t columns, Start start) {
  constexpr int tall = Sizes<mode>::rows, wide = Sizes<mode>::columns;
  if (mode != kTiled && rows == tall && columns % W == 0) return microOver<mode>(columns, steps, a, b, c, ldc, start);
  if (mode == kTiled && rows == tall && columns == wide) return multiplyTiles(steps, a.p, b.p, c, ldc, start);
  alignas(64) float tile[tall * wide], first[wide] = {};
  if (start.row != nullptr) {
    __builtin_memcpy(first, start.row, static_cast<size_t>(columns) * 4);
    start.row = first;
  }
  if (mode == kTiled) multiplyTiles(steps, a.p, b.p, tile, wide, Start{false, start.row});
  else microOver<mode>(columns, steps, a, b, tile, wide, Start{false, start.row});
  for (int64_t i = 0; i < rows; i++) {
    float* target = c + i * ldc;
    const float* from = tile + i * wide;
    mapTo(target, columns, [&](auto at) { return start.accumulate ? at(target) + at(from) : at(from); });
  }
}

// Rows [row, row + rows) of C, columns [from, to) of the block of columns at `column`, by k's [k, k + depth). Packed B holds what comes
// after the columns that lie.
template <Mode mode>
void multiplyBlock(const Product& p, int64_t lyingB, const float* packedB, const float* packedA, int64_t row, int64_t rows, int64_t column,
                   int64_t from, int64_t to, int64_t k, int64_t depth) {
  constexpr int64_t high = Sizes<mode>::rows, wide = Sizes<mode>::columns;
  const int64_t sizeA = panelSize<mode>(depth, high), sizeB = panelSize<mode>(depth, wide);
  const int64_t steps = mode == kTiled ? upTo(depth, kTileDepth) / kTileDepth : mode == kPaired ? sizeA / high : depth;
  const Operand a = p.a.from(row, k);
  int64_t lying = 0;
  if (packedA != nullptr) packedA += row / high * sizeA;
  else {
    // Rows that the kernel can read where they lie are not copied; a last, short tile must be, for nothing lies behind it.
    if (mode == kFloat && !(a.lanesTouch && (crowded(a.ld) || p.n > kColumnsToPack))) lying = rows / high * high;
    float* own = static_cast<float*>(scratch(kSlotA, static_cast<size_t>(upTo(rows - lying, high) / high * sizeA) * 4));
    if (lying < rows) packPanels<mode, kRowsOfA>(own, a.from(lying, 0), rows - lying, depth);
    packedA = own;
  }
  const bool accumulate = p.accumulate || k > 0, finish = k + depth == p.k && p.epilogue.activation != kNone;
  const float* bias = accumulate ? nullptr : p.epilogue.bias;
  [[maybe_unused]] const std::conditional_t<mode == kTiled, TileUse, int> use{};
  for (int64_t j = from; j < to; j += wide) {
    const Columns panelB = j < lyingB ? Columns{p.b.from(column + j, k).p, p.b.ld} : Columns{packedB + (j - lyingB) / wide * sizeB, wide};
    const int64_t columns = smaller(wide, to - j);
    const Start start{accumulate, bias == nullptr ? nullptr : bias + column + j};
    for (int64_t i = 0; i < rows; i += high) {
      const int64_t tall = smaller(high, rows - i);
      float* c = p.c + (row + i) * p.ldc + column + j;
      const bool lies = i < lying;
      const Rows tile = lies ? Rows{a.from(i, 0).p, a.ld, a.lanesTouch ? kSideBySide : kRowByRow}
                             : Rows{packedA + (i - lying) / high * sizeA, 0, kPackedRows};
      microTile<mode>(steps, tile, panelB, c, p.ldc, tall, columns, start);
      if (finish) activateTile(c, p.ldc, tall, columns, p.epilogue.activation);
    }
  }
}

// Packs `lanes` of an operand by `blocks` blocks of k's, in tasks of some panels each.
template <Mode mode, Side side>
struct PackTasks {
  static constexpr int P = kPanel<mode, side>;
  Operand source;
  int64_t lanes, k, depth, groups;
  float* target;
  int64_t panels() const { return (lanes + P - 1) / P; }
  int64_t block() const { return panels() * panelSize<mode>(depth, P); }
  void run(int64_t task) const {
    const int64_t start = task / groups * depth, count = smaller(depth, k - start), size = panelSize<mode>(count, P);
    // Panels that one vector fills stay together.
    const auto edge = [&](int64_t group) { return smaller(panels(), upTo(panels() * group / groups, kAbreast<P>)); };
    const int64_t first = edge(task % groups), last = edge(task % groups + 1);
    if (first < last)
      packPanels<mode, side>(target + task / groups * block() + first * size, source.from(first * P, start),
                          smaller(last * P, lanes) - first * P, count);
  }
};

// Columns [column, column + width) by k's [start, end): B, and A where it is shared, is packed once; then every block of rows walks
// all of it.
template <Mode mode>
void multiplyPart(const Product& p, bool serial, const Cut<mode>& cut, int64_t threads, int64_t column, int64_t width, int64_t start,
                  int64_t end) {
  constexpr int64_t wide = Sizes<mode>::columns;
  const int64_t panels = (width + wide - 1) / wide, depth = cut.depth, blocks = (end - start + depth - 1) / depth;
  const int64_t lying = lyingColumns<mode>(p, width);
  PackTasks<mode, kColumnsOfB> b{p.b.from(column + lying, start), width - lying, end - start, depth, 0, nullptr};
  b.groups = smaller(b.panels(), threads * 4);
  PackTasks<mode, kRowsOfA> a{p.a.from(0, start), p.m, end - start, depth, smaller(cut.tiles, threads * 4), nullptr};
  b.target = static_cast<float*>(scratch(kSlotB, static_cast<size_t>(blocks * b.block()) * 4));
  if (cut.shareRows) a.target = static_cast<float*>(scratch(kSlotRows, static_cast<size_t>(blocks * a.block()) * 4));
  const int64_t groups = b.groups + (cut.shareRows ? a.groups : 0);
  forTasks(serial, blocks * groups, [&](int64_t task) {
    const int64_t block = task / groups, group = task % groups;
    if (group < b.groups) b.run(block * b.groups + group);
    else a.run(block * a.groups + group - b.groups);
  });
  const int64_t wanted = threads == 1 ? 1 : (threads * kTasks / cut.halves + cut.rowBlocks - 1) / cut.rowBlocks;
  const int64_t splits = smaller(panels, larger(cut.leastSplits, wanted));
  const int64_t middle = cut.halves == 1 ? end : blocks / 2 * depth, tasks = cut.rowBlocks * splits;
  Product rest = p;  // the second half
  if (cut.halves == 2) {
    float* sums = static_cast<float*>(scratch(kSlotHalf, static_cast<size_t>(p.m * p.n) * 4));
    rest = {p.m, p.n, p.k - middle, p.a.from(0, middle), p.b.from(0, middle), sums, p.n, false, {}};
  }
  forTasks(serial, cut.halves * tasks, [&](int64_t task) {
    const bool second = task >= tasks;
    const int64_t one = task % tasks, block = cut.columnsFirst ? one % cut.rowBlocks : one / splits;
    const int64_t part = cut.columnsFirst ? one / cut.rowBlocks : one % splits, row = cut.row(block);
    const int64_t from = panels * part / splits * wide, to = smaller(width, panels * (part + 1) / splits * wide);
    for (int64_t k = second ? middle : start; k < (second ? end : middle); k += depth) {
      const int64_t i = (k - start) / depth;
      multiplyBlock<mode>(second ? rest : p, lying, b.target + i * b.block(), cut.shareRows ? a.target + i * a.block() : nullptr, row,
                          smaller(cut.row(block + 1), p.m) - row, column, from, to, second ? k - middle : k, smaller(depth, end - k));
    }
  });
  if (cut.halves == 2)
    forTasks(serial, cut.rowBlocks, [&](int64_t block) {
      for (int64_t i = cut.row(block); i < smaller(cut.row(block + 1), p.m); i++)
        mapTo(p.c + i * p.ldc, p.n, [&](auto at) { return at(p.c + i * p.ldc) + at(rest.c + i * p.n); });
    });
}

template <Mode mode>
void multiply(const Product& p, bool serial) {
  if (p.m <= 0 || p.n <= 0) return;
  const int64_t threads = serial ? 1 : threadCount();
  const Cut<mode> cut = cutOf<mode>(p, threads);
  for (int64_t column = 0; column < p.n; column += Sizes<mode>::mostColumns) {
    const int64_t width = smaller(Sizes<mode>::mostColumns, p.n - column);
    const int64_t chunk = larger(1, Sizes<mode>::packed / upTo(width, Sizes<mode>::columns) / cut.depth) * cut.depth;
    for (int64_t k = 0; k < p.k; k += chunk)
      multiplyPart<mode>(p, serial, cut, threads, column, width, k, smaller(k + chunk, p.k));
  }
  if (p.k == 0) {  // an empty sum
    const float* bias = p.epilogue.bias;
    for (int64_t i = 0; i < p.m && !p.accumulate; i++)
      mapTo(p.c + i * p.ldc, p.n, [&](auto at) { return bias == nullptr ? vf{} : at(bias); });
    activateTile(p.c, p.ldc, p.m, p.n, p.epilogue.activation);
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
