// A double of cuBLASLt's matrix product for what cublaslt.ts asks of it: column-major operands, transposes, batches, bias and GELU.
#include <cmath>
#include <cstdint>
#include <cstring>
#include <map>
#include <vector>

#include "cuda-api.h"

extern "C" void emulator_give(CUstream stream, void (*run)(void*), void* data);

namespace {
constexpr int kFloat = 0, kBf16 = 14;
struct Layout {
  int type;
  uint64_t rows, columns;
  int64_t ld;
  int order = 0, batch = 1;
  int64_t stride = 0;
};
struct Description {
  int compute, scale, transposeA = 0, transposeB = 0, epilogue = 1;
  uint64_t bias = 0;
  int biasType = -1;
};
struct Preference {
  uint64_t workspace = 0;
};
struct Result {
  unsigned char algorithm[64];
  size_t workspace;
  int status;
  float waves;
  int reserved[4];
};
static_assert(sizeof(Result) == 96, "as in cublasLt.h");

float read(const void* at, int type, int64_t i) {
  if (type == kFloat) return static_cast<const float*>(at)[i];
  const uint32_t bits = static_cast<uint32_t>(static_cast<const uint16_t*>(at)[i]) << 16;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}
void write(void* at, int type, int64_t i, float value) {
  if (type == kFloat) {
    static_cast<float*>(at)[i] = value;
    return;
  }
  uint32_t bits;
  memcpy(&bits, &value, 4);
  if ((bits & 0x7fffffffu) > 0x7f800000u) bits |= 0x400000u;
  else bits += 0x7fffu + (bits >> 16 & 1);
  static_cast<uint16_t*>(at)[i] = static_cast<uint16_t>(bits >> 16);
}
struct Product {
  Description d;
  Layout a, b, c;
  const char *pa, *pb;
  char* pc;
  float alpha, beta;
};
void run(void* data) {
  Product* p = static_cast<Product*>(data);
  const int64_t m = static_cast<int64_t>(p->c.rows), n = static_cast<int64_t>(p->c.columns);
  const int64_t k = static_cast<int64_t>(p->d.transposeA ? p->a.rows : p->a.columns);
  const auto size = [](int type) { return type == kBf16 ? 2 : 4; };
  for (int batch = 0; batch < p->c.batch; batch++) {
    const char* a = p->pa + batch * p->a.stride * size(p->a.type);
    const char* b = p->pb + batch * p->b.stride * size(p->b.type);
    char* c = p->pc + batch * p->c.stride * size(p->c.type);
    for (int64_t j = 0; j < n; j++)
      for (int64_t i = 0; i < m; i++) {
        float sum = 0;
        for (int64_t l = 0; l < k; l++)
          sum += read(a, p->a.type, p->d.transposeA ? l + i * p->a.ld : i + l * p->a.ld) *
                 read(b, p->b.type, p->d.transposeB ? j + l * p->b.ld : l + j * p->b.ld);
        float value = p->alpha * sum + (p->beta != 0 ? p->beta * read(c, p->c.type, i + j * p->c.ld) : 0);
        if (p->d.epilogue & 4) value += read(reinterpret_cast<const void*>(p->d.bias), p->d.biasType < 0 ? p->c.type : p->d.biasType, i);
        if (p->d.epilogue & 2) value = value > 0 ? value : 0;
        if (p->d.epilogue & 32) value = 0.5f * value * (1 + tanhf(0.7978845608f * (value + 0.044715f * value * value * value)));
        write(c, p->c.type, i + j * p->c.ld, value);
      }
  }
}
}  // namespace

extern "C" {
size_t cublasLtGetVersion() { return 130000; }
int cublasLtCreate(uint64_t* handle) {
  *handle = 1;
  return 0;
}
int cublasLtDestroy(uint64_t) { return 0; }
int cublasLtMatmulDescCreate(Description** d, int compute, int scale) {
  *d = new Description{compute, scale};
  return 0;
}
int cublasLtMatmulDescDestroy(Description* d) {
  delete d;
  return 0;
}
int cublasLtMatmulDescSetAttribute(Description* d, int attribute, const void* value, size_t size) {
  if (attribute == 8 && size == 8) return memcpy(&d->bias, value, 8), 0;
  if (size != 4) return 7;
  const std::map<int, int*> places = {{3, &d->transposeA}, {4, &d->transposeB}, {7, &d->epilogue}, {26, &d->biasType}};
  const auto place = places.find(attribute);
  if (place == places.end()) return 15;
  memcpy(place->second, value, 4);
  return 0;
}
int cublasLtMatrixLayoutCreate(Layout** layout, int type, uint64_t rows, uint64_t columns, int64_t ld) {
  if (ld < static_cast<int64_t>(rows)) return 7;
  *layout = new Layout{type, rows, columns, ld};
  return 0;
}
int cublasLtMatrixLayoutDestroy(Layout* layout) {
  delete layout;
  return 0;
}
int cublasLtMatrixLayoutSetAttribute(Layout* layout, int attribute, const void* value, size_t size) {
  if (attribute == 5 && size == 4) return memcpy(&layout->batch, value, 4), 0;
  if (attribute == 6 && size == 8) return memcpy(&layout->stride, value, 8), 0;
  return 7;
}
int cublasLtMatmulPreferenceCreate(Preference** preference) {
  *preference = new Preference;
  return 0;
}
int cublasLtMatmulPreferenceDestroy(Preference* preference) {
  delete preference;
  return 0;
}
int cublasLtMatmulPreferenceSetAttribute(Preference* preference, int attribute, const void* value, size_t size) {
  if (attribute != 1 || size != 8) return 7;
  memcpy(&preference->workspace, value, 8);
  return 0;
}
int cublasLtMatmulAlgoGetHeuristic(uint64_t, Description*, Layout*, Layout*, Layout*, Layout*, Preference* preference, int wanted,
                                   Result* results, int* found) {
  *found = wanted < 2 ? wanted : 2;
  for (int i = 0; i < *found; i++) {
    results[i] = {};
    memset(results[i].algorithm, i + 1, 64);
    results[i].workspace = i == 0 ? preference->workspace : 0;
  }
  return 0;
}
int cublasLtMatmul(uint64_t, Description* d, const float* alpha, const void* a, Layout* la, const void* b, Layout* lb, const float* beta,
                   const void* c, Layout* lc, void* out, Layout* lo, const unsigned char* algorithm, void* workspace, size_t bytes,
                   CUstream stream) {
  const uint64_t m = d->transposeA ? la->columns : la->rows, k = d->transposeA ? la->rows : la->columns;
  const uint64_t k2 = d->transposeB ? lb->columns : lb->rows, n = d->transposeB ? lb->rows : lb->columns;
  if (m != lo->rows || n != lo->columns || k != k2 || la->type != lb->type || lc->type != lo->type || c != out) return 7;
  if (la->batch != lo->batch || lb->batch != lo->batch) return 7;
  if (!algorithm || (algorithm[0] != 1 && algorithm[0] != 2)) return 7;
  if (algorithm[0] == 1 && (!workspace || bytes == 0)) return 7;
  if (d->compute != 68 || d->scale != kFloat) return 15;
  emulator_give(stream, &run, new Product{*d, *la, *lb, *lo, static_cast<const char*>(a), static_cast<const char*>(b), static_cast<char*>(out), *alpha, *beta});
  return 0;
}
}
