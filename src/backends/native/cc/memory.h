// Tensor memory: aligned for vectors, on huge pages where it is large.
#pragma once
#include <cstddef>

namespace rae {
// Null when there is none. The contents are undefined.
void* allocate(size_t bytes);
// Frees memory of `allocate`, or, while somebody keeps it, has the last of them free it.
void release(void* memory);
// Keeps memory until `letGo`: an ending environment frees its arrays, whatever still runs on them.
void keep(void* memory);
void letGo(void* memory);
}  // namespace rae
