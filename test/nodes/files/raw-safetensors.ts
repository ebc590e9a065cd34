interface RawEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: ArrayBufferView;
}

/** The bytes of a safetensors file made without the code under test: from arrays, or from header text and a count of zero bytes. */
export function rawSafetensors(content: Readonly<Record<string, RawEntry>>): Uint8Array;
export function rawSafetensors(header: string, dataBytes: number): Uint8Array;
export function rawSafetensors(content: Readonly<Record<string, RawEntry>> | string, dataBytes = 0): Uint8Array {
  if (typeof content === "string") return join(content, Buffer.alloc(dataBytes));
  const header: Record<string, object> = {};
  const parts: Buffer[] = [];
  let offset = 0;
  for (const [name, { dtype, shape, data }] of Object.entries(content)) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + data.byteLength] };
    parts.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
    offset += data.byteLength;
  }
  return join(JSON.stringify(header), Buffer.concat(parts));
}

function join(header: string, data: Buffer): Uint8Array {
  const text = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeUInt32LE(text.byteLength);
  return Uint8Array.from(Buffer.concat([length, text, data]));
}
