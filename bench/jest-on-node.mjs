/** Jest's words for Node's own test runner, as far as the conformance suite uses them. */
import { after, before, describe as nodeDescribe, test as nodeTest } from "node:test";
import { format } from "node:util";

export { after as afterAll, before as beforeAll };
export { expect } from "expect";

const timed =
  (run) =>
  (name, action, timeout = Infinity) =>
    run(name, { timeout }, () => action());

/** `each` spreads rows that are arrays, and puts their values into the name as Jest does. */
function withEach(run) {
  const plain = timed(run);
  return Object.assign(plain, {
    skip: (name) => run(name, { skip: true }, () => undefined),
    each: (rows) => (name, action, timeout) => {
      for (const row of rows) {
        const values = Array.isArray(row) ? row : [row];
        plain(format(name.replace(/%p/g, "%j"), ...values), () => action(...values), timeout);
      }
    },
  });
}

export const test = withEach(nodeTest);
export const describe = withEach(nodeDescribe);
