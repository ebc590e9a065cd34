/** The pickle ends before its STOP: what is there may be the start of more. */
export class CutOffError extends Error {
  override readonly name = "CutOffError";
}

/** Reads bytes one after the other; never past their end. */
export class ByteReader {
  position = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The next `count` bytes, as a view. Throws a CutOffError where fewer are left. */
  take(count: number): Uint8Array {
    const end = this.position + count;
    if (!(end <= this.bytes.byteLength))
      throw new CutOffError(`${count} bytes announced, ${this.bytes.byteLength - this.position} are left`);
    const part = this.bytes.subarray(this.position, end);
    this.position = end;
    return part;
  }

  byte(): number {
    return this.take(1)[0] ?? 0;
  }

  u16(): number {
    return this.view.getUint16(this.skip(2), true);
  }

  i32(): number {
    return this.view.getInt32(this.skip(4), true);
  }

  u32(): number {
    return this.view.getUint32(this.skip(4), true);
  }

  /** A length of eight bytes. */
  u64(): number {
    return Number(this.view.getBigUint64(this.skip(8), true));
  }

  bigF64(): number {
    return this.view.getFloat64(this.skip(8), false);
  }

  /** Text up to the next newline, which is passed. */
  line(): string {
    const end = this.bytes.indexOf(10, this.position);
    if (end < 0) throw new CutOffError("a line without an end");
    const text = decodeText(this.bytes.subarray(this.position, end));
    this.position = end + 1;
    return text;
  }

  text(count: number): string {
    return decodeText(this.take(count));
  }

  private skip(count: number): number {
    const at = this.position;
    this.take(count);
    return at;
  }
}

/** Text of UTF-8, or of Latin 1 where it is none: Python 2 wrote keys as bytes. */
function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  }
}
