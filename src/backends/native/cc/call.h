// What every kernel is given: typed arrays, numbers and a place to work. Shared by the addon and all instruction sets.
#pragma once
#include <cstddef>
#include <cstdint>

namespace rae {

// What a kernel found wrong with its data, in words; empty where all went well.
struct Fault {
  char text[160] = "";
};

// One call from JavaScript or a program: the arrays (null where left out) and the numbers, each in the order they were passed.
struct Call {
  void* const* buffers;
  const size_t* lengths;
  size_t bufferCount;
  const double* numbers;
  size_t numberCount;
  Fault* fault;

  float* f32(size_t i) const { return static_cast<float*>(buffers[i]); }
  int32_t* i32(size_t i) const { return static_cast<int32_t*>(buffers[i]); }
  uint8_t* u8(size_t i) const { return static_cast<uint8_t*>(buffers[i]); }
  int64_t n(size_t i) const { return static_cast<int64_t>(numbers[i]); }
  float f(size_t i) const { return static_cast<float>(numbers[i]); }
};

// A kernel by name. Every instruction set offers the same list in the same order.
struct Kernel {
  const char* name;
  void (*run)(const Call&);
};

struct KernelTable {
  const char* isa;
  const Kernel* kernels;
  size_t count;
};

}  // namespace rae
