const underWay = new Map<string, Promise<string>>();

/** Pulls an address for a verb that is about to need it, once however many nodes name it; gives the file. */
export function pullOnce(address: string): Promise<string> {
  const known = underWay.get(address);
  if (known) return known;
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const file = import("../hub/pull.js").then(({ pull }) => pull(address, say));
  underWay.set(address, file);
  return file;
}
