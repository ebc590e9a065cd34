/** An image as it lies in its file: bytes of JPEG, PNG or WebP, or pixels, channels last. */
export type StoredImage = Uint8Array | Pixels;

/** Unsigned bytes of an image, row by row, channels last. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** How an image is cut; `place` gives the crop's corner as fractions of the free way (0.5 is the centre). */
export interface Cut {
  readonly size: number;
  readonly channels: 1 | 3;
  readonly place: "center" | readonly [x: number, y: number];
  readonly flip: boolean;
}

/**
 * A square of `size` pixels as numbers in [0,1], channels last: the shorter side is resized to `size` by a cubic kernel, then a
 * square is cut out. Transparency is dropped and EXIF orientation ignored, as PyTorch's loaders do. Rejects where the bytes are no image.
 */
export async function decodeImage(stored: StoredImage, cut: Cut): Promise<Float32Array> {
  // Pixels that fit are used as they are: small images by the thousand are not worth a decoder's call.
  const pixels = stored instanceof Uint8Array ? undefined : stored;
  if (pixels && fits(pixels, cut)) return toNumbers(pixels.data, cut);
  const { default: sharp } = await import("sharp");
  const image =
    stored instanceof Uint8Array ? sharp(stored, { failOn: "error" }) : sharp(stored.data, { raw: withoutData(stored) });
  const { width, height } = await image.metadata();
  const scale = cut.size / Math.min(width, height);
  const wide = Math.max(cut.size, Math.round(width * scale));
  const high = Math.max(cut.size, Math.round(height * scale));
  const [x, y] = cut.place === "center" ? [undefined, undefined] : cut.place;
  const { data, info } = await image
    .resize({ width: wide, height: high, fit: "fill", kernel: "cubic" })
    .extract({ left: corner(wide - cut.size, x), top: corner(high - cut.size, y), width: cut.size, height: cut.size })
    .removeAlpha()
    .toColourspace(cut.channels === 1 ? "b-w" : "srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  if (info.channels !== cut.channels) throw new Error(`it decodes to ${info.channels} channels, expected ${cut.channels}`);
  return toNumbers(data, cut);
}

function fits(pixels: Pixels, { size, channels }: Cut): boolean {
  return pixels.width === size && pixels.height === size && pixels.channels === channels;
}

function withoutData({ width, height, channels }: Pixels): Omit<Pixels, "data"> {
  return { width, height, channels };
}

/** Bytes as numbers in [0,1], mirrored left to right where the cut says so. */
function toNumbers(bytes: Uint8Array, { size, channels, flip }: Cut): Float32Array {
  const out = new Float32Array(bytes.length);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const from = (row * size + (flip ? size - 1 - column : column)) * channels;
      for (let c = 0; c < channels; c++) out[(row * size + column) * channels + c] = (bytes[from + c] ?? 0) / 255;
    }
  return out;
}

/** Where a crop starts on an axis with `free` pixels to spare; the centre where no place is drawn. */
function corner(free: number, place: number | undefined): number {
  return place === undefined ? Math.floor(free / 2) : Math.min(free, Math.floor(place * (free + 1)));
}
