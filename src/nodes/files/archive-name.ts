/** Throws an Error unless a name in an archive is a relative path below it, whoever unpacks it. */
export function checkArchiveName(name: string): void {
  if (name === "" || name.startsWith("/") || /[\\\0]|^[A-Za-z]:/.test(name) || name.split("/").includes(".."))
    throw new Error(
      `the archive holds a file called ${JSON.stringify(name.slice(0, 120))}, which leads out of its folder; such files are not read`,
    );
}
