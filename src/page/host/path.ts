/** What is used of `node:path`, for the page's paths: absolute, with forward slashes. */
export const sep = "/";

export function isAbsolute(path: string): boolean {
  return path.startsWith("/");
}

export function resolve(...parts: readonly string[]): string {
  let whole = "/";
  for (const part of parts) whole = isAbsolute(part) ? part : `${whole}/${part}`;
  return normalize(whole);
}

export function join(...parts: readonly string[]): string {
  return normalize(parts.join("/"));
}

export function normalize(path: string): string {
  const kept: string[] = [];
  for (const name of path.split("/")) {
    if (name === "..") kept.pop();
    else if (name !== "" && name !== ".") kept.push(name);
  }
  return `${isAbsolute(path) ? "/" : ""}${kept.join("/")}`;
}

export function dirname(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/"))) || "/";
}

export function basename(path: string, ending = ""): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return ending !== "" && name.endsWith(ending) ? name.slice(0, -ending.length) : name;
}

export function extname(path: string): string {
  const name = basename(path);
  const dot = name.lastIndexOf(".");
  return dot > 0 ? name.slice(dot) : "";
}

export function relative(from: string, to: string): string {
  const [a, b] = [normalize(from), normalize(to)].map((path) => path.split("/").filter(Boolean));
  let same = 0;
  while (a && b && same < a.length && same < b.length && a[same] === b[same]) same++;
  return [...(a ?? []).slice(same).map(() => ".."), ...(b ?? []).slice(same)].join("/");
}
