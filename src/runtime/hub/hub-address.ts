import { UsageError } from "../usage-error.js";

/** A file of a model on the Hugging Face Hub, or the model as a whole. */
export interface HubAddress {
  /** `org/name`. */
  readonly repo: string;
  /** Path in the repository; undefined where its weights are meant, whatever they are called. */
  readonly file?: string;
  /** Branch, tag or commit. */
  readonly revision: string;
  /** As it was given. */
  readonly text: string;
}

/** Whether a path is an address on the hub. */
export function isHubAddress(path: string): boolean {
  return path.startsWith("hf://");
}

/** Reads `hf://org/name[/file][@revision]`; the revision is `main` unless given. Throws a UsageError that says what is wrong. */
export function parseHubAddress(text: string): HubAddress {
  const refuse = (what: string): never => {
    throw new UsageError(`${text}: ${what}; expected hf://org/name[/file][@revision]`);
  };
  const [, whole = "", revision = "main"] = /^hf:\/\/(.*?)(?:@(.*))?$/.exec(text) ?? [];
  const parts = whole.split("/");
  const odd = [...parts, ...revision.split("/")].find((part) => !/^[\w.+=~ -]+$/.test(part) || /^\.+$/.test(part));
  if (odd !== undefined) refuse(odd === "" ? "a part of it is empty" : `"${odd}" is no name on the hub`);
  const [org = "", name, ...file] = parts;
  if (name === undefined) refuse("the model's name is missing");
  return { repo: `${org}/${name ?? ""}`, revision, text, ...(file.length > 0 ? { file: file.join("/") } : {}) };
}
