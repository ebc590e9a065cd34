import { UsageError } from "../usage-error.js";

/** Throws a UsageError for a name that does not have the form of the example. */
export function checkScaffoldName(name: string, form: RegExp, example: string): void {
  if (!form.test(name)) throw new UsageError(`"${name}" is no name for it; write one like ${example}`);
}
