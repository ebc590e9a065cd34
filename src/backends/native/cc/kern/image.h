// Convolution, pooling and resizing of images [B,H,W,C].

// Sizes of a window that slides over an image. `first` is the number of the call that says B.
struct Window {
  int64_t B, H, W_, C, outH, outW, outC, fh, fw, strideH, strideW, dilationH, dilationW, top, left;

  Window(const Call& call, size_t first) {
    int64_t* const all[] = {&B, &H, &W_, &C, &outH, &outW, &outC, &fh, &fw, &strideH, &strideW, &dilationH, &dilationW, &top, &left};
    for (int64_t* value : all) *value = call.n(first++);
  }
  int64_t depth() const { return fh * fw * C; }  // numbers under the window
  // The place in the image of a tap of the window at an output place; outside the image it may be negative.
  int64_t row(int64_t out, int64_t tap) const { return out * strideH + tap * dilationH - top; }
  int64_t column(int64_t out, int64_t tap) const { return out * strideW + tap * dilationW - left; }
};

// The output place at which a tap meets a place of the image, or -1.
inline int64_t meets(int64_t place, int64_t tap, int64_t dilation, int64_t before, int64_t stride, int64_t out) {
  const int64_t from = place + before - tap * dilation;
  return from >= 0 && from % stride == 0 && from / stride < out ? from / stride : -1;
}

// Output rows (of all images, one behind the other) whose windows are laid out at once: about 4 MB.
inline int64_t bandOf(const Window& w) { return larger(1, (int64_t{1} << 20) / larger(1, w.outW * w.depth())); }

// patches[r - from] = what lies under each window of output rows [from, to), zeros outside the image.
inline void layOut(const Window& w, float* patches, const float* x, int64_t from, int64_t to) {
  const int64_t across = w.outW * w.depth();
  parallelRange(to - from, larger(1, kGrain / larger(1, across)), [&](int64_t a, int64_t b) {
    for (int64_t r = from + a; r < from + b; r++) {
      const float* image = x + r / w.outH * w.H * w.W_ * w.C;
      float* target = patches + (r - from) * across;
      for (int64_t column = 0; column < w.outW; column++)
        for (int64_t i = 0; i < w.fh; i++) {
          const int64_t y = w.row(r % w.outH, i);
          for (int64_t j = 0; j < w.fw; j++, target += w.C) {
            const int64_t place = w.column(column, j);
            const bool inside = y >= 0 && y < w.H && place >= 0 && place < w.W_;
            if (inside) copyRow(target, image + (y * w.W_ + place) * w.C, w.C, 1, 1);
            else __builtin_memset(target, 0, static_cast<size_t>(w.C) * 4);
          }
        }
    }
  });
}

// dx += the pulls on the patches of output rows [from, to). Each row of dx gathers its own, so threads never meet.
inline void takeBack(const Window& w, float* dx, const float* patches, int64_t from, int64_t to) {
  const int64_t across = w.outW * w.depth(), first = from / w.outH * w.H, last = ((to - 1) / w.outH + 1) * w.H;
  parallelRange(last - first, larger(1, kGrain / larger(1, w.W_ * w.depth())), [&](int64_t a, int64_t b) {
    for (int64_t row = first + a; row < first + b; row++)
      for (int64_t i = 0; i < w.fh; i++) {
        const int64_t y = meets(row % w.H, i, w.dilationH, w.top, w.strideH, w.outH), r = row / w.H * w.outH + y;
        if (y < 0 || r < from || r >= to) continue;
        for (int64_t column = 0; column < w.W_; column++)
          for (int64_t j = 0; j < w.fw; j++) {
            const int64_t place = meets(column, j, w.dilationW, w.left, w.strideW, w.outW);
            if (place < 0) continue;
            const float* pull = patches + (r - from) * across + place * w.depth() + (i * w.fw + j) * w.C;
            float* target = dx + (row * w.W_ + column) * w.C;
            mapTo(target, w.C, [&](auto at) { return at(target) + at(pull); });
          }
      }
  });
}

// Runs body(patches, first window, windows) for each band of output rows.
template <class F>
inline void forBands(const Window& w, F body) {
  const int64_t rows = w.B * w.outH, band = smaller(bandOf(w), larger(1, rows));
  float* patches = static_cast<float*>(scratch(kSlotWork, static_cast<size_t>(band * w.outW * w.depth() + W) * 4));
  for (int64_t from = 0; from < rows; from += band) body(patches, from, smaller(rows, from + band));
}

// buffers y [B,outH,outW,outC], x, filter [fh,fw,C,outC]; numbers of Window, bf16.
void conv2dCall(const Call& call) {
  const Window w(call, 0);
  const bool bf16 = call.n(15) != 0;
  forBands(w, [&](float* patches, int64_t from, int64_t to) {
    layOut(w, patches, call.f32(1), from, to);
    const int64_t k = w.depth(), n = w.outC;
    multiply({(to - from) * w.outW, n, k, left(patches, k, false), right(call.f32(2), n, false), call.f32(0) + from * w.outW * n, n,
              false, Epilogue()}, false, bf16);
  });
}

// buffers dfilter, x, dy; numbers of Window, bf16.
void conv2dFilterGradCall(const Call& call) {
  const Window w(call, 0);
  const int64_t k = w.depth(), n = w.outC;
  if (w.B * w.outH == 0) __builtin_memset(call.f32(0), 0, static_cast<size_t>(k * n) * 4);
  forBands(w, [&](float* patches, int64_t from, int64_t to) {
    layOut(w, patches, call.f32(1), from, to);
    multiply({k, n, (to - from) * w.outW, left(patches, k, true), right(call.f32(2) + from * w.outW * n, n, false), call.f32(0), n,
              from > 0, Epilogue()}, false, call.n(15) != 0);
  });
}

// buffers dx, dy, filter; numbers of Window, bf16.
void conv2dInputGradCall(const Call& call) {
  const Window w(call, 0);
  const int64_t k = w.depth(), n = w.outC;
  __builtin_memset(call.f32(0), 0, static_cast<size_t>(w.B * w.H * w.W_ * w.C) * 4);
  forBands(w, [&](float* patches, int64_t from, int64_t to) {
    multiply({(to - from) * w.outW, k, n, left(call.f32(1) + from * w.outW * n, n, false), right(call.f32(2), n, true), patches, k,
              false, Epilogue()}, false, call.n(15) != 0);
    takeBack(w, call.f32(0), patches, from, to);
  });
}

// buffers y, x; numbers of Window. The mean of what lies inside the image.
void avgPoolCall(const Call& call) {
  const Window w(call, 0);
  parallelRange(w.B * w.outH, larger(1, kGrain / larger(1, w.outW * w.depth())), [&](int64_t a, int64_t b) {
    for (int64_t r = a; r < b; r++)
      for (int64_t column = 0; column < w.outW; column++) {
        float* y = call.f32(0) + (r * w.outW + column) * w.C;
        float count = 0;
        __builtin_memset(y, 0, static_cast<size_t>(w.C) * 4);
        for (int64_t i = 0; i < w.fh; i++)
          for (int64_t j = 0; j < w.fw; j++) {
            const int64_t row = w.row(r % w.outH, i), place = w.column(column, j);
            if (row < 0 || row >= w.H || place < 0 || place >= w.W_) continue;
            const float* x = call.f32(1) + ((r / w.outH * w.H + row) * w.W_ + place) * w.C;
            mapTo(y, w.C, [&](auto at) { return at(y) + at(x); });
            count++;
          }
        mapTo(y, w.C, [&](auto at) { return at(y) / splat(count); });
      }
  });
}

// buffers dx, dy; numbers of Window. As tfjs, every pull is shared among the whole window, also where it sticks out.
void avgPoolGradCall(const Call& call) {
  const Window w(call, 0);
  const vf share = splat(1.0f / static_cast<float>(w.fh * w.fw));
  parallelRange(w.B * w.H, larger(1, kGrain / larger(1, w.W_ * w.depth())), [&](int64_t a, int64_t b) {
    for (int64_t r = a; r < b; r++)
      for (int64_t column = 0; column < w.W_; column++) {
        float* dx = call.f32(0) + (r * w.W_ + column) * w.C;
        __builtin_memset(dx, 0, static_cast<size_t>(w.C) * 4);
        for (int64_t i = w.fh - 1; i >= 0; i--)
          for (int64_t j = w.fw - 1; j >= 0; j--) {
            const int64_t row = meets(r % w.H, i, w.dilationH, w.top, w.strideH, w.outH);
            const int64_t place = meets(column, j, w.dilationW, w.left, w.strideW, w.outW);
            if (row < 0 || place < 0) continue;
            const float* dy = call.f32(1) + ((r / w.H * w.outH + row) * w.outW + place) * w.C;
            mapTo(dx, w.C, [&](auto at) { return at(dx) + at(dy); });
          }
        mapTo(dx, w.C, [&](auto at) { return at(dx) * share; });
      }
  });
}

// Where a place of the resized image lies between two places of the original.
struct Between {
  int64_t low, high;
  float share;  // of the higher one
};

inline Between between(int64_t place, double scale, bool halfPixels, int64_t size) {
  const double at = halfPixels ? scale * (static_cast<double>(place) + 0.5) - 0.5 : scale * static_cast<double>(place);
  const int64_t low = larger(0, static_cast<int64_t>(floor(at)));
  return {low, smaller(size - 1, static_cast<int64_t>(ceil(at))), static_cast<float>(at - static_cast<double>(low))};
}

// buffers y [B,outH,outW,C], x [B,H,W,C]; numbers B, H, W, C, outH, outW, scale of rows, scale of columns, half pixels.
void resizeCall(const Call& call) {
  const int64_t H = call.n(1), width = call.n(2), C = call.n(3), outH = call.n(4), outW = call.n(5);
  const bool half = call.n(8) != 0;
  parallelRange(call.n(0) * outH, larger(1, kGrain / 4 / larger(1, outW * C)), [&](int64_t from, int64_t to) {
    for (int64_t r = from; r < to; r++) {
      const Between row = between(r % outH, call.numbers[6], half, H);
      const float* image = call.f32(1) + r / outH * H * width * C;
      for (int64_t c = 0; c < outW; c++) {
        const Between column = between(c, call.numbers[7], half, width);
        const float *a = image + (row.low * width + column.low) * C, *b = image + (row.low * width + column.high) * C;
        const float *d = image + (row.high * width + column.low) * C, *e = image + (row.high * width + column.high) * C;
        mapTo(call.f32(0) + (r * outW + c) * C, C, [&](auto at) {
          const vf top = at(a) + (at(b) - at(a)) * splat(column.share), bottom = at(d) + (at(e) - at(d)) * splat(column.share);
          return top + (bottom - top) * splat(row.share);
        });
      }
    }
  });
}

// buffers dx [B,H,W,C], dy [B,outH,outW,C]; numbers as above. One image a task: its pulls meet each other.
void resizeGradCall(const Call& call) {
  const int64_t H = call.n(1), width = call.n(2), C = call.n(3), outH = call.n(4), outW = call.n(5);
  parallel(call.n(0), [&](int64_t b) {
    float* image = call.f32(0) + b * H * width * C;
    __builtin_memset(image, 0, static_cast<size_t>(H * width * C) * 4);
    for (int64_t r = 0; r < outH; r++) {
      const Between row = between(r, call.numbers[6], call.n(8) != 0, H);
      for (int64_t c = 0; c < outW; c++) {
        const Between column = between(c, call.numbers[7], call.n(8) != 0, width);
        const float* dy = call.f32(1) + ((b * outH + r) * outW + c) * C;
        auto give = [&](int64_t y, int64_t x, float share) {
          float* target = image + (y * width + x) * C;
          mapTo(target, C, [&](auto at) { return at(target) + at(dy) * splat(share); });
        };
        give(row.low, column.low, (1 - row.share) * (1 - column.share));
        give(row.low, column.high, (1 - row.share) * column.share);
        give(row.high, column.low, row.share * (1 - column.share));
        give(row.high, column.high, row.share * column.share);
      }
    }
  });
}
