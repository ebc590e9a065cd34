import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A stage-2 training of some thousand parameters: 8x8 images, 2x2 tokens of 8 numbers, four classes. */
export const tinyGraph = `name: tiny
seed: 5
vars: { lr: 1.0e-3 }
nodes:
  images: { type: data.idx, params: { images: images.idx, labels: labels.idx, batch: 4, shuffle: true } }
  encoder:
    type: encoder.vit_mae
    params:
      image_size: 8
      patch_size: 4
      num_channels: 1
      hidden_size: 8
      num_hidden_layers: 1
      num_attention_heads: 2
      intermediate_size: 16
      image_mean: [0.5]
      image_std: [0.5]
    in: { image: images.image }
  time: { type: flow.shifted_time, in: { like: encoder.tokens } }
  noisy: { type: flow.linear_path, in: { data: encoder.tokens, t: time.t } }
  dit:
    type: model.dit_dh
    params: { input_size: 2, in_channels: 8, hidden_size: [8, 16], depth: [1, 1], num_heads: [2, 2], num_classes: 4 }
    in: { x: noisy.x, t: time.t, label: images.label }
  loss: { type: flow.velocity_loss, in: { prediction: dit.velocity, target: noisy.velocity } }
  adam: { type: train.adamw, params: { lr: "\${vars.lr}" }, in: { loss: loss.value, trains: dit.weights } }
  classes: { type: data.labels, params: { labels: [0, 1, 2, 3] } }
  drawn: { type: flow.ode, params: { steps: 3, guidance: 1.5 }, in: { model: dit.model@ema, label: classes.label } }
  picture:
    type: decoder.vit
    params:
      hidden_size: 8
      patch_size: 4
      num_channels: 1
      decoder_hidden_size: 8
      decoder_num_hidden_layers: 1
      decoder_num_attention_heads: 2
      decoder_intermediate_size: 16
      image_mean: [0.5]
      image_std: [0.5]
    in: { z: drawn.z }
  grid: { type: out.image_grid, in: { image: picture.image } }
phases:
  train: { run: [adam], steps: 20, checkpoint: 5 }
  sample: { run: [grid], of: train, every: 10 }
`;

/** The tiny graph with some of its text exchanged. Throws where a text is not in it. */
export function changed(...changes: readonly (readonly [from: string, to: string])[]): string {
  return changes.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the tiny graph has no ${JSON.stringify(from)}`);
    return text.replace(from, to);
  }, tinyGraph);
}

/** A fresh folder with `tiny.yaml` and its 64 images of four classes, stripes of other widths in each. */
export async function tinyFolder(text = tinyGraph): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tiny-"));
  const [count, side] = [64, 8];
  const pixels = Uint8Array.from({ length: count * side * side }, (_, i) => {
    const image = Math.floor(i / (side * side));
    return ((i % side) * 37 * (1 + (image % 4)) + image * 3) % 256;
  });
  await writeFile(join(folder, "images.idx"), idxBytes([count, side, side], pixels));
  await writeFile(
    join(folder, "labels.idx"),
    idxBytes(
      [count],
      Uint8Array.from({ length: count }, (_, i) => i % 4),
    ),
  );
  await writeFile(join(folder, "tiny.yaml"), text);
  return folder;
}

/** An IDX file of unsigned bytes. */
export function idxBytes(shape: readonly number[], data: Uint8Array): Uint8Array {
  const header = Buffer.alloc(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  shape.forEach((size, i) => header.writeUInt32BE(size, 4 + 4 * i));
  return Buffer.concat([header, data]);
}
