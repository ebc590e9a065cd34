// Kernels that move numbers.
#include "common.h"

// Sizes, and steps in the target and the source, of up to six axes; unused ones come first and have size 1.
struct Axes {
  int size[6];
  i64 to[6], from[6];
};

template <class Y, class X, class F>
__device__ __forceinline__ void copyAlong(Y* y, const X* x, i64 n, const Axes& axes, F f) {
  const i64 step = static_cast<i64>(gridDim.x) * blockDim.x;
  for (i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) {
    i64 rest = i, to = 0, from = 0;
#pragma unroll
    for (int axis = 5; axis >= 0; axis--) {
      const i64 at = rest % axes.size[axis];
      rest /= axes.size[axis];
      to += at * axes.to[axis];
      from += at * axes.from[axis];
    }
    f(y, to, x, from);
  }
}

#define COPY(T, bytes) \
  KERNEL(copy_##bytes, T* y, const T* x, i64 n, Axes axes) { \
    copyAlong(y, x, n, axes, [](T* target, i64 to, const T* source, i64 from) { target[to] = source[from]; }); \
  }
COPY(u8, 1)
COPY(u16, 2)
COPY(u32, 4)
COPY(uint2, 8)
COPY(uint4, 16)
KERNEL(copy_widen, float* y, const bf16* x, i64 n, Axes axes) {
  copyAlong(y, x, n, axes, [](float* target, i64 to, const bf16* source, i64 from) { target[to] = get(source, from); });
}
KERNEL(copy_narrow, bf16* y, const float* x, i64 n, Axes axes) {
  copyAlong(y, x, n, axes, [](bf16* target, i64 to, const float* source, i64 from) { put(target, to, source[from]); });
}

// Row r of y is row index[r] of the table. The first index outside is noted in fault: 1, value, place, rows of the table.
KERNEL(gather, float* y, const float* table, const int* index, int rows, int width, int limit, int* fault) {
  const int r = blockIdx.y * 65535 + blockIdx.x;
  if (r >= rows) return;
  const int from = index[r];
  const bool inside = from >= 0 && from < limit;
  if (!inside && threadIdx.x == 0 && atomicCAS(fault, 0, 1) == 0) {
    fault[1] = from;
    fault[2] = r;
    fault[3] = limit;
  }
  for (int c = threadIdx.x; c < width; c += blockDim.x)
    y[static_cast<i64>(r) * width + c] = inside ? table[static_cast<i64>(from) * width + c] : 0.0f;
}

// y[s] is the sum of the rows of x with index s, in their order. One block a segment and 256 columns.
KERNEL(segmentSum, float* y, const float* x, const int* index, int rows, int width, int segments) {
  const int s = blockIdx.x, c = blockIdx.y * blockDim.x + threadIdx.x;
  if (c >= width) return;
  float sum = 0;
  for (int r = 0; r < rows; r++)
    if (index[r] == s) sum += x[static_cast<i64>(r) * width + c];
  y[static_cast<i64>(s) * width + c] = sum;
}

KERNEL(oneHot, u32* y, const int* index, i64 n, int depth, u32 on, u32 off) {
  const i64 step = static_cast<i64>(gridDim.x) * blockDim.x;
  for (i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) y[i] = index[i / depth] == i % depth ? on : off;
}

// Rows of width numbers at places of several axes: index [rows, axes] by the strides of those axes.
struct Strides {
  int size[6], step[6];
};
KERNEL(gatherNd, u32* y, const u32* x, const int* index, i64 n, int axes, int width, Strides strides, int* fault) {
  const i64 step = static_cast<i64>(gridDim.x) * blockDim.x;
  for (i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) {
    const i64 row = i / width;
    i64 from = 0;
    bool inside = true;
    for (int axis = 0; axis < axes; axis++) {
      const int at = index[row * axes + axis];
      if (at < 0 || at >= strides.size[axis]) {
        inside = false;
        if (atomicCAS(fault, 0, 1) == 0) {
          fault[1] = at;
          fault[2] = static_cast<int>(row * axes + axis);
          fault[3] = strides.size[axis];
        }
      }
      from += static_cast<i64>(at) * strides.step[axis];
    }
    y[i] = inside ? x[from * width + i % width] : 0u;
  }
}
