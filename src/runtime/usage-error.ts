/** A mistake of the caller that is found before anything runs. Exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
