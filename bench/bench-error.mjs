/** What stops a benchmark and how to cure it; ends the command with `code`: 1 failed, 2 bad usage. */
export class BenchError extends Error {
  constructor(message, code = 1) {
    super(message);
    this.name = "BenchError";
    this.code = code;
  }
}
