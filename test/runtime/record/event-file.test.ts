import { mkdtemp, readdir, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { encode } from "fast-png";
import { crc32c, maskedCrc32c } from "../../../src/runtime/record/crc32c.js";
import { openEventFile } from "../../../src/runtime/record/event-file.js";
import { intField } from "../../../src/runtime/record/protobuf.js";

/** A field of a protocol buffer message: numbers stay numbers, the rest bytes. */
type Fields = Map<number, number | Buffer>;

/** Reads a message without knowing its meaning; independent of the writer. */
function fieldsOf(bytes: Buffer): Fields {
  const fields: Fields = new Map();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes.readUInt8(at++);
      value += (byte & 127) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const field = tag >>> 3;
    if ((tag & 7) === 0) fields.set(field, varint());
    else if ((tag & 7) === 1) fields.set(field, bytes.readDoubleLE((at += 8) - 8));
    else if ((tag & 7) === 5) fields.set(field, bytes.readFloatLE((at += 4) - 4));
    else {
      const length = varint();
      fields.set(field, bytes.subarray(at, (at += length)));
    }
  }
  return fields;
}

/** Records of an event file, their checksums checked. */
function recordsOf(file: Buffer): Fields[] {
  const records: Fields[] = [];
  for (let at = 0; at < file.length;) {
    const length = Number(file.readBigUInt64LE(at));
    expect(file.readUInt32LE(at + 8)).toBe(maskedCrc32c(file.subarray(at, at + 8)));
    const body = file.subarray(at + 12, at + 12 + length);
    expect(file.readUInt32LE(at + 12 + length)).toBe(maskedCrc32c(body));
    records.push(fieldsOf(body));
    at += 16 + length;
  }
  return records;
}

function inner(fields: Fields | undefined, ...path: number[]): Fields {
  const bytes = fields?.get(path[0] ?? 0);
  if (!Buffer.isBuffer(bytes)) throw new Error(`no field ${path[0]}`);
  const found = fieldsOf(bytes);
  return path.length > 1 ? inner(found, ...path.slice(1)) : found;
}

async function written(write: (file: ReturnType<typeof openEventFile>) => void, restartAt?: number): Promise<Fields[]> {
  const folder = await mkdtemp(join(tmpdir(), "tb-"));
  const file = openEventFile(folder, () => 1700000000.5, restartAt);
  write(file);
  file.close();
  const [name = ""] = await readdir(folder);
  expect(name).toMatch(/^events\.out\.tfevents\.1700000000\./);
  return recordsOf(await readFile(join(folder, name)));
}

describe("CRC-32C", () => {
  test("has the published check value", () => expect(crc32c(Buffer.from("123456789"))).toBe(0xe3069283));
  test("of nothing is 0", () => expect(crc32c(new Uint8Array(0))).toBe(0));
  test("is masked by a rotation and a constant", () => expect(maskedCrc32c(new Uint8Array(0))).toBe(0xa282ead8));
});

test("whole numbers take seven bits a byte", () => {
  expect([...intField(2, 300)]).toEqual([0x10, 0xac, 0x02]);
  expect(fieldsOf(Buffer.from(intField(2, 2 ** 40 + 1))).get(2)).toBe(2 ** 40 + 1);
});

test("starts with the format's version and holds scalars under their tags", async () => {
  const [first, second] = await written((file) => file.scalar("train/loss", 400, 0.5));
  expect(String(first?.get(3))).toBe("brain.Event:2");
  expect(second?.get(1)).toBe(1700000000.5);
  expect(second?.get(2)).toBe(400);
  const value = inner(second, 5, 1);
  expect([String(value.get(1)), value.get(2)]).toEqual(["train/loss", 0.5]);
});

test("holds pictures with their size and channels", async () => {
  const png = encode({ width: 3, height: 2, channels: 3, depth: 8, data: new Uint8Array(18) });
  const [, picture] = await written((file) => file.image("grid", 7, png));
  const value = inner(picture, 5, 1);
  expect(String(value.get(1))).toBe("grid");
  const image = inner(value, 4);
  expect([image.get(1), image.get(2), image.get(3)]).toEqual([2, 3, 3]);
  expect(image.get(4)).toEqual(Buffer.from(png));
});

test("refuses a picture that is no PNG", async () => {
  await expect(written((file) => file.image("grid", 7, new Uint8Array(40)))).rejects.toThrow("no PNG");
});

test("a resumed run says where it starts again", async () => {
  const [, restart] = await written(() => undefined, 401);
  expect(restart?.get(2)).toBe(401);
  expect(inner(restart, 7).get(1)).toBe(1);
});

test("two files of one second stay apart", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tb-"));
  for (let i = 0; i < 3; i++) openEventFile(folder, () => 5).close();
  expect(new Set(await readdir(folder)).size).toBe(3);
});
