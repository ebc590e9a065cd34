/** Sizes of a convolution, channels last, as tfjs computes them. */
interface ConvSizes {
  readonly batchSize: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly strideHeight: number;
  readonly strideWidth: number;
  readonly padInfo: { readonly top: number; readonly left: number };
}

/** The pull on a convolution's filter `[fh,fw,Cin,Cout]` into `out`: for each tap, the inputs that it met times the pulls dy. */
export function convFilterGradient(s: ConvSizes, x: Float32Array, dy: Float32Array, out: Float32Array): void {
  out.fill(0);
  for (let tapY = 0; tapY < s.filterHeight; tapY++)
    for (let tapX = 0; tapX < s.filterWidth; tapX++) {
      const tap = (tapY * s.filterWidth + tapX) * s.inChannels * s.outChannels;
      for (let image = 0; image < s.batchSize; image++)
        for (let row = 0; row < s.outHeight; row++) {
          const y = row * s.strideHeight + tapY - s.padInfo.top;
          if (y < 0 || y >= s.inHeight) continue;
          for (let column = 0; column < s.outWidth; column++) {
            const across = column * s.strideWidth + tapX - s.padInfo.left;
            if (across < 0 || across >= s.inWidth) continue;
            const source = ((image * s.inHeight + y) * s.inWidth + across) * s.inChannels;
            const pull = ((image * s.outHeight + row) * s.outWidth + column) * s.outChannels;
            addOuter(out, tap, x, source, s.inChannels, dy, pull, s.outChannels);
          }
        }
    }
}

/** out[i,j] += x[i]·dy[j]. The casts only tell the compiler that the indices lie inside. */
function addOuter(
  out: Float32Array,
  tap: number,
  x: Float32Array,
  source: number,
  inputs: number,
  dy: Float32Array,
  pull: number,
  outputs: number,
): void {
  for (let i = 0; i < inputs; i++) {
    const value = x[source + i] as number;
    const row = tap + i * outputs;
    for (let j = 0; j < outputs; j++) out[row + j] = (out[row + j] as number) + value * (dy[pull + j] as number);
  }
}
