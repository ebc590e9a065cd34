import { transform } from "sucrase";

/** TypeScript as JavaScript, its lines where they were. Throws a SyntaxError with the place. */
export function transpile(text: string, file: string): string {
  try {
    return transform(text, { transforms: ["typescript"], disableESTransforms: true, preserveDynamicImport: true }).code;
  } catch (error) {
    const { message } = error as Error;
    const [, what = message, line = 1, column = 1] = /^(.*) \((\d+):(\d+)\)$/s.exec(message) ?? [];
    throw new SyntaxError(`${what.replace(/^Error transforming [^:]*: /, "")} (${file}:${line}:${column})`, { cause: error });
  }
}
