/** In the place of modules that a page has no use for or cannot have: what is asked of them says so. */
function absent(name: string, cure = ""): () => never {
  return () => {
    throw new Error(`${name} is not to be had in a page; ${cure}run this graph with \`graph run\``);
  };
}

export const create = absent("Dawn");
export const createHash = absent("hashing of files");
export const createReadStream = absent("reading of streams");
export const pipeline = absent("reading of streams");
export const extract = absent("reading of tar files");
export const randomUUID = (): string => globalThis.crypto.randomUUID();
export default absent("decoding of JPEG, PNG and WebP files", "put the images into an IDX file, or ");
