// What a .cu file of the cuda backend needs to run as C++ on the host: blocks one after the other, the threads of a block as fibers that
// give way at barriers and warp exchanges. Included in front of the source by the double of NVRTC (nvrtc.cc).
#pragma once
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <sys/mman.h>
#include <vector>

#define EMULATED 1
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __restrict__ __restrict
#define __launch_bounds__(...)
#define __shared__ static
#define __align__(n) __attribute__((aligned(n)))

struct uint3 {
  unsigned x, y, z;
};
struct __align__(8) float2 {
  float x, y;
};
struct __align__(16) float4 {
  float x, y, z, w;
};
struct __align__(8) uint2 {
  unsigned x, y;
};
struct __align__(16) uint4 {
  unsigned x, y, z, w;
};

static uint3 threadIdx, blockIdx, blockDim, gridDim;

namespace emu {

constexpr size_t kStack = 1 << 16;

struct Fiber {
  void* sp;
  bool done;
  uint3 thread;
};

struct Warp {
  int alive = 0, arrived = 0;
  unsigned turn = 0;
  alignas(16) unsigned char slots[32][32];
};

struct Block {
  std::vector<Fiber> fibers;
  std::vector<Warp> warps;
  int alive = 0, arrived = 0;
  unsigned turn = 0;
  unsigned long long progress = 0;
};

static Block block;
static size_t current;
static void* schedulerSp;
static unsigned char* stacks;
static const std::function<void()>* body;
alignas(128) static unsigned char dynamicShared[256 * 1024];

extern "C" void emu_switch(void** save, void* to);
#if defined(__x86_64__)
asm(R"(
.text
.local emu_switch
.type emu_switch,@function
emu_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
)");
#else
#error "the emulation switches fibers by x86-64 instructions"
#endif

__attribute__((noinline)) static void giveWay() { emu_switch(&block.fibers[current].sp, schedulerSp); }

[[noreturn]] static void fail(const char* why) {
  fprintf(stderr, "emulated kernel: %s\n", why);
  abort();
}

inline unsigned linearThread() { return threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z); }

// Waits until all that are alive have come.
template <class Group>
inline void meet(Group& group) {
  block.progress++;
  const unsigned turn = group.turn;
  if (++group.arrived == group.alive) {
    group.arrived = 0;
    group.turn++;
  } else
    while (group.turn == turn) giveWay();
}

inline Warp& warp() { return block.warps[linearThread() / 32]; }

static void entry() {
  (*body)();
  Fiber& fiber = block.fibers[current];
  fiber.done = true;
  block.progress++;
  Warp& mine = warp();
  mine.alive--;
  block.alive--;
  if (mine.alive > 0 && mine.arrived == mine.alive) mine.arrived = 0, mine.turn++;
  if (block.alive > 0 && block.arrived == block.alive) block.arrived = 0, block.turn++;
  giveWay();
}

inline void runBlock(size_t threads) {
  static const bool reverse = getenv("EMULATOR_REVERSE") != nullptr;
  if (stacks == nullptr)
    stacks = static_cast<unsigned char*>(mmap(nullptr, kStack * 1024, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  block.fibers.assign(threads, Fiber{});
  block.warps.assign((threads + 31) / 32, Warp{});
  block.alive = static_cast<int>(threads);
  block.arrived = 0;
  for (size_t i = 0; i < threads; i++) {
    block.warps[i / 32].alive++;
    void** top = reinterpret_cast<void**>(stacks + kStack * (i + 1));
    top[-2] = reinterpret_cast<void*>(&entry);
    for (int k = 3; k <= 8; k++) top[-k] = nullptr;
    const unsigned x = static_cast<unsigned>(i);
    block.fibers[i] = {top - 8, false, {x % blockDim.x, x / blockDim.x % blockDim.y, x / blockDim.x / blockDim.y}};
  }
  while (block.alive > 0) {
    const unsigned long long before = block.progress;
    for (size_t k = 0; k < threads; k++) {
      const size_t i = reverse ? threads - 1 - k : k;
      if (block.fibers[i].done) continue;
      current = i;
      threadIdx = block.fibers[i].thread;
      emu_switch(&schedulerSp, block.fibers[i].sp);
    }
    if (block.progress == before) fail("threads wait at a barrier that the others never reach");
  }
}

struct Kernel {
  std::string name;
  std::vector<size_t> sizes;
  std::function<void(void**)> call;
};

inline std::vector<Kernel>& kernels() {
  static std::vector<Kernel> all;
  return all;
}

template <class... A, size_t... I>
void callWith(void (*f)(A...), void** parameters, std::index_sequence<I...>) {
  f(*static_cast<A*>(parameters[I])...);
}

struct Register {
  template <class... A>
  Register(const char* name, void (*f)(A...)) {
    kernels().push_back({name, {sizeof(A)...}, [f](void** p) { callWith(f, p, std::index_sequence_for<A...>{}); }});
  }
};

template <class T>
inline T exchange(T value, unsigned from) {
  static_assert(sizeof(T) <= 32, "one lane's slot");
  Warp& mine = warp();
  memcpy(mine.slots[linearThread() % 32], &value, sizeof value);
  meet(mine);
  T other;
  memcpy(&other, mine.slots[from % 32], sizeof other);
  meet(mine);
  return other;
}

}  // namespace emu

#define KERNEL(name, ...)                             \
  extern "C" void name(__VA_ARGS__);                  \
  static emu::Register emulated_##name(#name, &name); \
  extern "C" void name(__VA_ARGS__)
#define KERNEL_OF(threads, blocks, name, ...) KERNEL(name, __VA_ARGS__)
#define DYNAMIC_SHARED(name) unsigned char* const name = emu::dynamicShared

inline void __syncthreads() { emu::meet(emu::block); }
inline void __syncwarp() { emu::meet(emu::warp()); }
template <class T>
inline T __shfl_xor_sync(unsigned, T value, int mask) {
  return emu::exchange(value, (emu::linearThread() % 32) ^ static_cast<unsigned>(mask));
}
template <class T>
inline T __shfl_sync(unsigned, T value, int lane) {
  return emu::exchange(value, static_cast<unsigned>(lane));
}

inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }
inline void sincospif(float x, float* s, float* c) {
  *s = static_cast<float>(sin(M_PI * static_cast<double>(x)));
  *c = static_cast<float>(cos(M_PI * static_cast<double>(x)));
}
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>((static_cast<uint64_t>(a) * b) >> 32); }
inline unsigned __float_as_uint(float x) {
  unsigned bits;
  memcpy(&bits, &x, 4);
  return bits;
}
inline float __uint_as_float(unsigned x) {
  float value;
  memcpy(&value, &x, 4);
  return value;
}
inline int __float_as_int(float x) { return static_cast<int>(__float_as_uint(x)); }
inline float __int_as_float(int x) { return __uint_as_float(static_cast<unsigned>(x)); }
inline int atomicCAS(int* at, int expected, int wanted) {
  const int old = *at;
  if (old == expected) *at = wanted;
  return old;
}

// The tensor cores' product of bf16 fragments and the loads of such fragments; see mma.h for the layouts.
namespace emu {
inline float half(unsigned pair, int k) { return __uint_as_float(k == 0 ? pair << 16 : pair & 0xffff0000u); }
}  // namespace emu

inline void mmaBf16(float* d, const unsigned* a, const unsigned* b) {
  struct Mine {
    unsigned a[4], b[2];
  } mine;
  memcpy(mine.a, a, 16);
  memcpy(mine.b, b, 8);
  emu::Warp& warp = emu::warp();
  const unsigned lane = emu::linearThread() % 32;
  memcpy(warp.slots[lane], &mine, sizeof mine);
  emu::meet(warp);
  const auto of = [&](unsigned i) { return reinterpret_cast<const Mine*>(warp.slots[i]); };
  for (int e = 0; e < 4; e++) {
    const unsigned row = lane / 4 + (e >= 2 ? 8 : 0), column = lane % 4 * 2 + (e & 1);
    float sum = d[e];
    for (unsigned k = 0; k < 16; k++) {
      const unsigned from = k % 8 / 2;
      const float x = emu::half(of(row % 8 * 4 + from)->a[(row >= 8) + 2 * (k >= 8)], k & 1);
      const float y = emu::half(of(column * 4 + from)->b[k >= 8], k & 1);
      sum += x * y;
    }
    d[e] = sum;
  }
  emu::meet(warp);
}

template <bool TRANSPOSED>
inline void loadMatrices(unsigned* r, const void* row) {
  emu::Warp& warp = emu::warp();
  const unsigned lane = emu::linearThread() % 32;
  memcpy(warp.slots[lane], &row, sizeof row);
  emu::meet(warp);
  for (unsigned m = 0; m < 4; m++) {
    const auto at = [&](unsigned i, unsigned j) {
      const unsigned short* from;
      memcpy(&from, warp.slots[8 * m + i], sizeof from);
      return static_cast<unsigned>(from[j]);
    };
    const unsigned i = lane / 4, j = lane % 4 * 2;
    r[m] = TRANSPOSED ? at(j, i) | at(j + 1, i) << 16 : at(i, j) | at(i, j + 1) << 16;
  }
  emu::meet(warp);
}

extern "C" const void* emulated_find(const char* name) {
  for (const emu::Kernel& kernel : emu::kernels())
    if (kernel.name == name) return &kernel;
  return nullptr;
}
extern "C" size_t emulated_parameters(const void* kernel, const size_t** sizes) {
  const auto* found = static_cast<const emu::Kernel*>(kernel);
  *sizes = found->sizes.data();
  return found->sizes.size();
}
extern "C" void emulated_run(const void* kernel, const unsigned* grid, const unsigned* size, void** parameters) {
  const auto* found = static_cast<const emu::Kernel*>(kernel);
  gridDim = {grid[0], grid[1], grid[2]};
  blockDim = {size[0], size[1], size[2]};
  const std::function<void()> run = [&] { found->call(parameters); };
  emu::body = &run;
  for (unsigned z = 0; z < grid[2]; z++)
    for (unsigned y = 0; y < grid[1]; y++)
      for (unsigned x = 0; x < grid[0]; x++) {
        blockIdx = {x, y, z};
        emu::runBlock(static_cast<size_t>(size[0]) * size[1] * size[2]);
      }
}
