/** What went wrong, as text. Looks at the fields, because errors of another realm are no instance of this one's Error. */
export function messageOf(error: unknown): string {
  const message = field(error, "message");
  return typeof message === "string" ? message : String(error);
}

/** The code of a system error, e.g. `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  const code = field(error, "code");
  return typeof code === "string" ? code : undefined;
}

/** What the operating system refused, in words. */
export function refusalOf(error: unknown): string {
  const code = codeOf(error) ?? "";
  if (code === "ENOENT") return "no such file or folder";
  if (code === "ENOTDIR") return "it is no folder";
  if (code === "EACCES" || code === "EPERM") return "not allowed to open it";
  return messageOf(error);
}

/** Runs `use` and puts `where` before the message of its error. */
export async function within<T>(where: string, use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    throw new Error(`${where}: ${messageOf(error)}`, { cause: error });
  }
}

function field(error: unknown, name: "message" | "code"): unknown {
  return typeof error === "object" && error !== null && name in error ? (error as Record<string, unknown>)[name] : undefined;
}
