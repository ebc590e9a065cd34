/** Longest whole number in bytes: Python's are endless, sizes and counts are not. */
const longestNumber = 64;

/** A whole number of Python from little-endian two's complement; exact, as a bigint where a number is not. */
export function wholeNumber(bytes: Uint8Array): number | bigint {
  if (bytes.byteLength > longestNumber) throw new Error(`a whole number of ${bytes.byteLength} bytes`);
  if (bytes.byteLength === 0) return 0;
  const unsigned = BigInt(
    `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
      .reverse()
      .join("")}`,
  );
  return plain(BigInt.asIntN(8 * bytes.byteLength, unsigned));
}

/** A whole number of Python in decimals; `01` and `00` are its truth values. */
export function lineNumber(text: string): number | bigint | boolean {
  if (text === "01" || text === "00") return text === "01";
  if (!/^-?\d{1,100}$/.test(text)) throw new Error(`expected a whole number, got ${JSON.stringify(text.slice(0, 40))}`);
  return plain(BigInt(text));
}

function plain(number: bigint): number | bigint {
  const short = Number(number);
  return Number.isSafeInteger(short) ? short : number;
}
