#!/usr/bin/env node
// Cuts the shipped subset out of Fashion-MNIST as Debian packages it:
//   apt-get install dataset-fashion-mnist && node scripts/make-fashion-mnist.mjs
// The first 12,000 training and 2,000 test images; the original order is already random.
import { readFileSync, writeFileSync } from "node:fs";
import { gunzipSync, gzipSync } from "node:zlib";

const source = process.argv[2] ?? "/usr/share/datasets/fashion-mnist";
const target = new URL("../graphs/assets/fashion-mnist/", import.meta.url);

/** The first `count` entries of an IDX file; the header is 4 bytes of magic and a big-endian size per dimension. */
function head(name, count) {
  const bytes = gunzipSync(readFileSync(`${source}/${name}.gz`));
  const dimensions = bytes[3];
  const header = 4 + 4 * dimensions;
  const entry = Array.from({ length: dimensions - 1 }, (_, i) => bytes.readUInt32BE(8 + 4 * i)).reduce((a, b) => a * b, 1);
  const cut = Buffer.from(bytes.subarray(0, header + count * entry));
  cut.writeUInt32BE(count, 4);
  writeFileSync(new URL(`${name}.gz`, target), gzipSync(cut, { level: 9 }));
}

for (const [set, count] of [
  ["train", 12_000],
  ["t10k", 2_000],
]) {
  head(`${set}-images-idx3-ubyte`, count);
  head(`${set}-labels-idx1-ubyte`, count);
}
