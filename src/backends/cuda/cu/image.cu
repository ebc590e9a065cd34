// Convolution, pooling and resizing of images [B,H,W,C]; a thread a number of the result.
#include "common.h"

// Sizes of a window that slides over an image.
struct Window {
  int B, H, W, C, outH, outW, outC, fh, fw, strideH, strideW, dilationH, dilationW, top, left;
};

// The output place at which a tap meets a place of the image, or -1.
__device__ __forceinline__ int meets(int place, int tap, int dilation, int before, int stride, int out) {
  const int from = place + before - tap * dilation;
  return from >= 0 && from % stride == 0 && from / stride < out ? from / stride : -1;
}

#define FOR_ALL(n)                                                        \
  const i64 step = static_cast<i64>(gridDim.x) * blockDim.x;              \
  for (i64 i = static_cast<i64>(blockIdx.x) * blockDim.x + threadIdx.x; i < (n); i += step)

KERNEL(conv2d, float* y, const float* x, const float* filter, Window w, i64 n) {
  FOR_ALL(n) {
    const int o = static_cast<int>(i % w.outC), column = static_cast<int>(i / w.outC % w.outW), row = static_cast<int>(i / w.outC / w.outW % w.outH);
    const i64 image = i / w.outC / w.outW / w.outH * w.H;
    float sum = 0;
    for (int r = 0; r < w.fh; r++)
      for (int c = 0; c < w.fw; c++) {
        const int py = row * w.strideH + r * w.dilationH - w.top, px = column * w.strideW + c * w.dilationW - w.left;
        if (py < 0 || py >= w.H || px < 0 || px >= w.W) continue;
        const float* from = x + ((image + py) * w.W + px) * w.C;
        const float* taps = filter + static_cast<i64>(r * w.fw + c) * w.C * w.outC + o;
        for (int k = 0; k < w.C; k++) sum += from[k] * taps[static_cast<i64>(k) * w.outC];
      }
    y[i] = sum;
  }
}
// A block a number of the filter.
KERNEL(conv2dFilterGrad, float* dfilter, const float* x, const float* dy, Window w) {
  const i64 i = blockIdx.x;
  const int o = static_cast<int>(i % w.outC), k = static_cast<int>(i / w.outC % w.C), c = static_cast<int>(i / w.outC / w.C % w.fw);
  const int r = static_cast<int>(i / w.outC / w.C / w.fw);
  const i64 places = static_cast<i64>(w.B) * w.outH * w.outW;
  float sum = 0;
  for (i64 p = threadIdx.x; p < places; p += 256) {
    const int column = static_cast<int>(p % w.outW), row = static_cast<int>(p / w.outW % w.outH);
    const i64 image = p / w.outW / w.outH * w.H;
    const int py = row * w.strideH + r * w.dilationH - w.top, px = column * w.strideW + c * w.dilationW - w.left;
    if (py >= 0 && py < w.H && px >= 0 && px < w.W) sum += x[((image + py) * w.W + px) * w.C + k] * dy[p * w.outC + o];
  }
  sum = blockSum(sum);
  if (threadIdx.x == 0) dfilter[i] = sum;
}
KERNEL(conv2dInputGrad, float* dx, const float* dy, const float* filter, Window w, i64 n) {
  FOR_ALL(n) {
    const int k = static_cast<int>(i % w.C), px = static_cast<int>(i / w.C % w.W), py = static_cast<int>(i / w.C / w.W % w.H);
    const i64 image = i / w.C / w.W / w.H * w.outH;
    float sum = 0;
    for (int r = 0; r < w.fh; r++) {
      const int row = meets(py, r, w.dilationH, w.top, w.strideH, w.outH);
      for (int c = 0; row >= 0 && c < w.fw; c++) {
        const int column = meets(px, c, w.dilationW, w.left, w.strideW, w.outW);
        if (column < 0) continue;
        const float* pull = dy + ((image + row) * w.outW + column) * w.outC;
        const float* taps = filter + (static_cast<i64>(r * w.fw + c) * w.C + k) * w.outC;
        for (int o = 0; o < w.outC; o++) sum += pull[o] * taps[o];
      }
    }
    dx[i] = sum;
  }
}

// The mean of what lies inside the image.
KERNEL(avgPool, float* y, const float* x, Window w, i64 n) {
  FOR_ALL(n) {
    const int k = static_cast<int>(i % w.C), column = static_cast<int>(i / w.C % w.outW), row = static_cast<int>(i / w.C / w.outW % w.outH);
    const i64 image = i / w.C / w.outW / w.outH * w.H;
    float sum = 0, count = 0;
    for (int r = 0; r < w.fh; r++)
      for (int c = 0; c < w.fw; c++) {
        const int py = row * w.strideH + r * w.dilationH - w.top, px = column * w.strideW + c * w.dilationW - w.left;
        if (py < 0 || py >= w.H || px < 0 || px >= w.W) continue;
        sum += x[((image + py) * w.W + px) * w.C + k];
        count++;
      }
    y[i] = sum / count;
  }
}
// As tfjs, every pull is shared among the whole window, also where it sticks out.
KERNEL(avgPoolGrad, float* dx, const float* dy, Window w, i64 n) {
  FOR_ALL(n) {
    const int k = static_cast<int>(i % w.C), px = static_cast<int>(i / w.C % w.W), py = static_cast<int>(i / w.C / w.W % w.H);
    const i64 image = i / w.C / w.W / w.H * w.outH;
    float sum = 0;
    for (int r = w.fh - 1; r >= 0; r--)
      for (int c = w.fw - 1; c >= 0; c--) {
        const int row = meets(py, r, w.dilationH, w.top, w.strideH, w.outH), column = meets(px, c, w.dilationW, w.left, w.strideW, w.outW);
        if (row >= 0 && column >= 0) sum += dy[((image + row) * w.outW + column) * w.C + k];
      }
    dx[i] = sum * (1.0f / static_cast<float>(w.fh * w.fw));
  }
}

// Where a place of the resized image lies between two places of the original; the share is the higher one's.
struct Between {
  int low, high;
  float share;
};
__device__ __forceinline__ Between between(int place, double scale, int halfPixels, int size) {
  const double at = halfPixels ? scale * (place + 0.5) - 0.5 : scale * place;
  const int low = at < 0 ? 0 : static_cast<int>(at), high = static_cast<int>(at) < at ? static_cast<int>(at) + 1 : static_cast<int>(at);
  return {low, high < size - 1 ? high : size - 1, static_cast<float>(at - low)};
}
KERNEL(resize, float* y, const float* x, int H, int W, int C, int outH, int outW, double scaleH, double scaleW, int half, i64 n) {
  FOR_ALL(n) {
    const int k = static_cast<int>(i % C);
    const Between row = between(static_cast<int>(i / C / outW % outH), scaleH, half, H), column = between(static_cast<int>(i / C % outW), scaleW, half, W);
    const float* image = x + i / C / outW / outH * H * W * C + k;
    const auto at = [&](int r, int c) { return image[(static_cast<i64>(r) * W + c) * C]; };
    const float top = at(row.low, column.low) + (at(row.low, column.high) - at(row.low, column.low)) * column.share;
    const float bottom = at(row.high, column.low) + (at(row.high, column.high) - at(row.high, column.low)) * column.share;
    y[i] = top + (bottom - top) * row.share;
  }
}
// A thread a channel of an image: its pulls meet each other. dx starts from zeros.
KERNEL(resizeGrad, float* dx, const float* dy, int H, int W, int C, int outH, int outW, double scaleH, double scaleW, int half, i64 n) {
  FOR_ALL(n) {
    float* image = dx + i / C * H * W * C + i % C;
    const float* pulls = dy + i / C * outH * outW * C + i % C;
    for (int r = 0; r < outH; r++) {
      const Between row = between(r, scaleH, half, H);
      for (int c = 0; c < outW; c++) {
        const Between column = between(c, scaleW, half, W);
        const float pull = pulls[(static_cast<i64>(r) * outW + c) * C];
        const auto give = [&](int y, int x, float share) { image[(static_cast<i64>(y) * W + x) * C] += pull * share; };
        give(row.low, column.low, (1 - row.share) * (1 - column.share));
        give(row.low, column.high, (1 - row.share) * column.share);
        give(row.high, column.low, row.share * (1 - column.share));
        give(row.high, column.high, row.share * column.share);
      }
    }
  }
}

// The place of the original from which one of the resized image is taken.
__device__ __forceinline__ int nearest(int place, double scale, int halfPixels, int corners, int size) {
  const double at = halfPixels ? scale * (place + 0.5) : scale * place;
  const int found = static_cast<int>(corners ? at + 0.5 : at);
  return found < size - 1 ? found : size - 1;
}
KERNEL(resizeNearest, float* y, const float* x, int H, int W, int C, int outH, int outW, double scaleH, double scaleW, int half, int corners, i64 n) {
  FOR_ALL(n) {
    const int row = nearest(static_cast<int>(i / C / outW % outH), scaleH, half, corners, H);
    const int column = nearest(static_cast<int>(i / C % outW), scaleW, half, corners, W);
    y[i] = x[((i / C / outW / outH * H + row) * W + column) * C + i % C];
  }
}
// Places of the resized image among which are all that are taken from one of the original.
struct Reach {
  int first, last;
};
__device__ __forceinline__ Reach reach(int place, double scale, int out) {
  if (scale <= 0) return {0, out - 1};
  const int first = static_cast<int>((place - 1) / scale) - 1, last = static_cast<int>((place + 1) / scale) + 1;
  return {first > 0 ? first : 0, last < out - 1 ? last : out - 1};
}
// Each place collects the pulls of those that were taken from it.
KERNEL(resizeNearestGrad, float* dx, const float* dy, int H, int W, int C, int outH, int outW, double scaleH, double scaleW, int half, int corners, i64 n) {
  FOR_ALL(n) {
    const int row = static_cast<int>(i / C / W % H), column = static_cast<int>(i / C % W);
    const Reach rows = reach(row, scaleH, outH), columns = reach(column, scaleW, outW);
    const float* pulls = dy + i / C / W / H * outH * outW * C + i % C;
    float sum = 0;
    for (int r = rows.first; r <= rows.last; r++) {
      if (nearest(r, scaleH, half, corners, H) != row) continue;
      for (int c = columns.first; c <= columns.last; c++)
        if (nearest(c, scaleW, half, corners, W) == column) sum += pulls[(static_cast<i64>(r) * outW + c) * C];
    }
    dx[i] = sum;
  }
}
