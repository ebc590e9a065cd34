// RMS and layer norm over the last axis: a warp a row.
#include "common.h"

__device__ __forceinline__ int rowOfWarp() { return static_cast<int>(blockIdx.x) * 8 + static_cast<int>(threadIdx.x) / 32; }

// Mean (0 for the RMS norm) and 1 / sqrt(variance + epsilon).
struct Spread {
  float mean, inverse;
};
__device__ __forceinline__ Spread spreadOf(const Floats& x, i64 base, int width, float epsilon, bool centred) {
  const int lane = threadIdx.x % 32;
  float sum = 0, v[4];
  if (centred) {
    forRow(width, lane, 32, [&](int c, auto count) {
      loadSome(x, base + c, count, v);
      for (int k = 0; k < count; k++) sum += v[k];
    });
    sum = warpSum(sum) / static_cast<float>(width);
  }
  const float mean = sum;
  float squares = 0;
  forRow(width, lane, 32, [&](int c, auto count) {
    loadSome(x, base + c, count, v);
    for (int k = 0; k < count; k++) squares += (v[k] - mean) * (v[k] - mean);
  });
  return {mean, 1.0f / sqrtf(warpSum(squares) / static_cast<float>(width) + epsilon)};
}

// y = (x - mean) * inverse * weight + bias; weight and bias may be null.
KERNEL(normRows, Floats y, Floats x, const float* weight, const float* bias, int rows, int width, float epsilon, int centred) {
  const int row = rowOfWarp();
  if (row >= rows) return;
  const i64 base = static_cast<i64>(row) * width;
  const Spread s = spreadOf(x, base, width, epsilon, centred != 0);
  forRow(width, threadIdx.x % 32, 32, [&](int c, auto count) {
    float v[4];
    loadSome(x, base + c, count, v);
    for (int k = 0; k < count; k++) {
      v[k] = (v[k] - s.mean) * s.inverse;
      if (weight) v[k] *= weight[c + k];
      if (bias) v[k] += bias[c + k];
    }
    storeSome(y, base + c, count, v);
  });
}

// dx = inverse * (pull - mean(pull) - n * mean(pull * n)) with n the normed row, pull = dy * weight; the RMS norm has no mean(pull).
// Leaves mean and inverse of each row in `spreads` for the weights' gradient.
KERNEL(normGrad, Floats dx, float* spreads, Floats dy, Floats x, const float* weight, int rows, int width, float epsilon, int centred) {
  const int row = rowOfWarp(), lane = threadIdx.x % 32;
  if (row >= rows) return;
  const i64 base = static_cast<i64>(row) * width;
  const Spread s = spreadOf(x, base, width, epsilon, centred != 0);
  float pulls = 0, along = 0, v[4], g[4];
  forRow(width, lane, 32, [&](int c, auto count) {
    loadSome(x, base + c, count, v);
    loadSome(dy, base + c, count, g);
    for (int k = 0; k < count; k++) {
      const float pull = weight ? g[k] * weight[c + k] : g[k];
      pulls += pull;
      along += pull * (v[k] - s.mean) * s.inverse;
    }
  });
  pulls = centred ? warpSum(pulls) / static_cast<float>(width) : 0.0f;
  along = warpSum(along) / static_cast<float>(width);
  forRow(width, lane, 32, [&](int c, auto count) {
    loadSome(x, base + c, count, v);
    loadSome(dy, base + c, count, g);
    for (int k = 0; k < count; k++) {
      const float pull = weight ? g[k] * weight[c + k] : g[k];
      v[k] = s.inverse * (pull - pulls - (v[k] - s.mean) * s.inverse * along);
    }
    storeSome(dx, base + c, count, v);
  });
  if (lane == 0 && spreads) {
    spreads[2 * row] = s.mean;
    spreads[2 * row + 1] = s.inverse;
  }
}

// Sums over the rows of a piece: of dy * normed x into dweight [pieces, width], of dy into dbias [pieces, width] where given.
KERNEL(normWeightGrad, float* dweight, float* dbias, const float* spreads, Floats dy, Floats x, int rows, int width, int pieces) {
  __shared__ float parts[2][8][33];
  const int lane = threadIdx.x % 32, part = threadIdx.x / 32;
  const int column = static_cast<int>(blockIdx.x) * 32 + lane, piece = blockIdx.y;
  const int from = static_cast<int>(static_cast<i64>(rows) * piece / pieces), to = static_cast<int>(static_cast<i64>(rows) * (piece + 1) / pieces);
  float gain = 0, shift = 0;
  if (column < width)
    for (int row = from + part; row < to; row += 8) {
      const i64 at = static_cast<i64>(row) * width + column;
      const float pull = get(dy, at);
      gain += pull * (get(x, at) - spreads[2 * row]) * spreads[2 * row + 1];
      shift += pull;
    }
  parts[0][part][lane] = gain;
  parts[1][part][lane] = shift;
  __syncthreads();
  if (part == 0 && column < width) {
    for (int i = 1; i < 8; i++) {
      gain += parts[0][i][lane];
      shift += parts[1][i][lane];
    }
    dweight[piece * width + column] = gain;
    if (dbias) dbias[piece * width + column] = shift;
  }
}
