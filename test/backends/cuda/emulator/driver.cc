// A double of NVIDIA's driver library: it keeps device memory on the host, runs kernels that nvrtc.cc compiled for it, and notes every call.
// Work given to a stream waits until somebody waits for it, so that a host which reads too early, or changes pinned memory too early, is
// found out. New memory holds NaNs; writes beside it are noticed when it is freed.
#include <dlfcn.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "cuda-api.h"

// The backend asks for the older name, which drivers keep.
#undef cuEventElapsedTime

namespace {

using Work = std::function<void()>;
constexpr int kOutOfMemory = 2, kInvalidValue = 1, kInvalidContext = 201, kIllegalAddress = 700, kNotReady = 600, kNotFound = 500,
              kCaptureUnsupported = 900;
constexpr size_t kGuard = 64;

struct Stream {
  std::deque<Work> queue;
  std::vector<Work>* capturing = nullptr;
  bool spoiled = false;
};
struct Event {
  bool recorded = false, done = false, asked = false;
  double milliseconds = 0;
};
struct Module {
  void* library;
};
struct Function {
  const void* kernel;
  void (*run)(const void*, const unsigned*, const unsigned*, void**);
  std::vector<size_t> sizes;
  std::string name;
  int sharedBytes = 48 * 1024;
};
struct Graph {
  std::vector<Work> work;
};

std::vector<Stream*> streams;
std::map<CUdeviceptr, size_t> memory;
std::map<char*, size_t> pinned;
size_t used = 0, most = 0, limit = size_t(1) << 34;
std::string journal, failing;
int failAfter = 0, failCode = 0, capability = 9;
bool hasContext = false;
// Kernels do nothing where EMULATOR_IDLE is set, and memory holds zeros: what a step then takes is the host's time.
const bool idle = getenv("EMULATOR_IDLE") != nullptr;
int sticky = 0;

CUresult result(int code) { return static_cast<CUresult>(code); }

// Notes a call; gives the code with which it was told to fail.
int begin(const char* name, const std::string& detail = "") {
  journal += name;
  if (!detail.empty()) journal += " " + detail;
  journal += "\n";
  if (failing == name && failAfter-- <= 0) {
    failing.clear();
    return failCode;
  }
  return sticky;
}
#define BEGIN(...)                                              \
  if (const int code = begin(__func__, ##__VA_ARGS__)) return result(code)

bool anyCapture() {
  for (Stream* stream : streams)
    if (stream->capturing) {
      stream->spoiled = true;
      return true;
    }
  return false;
}
#define NOT_IN_CAPTURE() \
  if (anyCapture()) return result(kCaptureUnsupported)

void give(Stream* stream, Work work) {
  if (stream->capturing) stream->capturing->push_back(std::move(work));
  else stream->queue.push_back(std::move(work));
}
void finish(Stream* stream) {
  while (!stream->queue.empty()) {
    stream->queue.front()();
    stream->queue.pop_front();
  }
}
void finishAll() {
  for (Stream* stream : streams) finish(stream);
}
bool onDevice(CUdeviceptr at, size_t bytes) {
  auto after = memory.upper_bound(at);
  if (after == memory.begin()) return false;
  --after;
  return at >= after->first && at + bytes <= after->first + after->second;
}
bool onPinned(const void* at) {
  for (const auto& [start, bytes] : pinned)
    if (at >= start && at < start + bytes) return true;
  return false;
}
Stream* of(CUstream stream) { return reinterpret_cast<Stream*>(stream); }
char* host(CUdeviceptr at) { return reinterpret_cast<char*>(at); }

}  // namespace

extern "C" {

// What tests ask of the double.
const char* emulator_journal() { return journal.c_str(); }
void emulator_clear() { journal.clear(); }
void emulator_fail(const char* name, int after, int code) { failing = name, failAfter = after, failCode = code; }
void emulator_capability(int major) { capability = major; }
void emulator_limit(unsigned long long bytes) { limit = bytes; }
unsigned long long emulator_used() { return used; }
unsigned long long emulator_most() { return most; }
// For cublaslt.cc: work on a stream.
void emulator_give(CUstream stream, void (*run)(void*), void* data) {
  if (!idle) give(of(stream), [run, data] { run(data); });
}

CUresult CUDAAPI cuInit(unsigned) {
  BEGIN();
  return result(getenv("EMULATOR_NO_DEVICE") ? 100 : 0);
}
CUresult CUDAAPI cuDriverGetVersion(int* version) {
  *version = 13000;
  return result(0);
}
CUresult CUDAAPI cuGetErrorName(CUresult code, const char** text) {
  *text = code == kOutOfMemory ? "CUDA_ERROR_OUT_OF_MEMORY" : code == kIllegalAddress ? "CUDA_ERROR_ILLEGAL_ADDRESS" : "CUDA_ERROR";
  return result(0);
}
CUresult CUDAAPI cuGetErrorString(CUresult code, const char** text) {
  *text = code == kOutOfMemory ? "out of memory" : code == kIllegalAddress ? "an illegal memory access was encountered" : "error";
  return result(0);
}
CUresult CUDAAPI cuDeviceGetCount(int* count) {
  *count = 1;
  return result(0);
}
CUresult CUDAAPI cuDeviceGet(CUdevice* device, int ordinal) {
  *device = ordinal;
  return result(ordinal == 0 ? 0 : 101);
}
CUresult CUDAAPI cuDeviceGetName(char* name, int length, CUdevice) {
  snprintf(name, static_cast<size_t>(length), "Emulated GPU");
  return result(0);
}
CUresult CUDAAPI cuDeviceGetAttribute(int* value, CUdevice_attribute attribute, CUdevice) {
  const std::map<int, int> values = {{16, 4}, {75, capability}, {76, 0}, {13, 1000000}, {97, 232448}, {36, 1000000}, {37, 5120}, {38, 1 << 20}};
  const auto found = values.find(static_cast<int>(attribute));
  *value = found == values.end() ? 0 : found->second;
  return result(found == values.end() ? kInvalidValue : 0);
}
CUresult CUDAAPI cuDeviceTotalMem(size_t* bytes, CUdevice) {
  *bytes = limit;
  return result(0);
}
CUresult CUDAAPI cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice) {
  BEGIN();
  hasContext = true;
  *context = reinterpret_cast<CUcontext>(1);
  return result(0);
}
CUresult CUDAAPI cuDevicePrimaryCtxRelease(CUdevice) {
  BEGIN();
  finishAll();
  hasContext = false;
  return result(0);
}
CUresult CUDAAPI cuCtxSetCurrent(CUcontext) { return result(0); }

CUresult CUDAAPI cuModuleLoadData(CUmodule* module, const void* image) {
  BEGIN();
  NOT_IN_CAPTURE();
  // The image is a shared library behind its own length; see nvrtc.cc.
  uint64_t bytes;
  memcpy(&bytes, image, 8);
  char path[] = "/tmp/emulated-module-XXXXXX";
  const int file = mkstemp(path);
  if (file < 0 || write(file, static_cast<const char*>(image) + 8, bytes) != static_cast<ssize_t>(bytes)) return result(kInvalidValue);
  close(file);
  void* library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  unlink(path);
  if (!library) {
    fprintf(stderr, "emulated module: %s\n", dlerror());
    return result(kInvalidValue);
  }
  *module = reinterpret_cast<CUmodule>(new Module{library});
  return result(0);
}
CUresult CUDAAPI cuModuleUnload(CUmodule module) {
  BEGIN();
  finishAll();
  delete reinterpret_cast<Module*>(module);
  return result(0);
}
CUresult CUDAAPI cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  BEGIN(name);
  void* library = reinterpret_cast<Module*>(module)->library;
  const auto find = reinterpret_cast<const void* (*)(const char*)>(dlsym(library, "emulated_find"));
  const auto parameters = reinterpret_cast<size_t (*)(const void*, const size_t**)>(dlsym(library, "emulated_parameters"));
  const auto run = reinterpret_cast<void (*)(const void*, const unsigned*, const unsigned*, void**)>(dlsym(library, "emulated_run"));
  const void* kernel = find(name);
  if (!kernel) return result(kNotFound);
  const size_t* sizes;
  const size_t count = parameters(kernel, &sizes);
  *function = reinterpret_cast<CUfunction>(new Function{kernel, run, {sizes, sizes + count}, name});
  return result(0);
}
CUresult CUDAAPI cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute, int value) {
  if (static_cast<int>(attribute) == 8) reinterpret_cast<Function*>(function)->sharedBytes = value;
  return result(0);
}

CUresult CUDAAPI cuMemAlloc(CUdeviceptr* at, size_t bytes) {
  BEGIN(std::to_string(bytes));
  NOT_IN_CAPTURE();
  if (!hasContext) return result(kInvalidContext);
  if (bytes == 0) return result(kInvalidValue);
  if (used + bytes > limit) return result(kOutOfMemory);
  char* block = static_cast<char*>(aligned_alloc(256, (bytes + 512 + 255) / 256 * 256));
  memset(block, idle ? 0 : 0xff, bytes + 512);
  *at = reinterpret_cast<CUdeviceptr>(block + 256);
  memory[*at] = bytes;
  used += bytes;
  most = used > most ? used : most;
  return result(0);
}
CUresult CUDAAPI cuMemFree(CUdeviceptr at) {
  BEGIN();
  NOT_IN_CAPTURE();
  finishAll();
  const auto found = memory.find(at);
  if (found == memory.end()) return result(kInvalidValue);
  const size_t bytes = found->second;
  for (size_t i = 0; i < kGuard && !idle; i++)
    if (static_cast<unsigned char>(host(at)[-1 - static_cast<long>(i)]) != 0xff || static_cast<unsigned char>(host(at)[bytes + i]) != 0xff) {
      fprintf(stderr, "emulated memory: a kernel wrote beside a block of %zu bytes\n", bytes);
      abort();
    }
  used -= bytes;
  memory.erase(found);
  free(host(at) - 256);
  return result(0);
}
CUresult CUDAAPI cuMemGetInfo(size_t* freeBytes, size_t* total) {
  *freeBytes = limit - used;
  *total = limit;
  return result(0);
}
CUresult CUDAAPI cuMemHostAlloc(void** at, size_t bytes, unsigned) {
  BEGIN(std::to_string(bytes));
  NOT_IN_CAPTURE();
  *at = aligned_alloc(256, (bytes + 255) / 256 * 256);
  pinned[static_cast<char*>(*at)] = bytes;
  return result(0);
}
CUresult CUDAAPI cuMemFreeHost(void* at) {
  BEGIN();
  finishAll();
  pinned.erase(static_cast<char*>(at));
  free(at);
  return result(0);
}

CUresult CUDAAPI cuMemcpyHtoDAsync(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
  BEGIN(std::to_string(bytes));
  if (!onDevice(to, bytes)) return result(kInvalidValue);
  if (onPinned(from)) give(of(stream), [=] { memcpy(host(to), from, bytes); });
  else {
    // Pageable memory is copied before the call returns.
    NOT_IN_CAPTURE();
    std::vector<char> copy(static_cast<const char*>(from), static_cast<const char*>(from) + bytes);
    give(of(stream), [=] { memcpy(host(to), copy.data(), bytes); });
  }
  return result(0);
}
CUresult CUDAAPI cuMemcpyDtoHAsync(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
  BEGIN(std::to_string(bytes));
  if (!onDevice(from, bytes)) return result(kInvalidValue);
  if (!onPinned(to)) {
    NOT_IN_CAPTURE();
    finish(of(stream));
    memcpy(to, host(from), bytes);
    return result(0);
  }
  give(of(stream), [=] { memcpy(to, host(from), bytes); });
  return result(0);
}
CUresult CUDAAPI cuMemcpyDtoDAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
  BEGIN(std::to_string(bytes));
  if (!onDevice(to, bytes) || !onDevice(from, bytes)) return result(kInvalidValue);
  give(of(stream), [=] { memmove(host(to), host(from), bytes); });
  return result(0);
}
CUresult CUDAAPI cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, CUstream stream) {
  BEGIN(std::to_string(count));
  if (!onDevice(to, 4 * count)) return result(kInvalidValue);
  give(of(stream), [=] {
    for (size_t i = 0; i < count; i++) memcpy(host(to) + 4 * i, &value, 4);
  });
  return result(0);
}

CUresult CUDAAPI cuStreamCreate(CUstream* stream, unsigned) {
  BEGIN();
  streams.push_back(new Stream);
  *stream = reinterpret_cast<CUstream>(streams.back());
  return result(0);
}
CUresult CUDAAPI cuStreamDestroy(CUstream stream) {
  BEGIN();
  finish(of(stream));
  for (size_t i = 0; i < streams.size(); i++)
    if (streams[i] == of(stream)) streams.erase(streams.begin() + static_cast<long>(i));
  delete of(stream);
  return result(0);
}
CUresult CUDAAPI cuStreamSynchronize(CUstream stream) {
  BEGIN();
  NOT_IN_CAPTURE();
  finish(of(stream));
  return result(sticky);
}
CUresult CUDAAPI cuStreamBeginCapture(CUstream stream, CUstreamCaptureMode) {
  BEGIN();
  of(stream)->capturing = new std::vector<Work>;
  of(stream)->spoiled = false;
  return result(0);
}
CUresult CUDAAPI cuStreamEndCapture(CUstream stream, CUgraph* graph) {
  BEGIN();
  Stream* s = of(stream);
  if (!s->capturing) return result(kInvalidValue);
  Graph* made = new Graph{std::move(*s->capturing)};
  delete s->capturing;
  s->capturing = nullptr;
  if (s->spoiled) {
    delete made;
    *graph = nullptr;
    return result(901);
  }
  *graph = reinterpret_cast<CUgraph>(made);
  return result(0);
}
CUresult CUDAAPI cuGraphInstantiate(CUgraphExec* exec, CUgraph graph, unsigned long long) {
  BEGIN();
  *exec = reinterpret_cast<CUgraphExec>(new Graph(*reinterpret_cast<Graph*>(graph)));
  return result(0);
}
CUresult CUDAAPI cuGraphLaunch(CUgraphExec exec, CUstream stream) {
  BEGIN();
  Graph* graph = reinterpret_cast<Graph*>(exec);
  give(of(stream), [graph] {
    for (const Work& work : graph->work) work();
  });
  return result(0);
}
CUresult CUDAAPI cuGraphDestroy(CUgraph graph) {
  delete reinterpret_cast<Graph*>(graph);
  return result(0);
}
CUresult CUDAAPI cuGraphExecDestroy(CUgraphExec exec) {
  BEGIN();
  finishAll();
  delete reinterpret_cast<Graph*>(exec);
  return result(0);
}

CUresult CUDAAPI cuEventCreate(CUevent* event, unsigned) {
  *event = reinterpret_cast<CUevent>(new Event);
  return result(0);
}
CUresult CUDAAPI cuEventDestroy(CUevent event) {
  finishAll();
  delete reinterpret_cast<Event*>(event);
  return result(0);
}
CUresult CUDAAPI cuEventRecord(CUevent event, CUstream stream) {
  BEGIN();
  Event* e = reinterpret_cast<Event*>(event);
  *e = {true, false, false, 0};
  give(of(stream), [e] {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    e->milliseconds = std::chrono::duration<double, std::milli>(now).count();
    e->done = true;
  });
  return result(0);
}
CUresult CUDAAPI cuEventQuery(CUevent event) {
  BEGIN();
  NOT_IN_CAPTURE();
  Event* e = reinterpret_cast<Event*>(event);
  if (!e->recorded || e->done) return result(sticky);
  // The first time it is still at work.
  if (!e->asked) {
    e->asked = true;
    return result(kNotReady);
  }
  finishAll();
  return result(sticky);
}
CUresult CUDAAPI cuEventSynchronize(CUevent) {
  BEGIN();
  NOT_IN_CAPTURE();
  finishAll();
  return result(sticky);
}
CUresult CUDAAPI cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
  *milliseconds = static_cast<float>(reinterpret_cast<Event*>(end)->milliseconds - reinterpret_cast<Event*>(start)->milliseconds);
  return result(0);
}

CUresult CUDAAPI cuLaunchKernel(CUfunction function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                                unsigned sharedBytes, CUstream stream, void** parameters, void** extra) {
  Function* f = reinterpret_cast<Function*>(function);
  BEGIN(f->name + " " + std::to_string(gx) + "," + std::to_string(gy) + "," + std::to_string(gz) + " x " + std::to_string(bx * by * bz));
  if (extra || gx == 0 || gy == 0 || gz == 0 || gy > 65535 || gz > 65535 || bx * by * bz > 1024 || bx * by * bz == 0 ||
      sharedBytes > static_cast<unsigned>(f->sharedBytes))
    return result(kInvalidValue);
  std::vector<std::vector<unsigned char>> values;
  for (size_t i = 0; i < f->sizes.size(); i++) {
    const auto* from = static_cast<unsigned char*>(parameters[i]);
    values.emplace_back(from, from + f->sizes[i]);
  }
  if (idle) return result(0);
  give(of(stream), [=]() mutable {
    std::vector<void*> places;
    for (auto& value : values) places.push_back(value.data());
    const unsigned grid[3] = {gx, gy, gz}, block[3] = {bx, by, bz};
    f->run(f->kernel, grid, block, places.data());
  });
  return result(0);
}

}  // extern "C"
