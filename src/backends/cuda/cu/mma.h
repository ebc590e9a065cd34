// Products on the tensor cores: m16n8k16 of bf16 with float32 sums. Of lane l, g = l / 4, t = l % 4:
//   a[0..3]: rows g and g + 8 at k = 2t, 2t + 1, then the same rows at k + 8;  b[0..1]: column g at k = 2t, 2t + 1, then at k + 8;
//   d[0..3]: row g at columns 2t, 2t + 1, then row g + 8.
#pragma once
#include "common.h"

#ifndef EMULATED
__device__ __forceinline__ void mmaBf16(float* d, const u32* a, const u32* b) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

// Four matrices of 8 x 8 from shared memory; lane l says where row l % 8 of matrix l / 8 begins, and gets its row g at columns 2t and
// 2t + 1 of each; transposed, rows 2t and 2t + 1 at column g.
template <bool TRANSPOSED>
__device__ __forceinline__ void loadMatrices(u32* r, const void* row) {
  const u32 at = static_cast<u32>(__cvta_generic_to_shared(row));
  if constexpr (TRANSPOSED)
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(at));
  else
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];" : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(at));
}
#endif

// Operands out of a tile of shared memory whose rows are `pitch` numbers apart; `row` and `column` are the operand's first.
// The left operand, 16 rows by 16 of k along the columns.
__device__ __forceinline__ void loadLeft(u32* a, const bf16* tile, int pitch, int row, int column) {
  const int lane = threadIdx.x % 32, m = lane / 8;
  loadMatrices<false>(a, tile + (row + lane % 8 + 8 * (m % 2)) * pitch + column + 8 * (m / 2));
}
// Two right operands of 8 columns each, which are the tile's rows: b[0..1] of the first eight rows, b[2..3] of the next.
__device__ __forceinline__ void loadRightRows(u32* b, const bf16* tile, int pitch, int row, int column) {
  const int lane = threadIdx.x % 32, m = lane / 8;
  loadMatrices<false>(b, tile + (row + lane % 8 + 8 * (m / 2)) * pitch + column + 8 * (m % 2));
}
// Two right operands of 8 columns each, the tile's own; k runs along its rows.
__device__ __forceinline__ void loadRightColumns(u32* b, const bf16* tile, int pitch, int row, int column) {
  const int lane = threadIdx.x % 32, m = lane / 8;
  loadMatrices<true>(b, tile + (row + lane % 8 + 8 * (m % 2)) * pitch + column + 8 * (m / 2));
}
