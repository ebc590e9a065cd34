// Tensor memory: aligned for vectors, on huge pages where it is large.
#pragma once
#include <cstddef>

namespace rae {
// Null when there is none. The contents are undefined.
void* allocate(size_t bytes);
void release(void* memory);
}  // namespace rae
