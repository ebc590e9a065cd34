// A double of cuDNN's graphs for what cudnn.ts asks of it: descriptors with their attributes, two plans for each graph, and running one by
// doing its operations in their order, number by number. Intermediate tensors are kept as their descriptors say, bf16 included.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cuda-api.h"

extern "C" void emulator_give(CUstream stream, void (*run)(void*), void* data);

namespace {
constexpr int kBadParam = 2000, kNotSupported = 3000, kFloat = 0, kBf16 = 9;
enum Kind {
  kPointwise = 0, kConfig = 3, kHeuristics = 4, kPlan = 5, kPointwiseOperation = 13, kGraph = 15, kPack = 16, kTensor = 17, kProduct = 18,
  kProductOperation = 19, kReduction = 21, kReductionOperation = 22, kView = 31, kAttention = 41,
};
std::string lastError;
unsigned long long runs = 0;
bool starts = true;

struct Descriptor {
  int kind;
  std::map<int, std::vector<unsigned char>> attributes;
  bool finished = false;
  template <class T>
  std::vector<T> all(int attribute) const {
    const auto found = attributes.find(attribute);
    if (found == attributes.end()) return {};
    std::vector<T> values(found->second.size() / sizeof(T));
    memcpy(values.data(), found->second.data(), found->second.size());
    return values;
  }
  template <class T>
  T one(int attribute, T otherwise = T()) const {
    const auto values = all<T>(attribute);
    return values.size() == 1 ? values[0] : otherwise;
  }
  const Descriptor* other(int attribute) const { return one<Descriptor*>(attribute); }
};
int fail(int code, const std::string& reason) {
  lastError = "Error: CODE; Reason: " + reason;
  return code;
}

float wide(uint16_t bits) {
  const uint32_t word = static_cast<uint32_t>(bits) << 16;
  float value;
  memcpy(&value, &word, 4);
  return value;
}
uint16_t narrow(float value) {
  uint32_t bits;
  memcpy(&bits, &value, 4);
  if ((bits & 0x7fffffffu) > 0x7f800000u) bits |= 0x400000u;
  else bits += 0x7fffu + (bits >> 16 & 1);
  return static_cast<uint16_t>(bits >> 16);
}

// A tensor with the memory that it has in this run.
struct Tensor {
  int64_t dims[4], strides[4];
  int type;
  char* at;
  int64_t index(int64_t b, int64_t h, int64_t r, int64_t c) const {
    const int64_t i[4] = {b, h, r, c};
    int64_t sum = 0;
    // What has one place serves for all.
    for (int d = 0; d < 4; d++) sum += dims[d] == 1 ? 0 : i[d] * strides[d];
    return sum;
  }
  float read(int64_t i) const { return type == kBf16 ? wide(reinterpret_cast<uint16_t*>(at)[i]) : reinterpret_cast<float*>(at)[i]; }
  void write(int64_t i, float value) const {
    if (type == kBf16) reinterpret_cast<uint16_t*>(at)[i] = narrow(value);
    else reinterpret_cast<float*>(at)[i] = value;
  }
  float get(int64_t b, int64_t h, int64_t r, int64_t c) const { return read(index(b, h, r, c)); }
  void put(int64_t b, int64_t h, int64_t r, int64_t c, float value) const { write(index(b, h, r, c), value); }
  int64_t span() const {
    int64_t last = 0;
    for (int d = 0; d < 4; d++) last += (dims[d] - 1) * strides[d];
    return last + 1;
  }
};
template <class F>
void forAll(const int64_t dims[4], F f) {
  for (int64_t b = 0; b < dims[0]; b++)
    for (int64_t h = 0; h < dims[1]; h++)
      for (int64_t r = 0; r < dims[2]; r++)
        for (int64_t c = 0; c < dims[3]; c++) f(b, h, r, c);
}

// A run: the operations, and where each tensor lies. Numbers that the host gives are copied at the call.
struct Run {
  std::vector<const Descriptor*> operations;
  std::map<int64_t, char*> places;
  std::map<int64_t, float> values;
  char* workspace;
  int64_t workspaceBytes;
  std::vector<std::unique_ptr<char[]>> memory;

  char* fresh(int64_t bytes) {
    memory.push_back(std::make_unique<char[]>(static_cast<size_t>(bytes)));
    return memory.back().get();
  }
  Tensor tensor(const Descriptor* d) {
    Tensor t;
    memcpy(t.dims, d->all<int64_t>(902).data(), sizeof t.dims);
    memcpy(t.strides, d->all<int64_t>(903).data(), sizeof t.strides);
    t.type = d->one<int>(901);
    const int64_t id = d->one<int64_t>(906);
    if (d->one<char>(908)) t.at = reinterpret_cast<char*>(&values[id]);
    else {
      char*& at = places[id];
      if (!at && d->one<char>(907)) at = fresh(t.span() * 4);
      t.at = at;
    }
    return t;
  }

  void pointwise(const Descriptor* o) {
    const int mode = o->other(750)->one<int>(0);
    const Tensor x = tensor(o->other(751)), y = tensor(o->other(753));
    const Tensor b = o->other(752) ? tensor(o->other(752)) : x;
    forAll(y.dims, [&](int64_t i, int64_t h, int64_t r, int64_t c) {
      const float u = x.get(i, h, r, c), v = b.get(i, h, r, c);
      y.put(i, h, r, c, mode == 1 ? u * v : mode == 9 ? u - v : expf(u));
    });
  }
  void product(const Descriptor* o) {
    const Tensor a = tensor(o->other(1520)), b = tensor(o->other(1521)), y = tensor(o->other(1522));
    forAll(y.dims, [&](int64_t i, int64_t h, int64_t r, int64_t c) {
      float sum = 0;
      for (int64_t k = 0; k < a.dims[3]; k++) sum += a.get(i, h, r, k) * b.get(i, h, k, c);
      y.put(i, h, r, c, sum);
    });
  }
  void sum(const Descriptor* o) {
    const Tensor x = tensor(o->other(1610)), y = tensor(o->other(1611));
    forAll(y.dims, [&](int64_t i, int64_t h, int64_t r, int64_t c) { y.put(i, h, r, c, 0); });
    forAll(x.dims, [&](int64_t i, int64_t h, int64_t r, int64_t c) { y.put(i, h, r, c, y.get(i, h, r, c) + x.get(i, h, r, c)); });
  }
  // The same memory under another shape, rounded where the type is another.
  void view(const Descriptor* o) {
    const Tensor x = tensor(o->other(2200)), y = tensor(o->other(2201));
    const int64_t id = o->other(2201)->one<int64_t>(906);
    if (x.type == y.type) places[id] = x.at;
    else
      for (int64_t i = 0; i < x.span(); i++) y.write(i, x.read(i));
  }
  void attention(const Descriptor* o) {
    const Tensor q = tensor(o->other(2800)), k = tensor(o->other(2801)), v = tensor(o->other(2802)), y = tensor(o->other(2803));
    const float scale = tensor(o->other(2805)).get(0, 0, 0, 0);
    const int64_t rows[4] = {q.dims[0], q.dims[1], q.dims[2], 1};
    forAll(rows, [&](int64_t b, int64_t h, int64_t r, int64_t) {
      std::vector<float> p(static_cast<size_t>(k.dims[2]));
      float most = -INFINITY, total = 0;
      for (int64_t j = 0; j < k.dims[2]; j++) {
        float s = 0;
        for (int64_t e = 0; e < q.dims[3]; e++) s += q.get(b, h, r, e) * k.get(b, h, j, e);
        p[static_cast<size_t>(j)] = s * scale;
        most = fmaxf(most, s * scale);
      }
      for (float& x : p) total += x = expf(x - most);
      for (int64_t e = 0; e < v.dims[3]; e++) {
        float sum = 0;
        for (int64_t j = 0; j < k.dims[2]; j++) sum += p[static_cast<size_t>(j)] * v.get(b, h, j, e);
        y.put(b, h, r, e, sum / total);
      }
      if (o->other(2804)) tensor(o->other(2804)).put(b, h, r, 0, most + logf(total));
    });
  }
};
// A captured run is done at each replay, so none is freed.
void carryOut(void* data) {
  Run* run = static_cast<Run*>(data);
  memset(run->workspace, 0xff, static_cast<size_t>(run->workspaceBytes));
  for (const Descriptor* o : run->operations) {
    if (o->kind == kPointwiseOperation) run->pointwise(o);
    else if (o->kind == kProductOperation) run->product(o);
    else if (o->kind == kReductionOperation) run->sum(o);
    else if (o->kind == kView) run->view(o);
    else if (o->kind == kAttention) run->attention(o);
  }
}

// The tensors of an operation, by their attributes.
std::vector<const Descriptor*> tensorsOf(const Descriptor* o) {
  std::vector<const Descriptor*> found;
  for (const auto& [attribute, bytes] : o->attributes)
    if (const Descriptor* other = o->other(attribute); other && other->kind == kTensor) found.push_back(other);
  return found;
}
int64_t workspaceOf(const Descriptor* plan) { return plan->other(401)->one<int64_t>(-1); }
}  // namespace

extern "C" {
// What tests ask of the double.
unsigned long long emulator_cudnn_runs() { return runs; }
void emulator_cudnn_starts(int value) { starts = value != 0; }

size_t cudnnGetVersion() { return 92400; }
size_t cudnnGetCudartVersion() { return 13000; }
void cudnnGetLastErrorString(char* text, size_t bytes) { snprintf(text, bytes, "%s", lastError.c_str()); }
int cudnnCreate(uint64_t* handle) {
  if (!starts) return fail(1001, "no kernel image for this device");
  *handle = reinterpret_cast<uint64_t>(new CUstream());
  return 0;
}
int cudnnDestroy(CUstream* handle) {
  delete handle;
  return 0;
}
int cudnnSetStream(CUstream* handle, CUstream stream) {
  *handle = stream;
  return 0;
}
int cudnnBackendCreateDescriptor(int kind, Descriptor** descriptor) {
  *descriptor = new Descriptor{kind, {}};
  return 0;
}
int cudnnBackendDestroyDescriptor(Descriptor* descriptor) {
  delete descriptor;
  return 0;
}
int cudnnBackendSetAttribute(Descriptor* d, int attribute, int type, int64_t count, const void* values) {
  if (d->finished) return fail(kBadParam, "set after finalize");
  const size_t each = type == 24 || type == 2 ? 1 : type == 1 || type == 8 || type == 14 || type == 18 ? 4 : 8;
  const auto* bytes = static_cast<const unsigned char*>(values);
  d->attributes[attribute].assign(bytes, bytes + each * static_cast<size_t>(count));
  return 0;
}
int cudnnBackendFinalize(Descriptor* d) {
  if (d->kind == kTensor) {
    const int type = d->one<int>(901, -1);
    if (d->all<int64_t>(902).size() != 4 || d->all<int64_t>(903).size() != 4) return fail(kBadParam, "not four dimensions");
    if ((type != kFloat && type != kBf16) || d->one<int64_t>(900) % (type == kBf16 ? 2 : 4) != 0) return fail(kBadParam, "alignment");
  }
  if (d->kind == kGraph) {
    if (d->all<Descriptor*>(801).empty() || !d->one<uint64_t>(800)) return fail(kBadParam, "a graph without operations or handle");
    for (const Descriptor* o : d->all<Descriptor*>(801))
      for (const Descriptor* t : tensorsOf(o))
        if (t->one<char>(908) == 0 && t->all<int64_t>(902)[3] > 1024) return fail(kNotSupported, "heads are too wide");
  }
  if (d->kind == kPlan && !d->one<uint64_t>(400)) return fail(kBadParam, "a plan without handle");
  d->finished = true;
  return 0;
}
int cudnnBackendGetAttribute(Descriptor* d, int attribute, int, int64_t wanted, int64_t* count, void* values) {
  if (!d->finished) return fail(kBadParam, "asked before finalize");
  if (d->kind == kHeuristics && attribute == 202) {
    // One more than it has in the end, as the real one.
    *count = values ? 2 : 3;
    for (int64_t i = 0; values && i < 2 && i < wanted; i++) {
      Descriptor* config = static_cast<Descriptor**>(values)[i];
      if (config->kind != kConfig) return fail(kBadParam, "not a configuration");
      const int64_t bytes = i == 0 ? 256 : 0;
      const Descriptor* graph = d->other(201);
      config->attributes[-1].assign(reinterpret_cast<const unsigned char*>(&bytes), reinterpret_cast<const unsigned char*>(&bytes) + 8);
      config->attributes[-2].assign(reinterpret_cast<const unsigned char*>(&graph), reinterpret_cast<const unsigned char*>(&graph) + 8);
    }
    return 0;
  }
  if (d->kind == kPlan && attribute == 402) {
    *count = 1;
    *static_cast<int64_t*>(values) = workspaceOf(d);
    return 0;
  }
  return fail(kNotSupported, "asked for something else");
}
int cudnnBackendExecute(CUstream* handle, Descriptor* plan, Descriptor* pack) {
  if (plan->kind != kPlan || pack->kind != kPack || !plan->finished || !pack->finished) return fail(kBadParam, "not a plan and a pack");
  auto run = std::make_unique<Run>();
  run->workspace = pack->one<char*>(1003);
  run->workspaceBytes = workspaceOf(plan);
  if (run->workspaceBytes > 0 && !run->workspace) return fail(kBadParam, "no workspace");
  const auto ids = pack->all<int64_t>(1000);
  const auto pointers = pack->all<char*>(1001);
  if (ids.size() != pointers.size()) return fail(kBadParam, "as many places as ids");
  std::map<int64_t, char*> given;
  for (size_t i = 0; i < ids.size(); i++) given[ids[i]] = pointers[i];
  run->operations = plan->other(401)->other(-2)->all<const Descriptor*>(801);
  for (const Descriptor* o : run->operations)
    for (const Descriptor* t : tensorsOf(o)) {
      const int64_t id = t->one<int64_t>(906);
      if (t->one<char>(907)) continue;
      char* at = given[id];
      if (!at) return fail(kBadParam, "no place for tensor " + std::to_string(id));
      if (t->one<char>(908)) memcpy(&run->values[id], at, 4);
      else if (reinterpret_cast<uintptr_t>(at) % static_cast<uintptr_t>(t->one<int64_t>(900)) != 0) return fail(kBadParam, "place not aligned");
      else run->places[id] = at;
    }
  runs++;
  emulator_give(*handle, &carryOut, run.release());
  return 0;
}
}
