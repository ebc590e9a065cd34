/** `promisify` of `node:util`, for functions that end with one callback. */
export function promisify<A, B, R>(
  run: (a: A, b: B, done: (error: Error | null, result?: R) => void) => void,
): (a: A, b: B) => Promise<R> {
  return (a, b) => new Promise((resolve, reject) => run(a, b, (error, result) => (error ? reject(error) : resolve(result as R))));
}
