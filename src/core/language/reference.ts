/** A reference to an output as a graph writes it: `node.port`, `node`, `node.model@ema`. */
export interface ReferenceText {
  readonly node: string;
  readonly port?: string;
  readonly variant?: string;
}

/** Takes a reference apart; undefined where the text is none. */
export function parseReference(text: string): ReferenceText | undefined {
  const [, node, port, variant] = /^([\w/-]+)(?:\.([\w-]+))?(?:@([\w-]+))?$/.exec(text.trim()) ?? [];
  if (node === undefined) return undefined;
  return { node, ...(port === undefined ? {} : { port }), ...(variant === undefined ? {} : { variant }) };
}
