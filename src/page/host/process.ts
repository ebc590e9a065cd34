/** The little that shared code asks of Node's `process`; it has no `versions.node`, so nothing takes the page for Node. */
export const process = { cwd: () => "/", env: {} as Record<string, string | undefined>, versions: {}, platform: "browser" };
