/** The system's code of an error, e.g. `ENOENT`; also of errors that come from another JavaScript context. */
export function errorCode(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}
