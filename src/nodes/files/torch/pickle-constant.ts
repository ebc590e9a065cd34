import type { ByteReader } from "./byte-reader.js";
import { lineNumber, wholeNumber } from "./pickle-number.js";
import { PickleDict } from "./pickle-value.js";
import type { PickleValue } from "./pickle-value.js";

/** The value of an opcode that pushes one which stands in the bytes; undefined for the other opcodes. */
export function constantOf(code: number, bytes: ByteReader): PickleValue | undefined {
  switch (String.fromCharCode(code)) {
    case "N":
      return null;
    case "\x88":
      return true;
    case "\x89":
      return false;
    case "K":
      return bytes.byte();
    case "M":
      return bytes.u16();
    case "J":
      return bytes.i32();
    case "\x8a":
      return wholeNumber(bytes.take(bytes.byte()));
    case "\x8b":
      return wholeNumber(bytes.take(bytes.u32()));
    case "I":
      return lineNumber(bytes.line());
    case "L":
      return lineNumber(bytes.line().replace(/L$/, ""));
    case "F":
      return Number(bytes.line());
    case "G":
      return bytes.bigF64();
    case "V":
      return bytes.line();
    case "S":
      return bytes.line().replace(/^(['"])(.*)\1$/, "$2");
    case "X":
    case "T":
      return bytes.text(bytes.u32());
    case "\x8c":
    case "U":
      return bytes.text(bytes.byte());
    case "\x8d":
      return bytes.text(bytes.u64());
    case "B":
      return bytes.take(bytes.u32());
    case "C":
      return bytes.take(bytes.byte());
    case "\x8e":
    case "\x96":
      return bytes.take(bytes.u64());
    case ")":
    case "]":
    case "\x8f":
      return [];
    case "}":
      return new PickleDict();
    default:
      return undefined;
  }
}
