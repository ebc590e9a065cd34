/** What is used of `node:os`. */
export function availableParallelism(): number {
  return globalThis.navigator.hardwareConcurrency || 1;
}

export function homedir(): string {
  return "/";
}
