/** The door to WebGPU: the page's own, or Dawn's in Node. */
export interface FoundGpu {
  readonly gpu: GPU;
  /** Lets Node end: an open door holds Dawn's threads. Does nothing in a page. */
  release(): void;
}

/** What the `webgpu` package gives. */
interface DawnPackage {
  create(options: string[]): GPU;
  readonly globals: Readonly<Record<string, unknown>>;
}

/**
 * WebGPU of this page or, in Node, of the optional package `webgpu`; else the reason in words with its cure. In Node the class names and
 * flags of WebGPU become global, for the tensor library looks for them there. `RAEGRAPH_WEBGPU` passes options to Dawn, separated by
 * blanks, e.g. `backend=vulkan adapter=NVIDIA`. `experimental` also shows features that are not yet in the standard, where Dawn is told
 * nothing else about its own.
 */
export async function findGpu(experimental = false): Promise<FoundGpu | string> {
  const page = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
  if (page) return { gpu: page, release: () => undefined };
  if (typeof process === "undefined" || !process.versions?.node)
    return "this browser has no WebGPU, or it is switched off; use another browser, or the backend wasm";
  // Debian's SwiftShader complains on the standard error without it.
  process.env["XDG_RUNTIME_DIR"] ??= "/tmp";
  const dawn = await import("webgpu").then(
    (found) => found as unknown as DawnPackage,
    (error: unknown) => `the package webgpu does not load here (${firstLine(error)}); run \`npm install webgpu\``,
  );
  if (typeof dawn === "string") return dawn;
  Object.assign(globalThis, dawn.globals);
  const given = (process.env["RAEGRAPH_WEBGPU"] ?? "").split(" ").filter(Boolean);
  const own = experimental && !given.some((option) => option.startsWith("enable-dawn-features"));
  const gpu = dawn.create(own ? [...given, "enable-dawn-features=allow_unsafe_apis"] : given);
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: { gpu }, configurable: true, writable: true });
  return {
    gpu,
    release() {
      if (before) Object.defineProperty(globalThis, "navigator", before);
      else Reflect.deleteProperty(globalThis, "navigator");
    },
  };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
