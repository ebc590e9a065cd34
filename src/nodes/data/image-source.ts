import { availableParallelism } from "node:os";
import type { HostContext, Packet, Source } from "../../core/define-node.js";
import { streamId } from "../../core/philox.js";
import { messageOf } from "../files/error-text.js";
import { decodeImage } from "./decode-image.js";
import type { Cut } from "./decode-image.js";
import type { ImageCollection } from "./image-collection.js";
import { restorePosition, savePosition } from "./position.js";
import type { Position } from "./position.js";
import { readAhead } from "./read-ahead.js";
import type { ReadAhead } from "./read-ahead.js";
import { sampleOrder } from "./sample-order.js";
import type { SampleOrder } from "./sample-order.js";

export interface ImageSourceOptions {
  readonly batch: number;
  readonly size: number;
  readonly channels: 1 | 3;
  readonly crop: "center" | "random";
  readonly flip: boolean;
  readonly shuffle: boolean;
  readonly repeat: boolean;
  readonly on_error: "skip" | "fail";
  readonly workers?: number | undefined;
}

/** A sample on its way: where it stands, and its pixels or what is wrong with its file. */
interface Decoded extends Position {
  readonly sample: number;
  readonly pixels?: Float32Array;
  readonly fault?: string;
}

/** Unreadable images that are named one by one; further ones are only counted. */
const namedFaults = 20;

/**
 * Batches of decoded images. The next few images are decoded while the last batch is in use. An unreadable image is left out and
 * the next one takes its place, so the position counts samples, not batches.
 */
export class ImageSource implements Source {
  private readonly order: SampleOrder;
  private readonly unreadable = new Map<number, string>();
  private readonly data: { readonly count: number; readonly fingerprint: number };
  /** After the last sample of the last packet. */
  private used: Position = { epoch: 0, position: 0 };
  /** The next sample to decode. */
  private ahead: Position = { epoch: 0, position: 0 };
  private pending: ReadAhead<Decoded> | undefined;
  private closed = false;

  constructor(
    private readonly options: ImageSourceOptions,
    private readonly images: ImageCollection,
    private readonly context: HostContext,
  ) {
    const { count } = images;
    this.order = sampleOrder({ seed: context.seed, node: context.node, count, shuffle: options.shuffle, groups: images.groups });
    this.data = { count, fingerprint: streamId(images.names.join("\n")) };
  }

  async next(): Promise<Packet | undefined> {
    this.pending ??= readAhead(this.options.workers ?? Math.min(16, Math.max(2, availableParallelism())), () => this.start());
    let batch: Decoded[] = [];
    let { epoch } = this.used;
    let ends = 0;
    while (batch.length < this.options.batch) {
      const decoded = await this.pending.take();
      if (this.closed) return undefined;
      if (!decoded) {
        const nothingGiven = this.used.epoch === 0 && this.used.position === 0;
        if (nothingGiven || this.options.repeat) throw this.noBatch();
        return undefined;
      }
      if (decoded.epoch !== epoch) {
        // The second end means that a whole epoch went by without one full batch: it would go on like that for ever.
        if (++ends === 2) throw this.noBatch();
        epoch = decoded.epoch;
        batch = [];
      }
      if (decoded.pixels) batch.push(decoded);
      else this.reject(decoded);
    }
    const last = batch.at(-1);
    if (last) this.used = { epoch: last.epoch, position: last.position + 1 };
    return this.packet(batch);
  }

  state() {
    return savePosition(this.used, this.data);
  }

  restore(state: Parameters<Source["restore"]>[0]): void {
    if (this.pending) throw new Error("a source is restored before its first batch, not after");
    this.used = restorePosition(state, this.data);
    this.ahead = this.used;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.pending?.stop();
    await this.images.close?.();
    if (this.unreadable.size > 0)
      this.context.log("warn", `${this.unreadable.size} of ${this.data.count} images were unreadable and left out`);
  }

  /** Starts to decode the next sample whose file is not known to be unreadable. */
  private start(): Promise<Decoded> | undefined {
    while (!this.closed) {
      if (this.ahead.position >= this.data.count) {
        if (!this.options.repeat || this.unreadable.size === this.data.count) return undefined;
        this.ahead = { epoch: this.ahead.epoch + 1, position: 0 };
      }
      const { epoch, position } = this.ahead;
      const sample = this.order.at(epoch, position);
      this.ahead = { epoch, position: position + 1 };
      if (!this.unreadable.has(sample)) return this.decode({ epoch, position, sample });
    }
    return undefined;
  }

  private async decode(at: Position & { readonly sample: number }): Promise<Decoded> {
    try {
      return { ...at, pixels: await decodeImage(await this.images.read(at.sample), this.cut(at.epoch, at.sample)) };
    } catch (error) {
      return { ...at, fault: messageOf(error) };
    }
  }

  private cut(epoch: number, sample: number): Cut {
    const { size, channels, crop, flip } = this.options;
    if (crop === "center" && !flip) return { size, channels, place: "center", flip };
    const [x = 0, y = 0, mirror = 0] = this.order.words(epoch, sample);
    return { size, channels, place: crop === "center" ? "center" : [x / 2 ** 32, y / 2 ** 32], flip: flip && (mirror & 1) === 1 };
  }

  private reject({ sample, fault = "unreadable" }: Decoded): void {
    const what = `${this.images.nameOf(sample)}: image cannot be read (${fault})`;
    if (this.options.on_error === "fail") throw new Error(`${what}; remove it, or leave such images out by on_error: skip`);
    if (this.unreadable.has(sample)) return;
    this.unreadable.set(sample, fault);
    if (this.unreadable.size <= namedFaults) this.context.log("warn", `${what}; left out`);
    if (this.unreadable.size === namedFaults) this.context.log("warn", "further unreadable images are only counted");
  }

  private noBatch(): Error {
    const { batch } = this.options;
    const good = this.data.count - this.unreadable.size;
    const [first] = this.unreadable.keys();
    const cause = first === undefined ? "" : `, the first ${this.images.nameOf(first)} (${this.unreadable.get(first)})`;
    return new Error(
      `${this.images.where}: ${this.unreadable.size} of ${this.data.count} images are unreadable${cause}: ${good} do not fill a batch of ${batch}; repair the files or lower batch`,
    );
  }

  private packet(batch: readonly Decoded[]): Packet {
    const { size, channels } = this.options;
    const pixels = new Float32Array(batch.length * size * size * channels);
    batch.forEach((decoded, i) => pixels.set(decoded.pixels ?? [], i * size * size * channels));
    const classes = Int32Array.from(batch, ({ sample }) => this.images.labelOf(sample));
    return {
      indices: batch.map(({ sample }) => sample),
      values: {
        image: { dtype: "f32", shape: [batch.length, size, size, channels], data: pixels },
        label: { dtype: "i32", shape: [batch.length], data: classes },
      },
    };
  }
}
