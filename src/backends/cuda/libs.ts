import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";

/** A library of NVIDIA's that the backend can use. */
export interface Wanted {
  readonly name: "driver" | "nvrtc" | "cublasLt" | "cudnn";
  /** File names by which the loader may know it, the best first. */
  readonly files: readonly string[];
  /** Folders below a Python environment's `nvidia` in which its wheels keep it. */
  readonly wheels: readonly string[];
  /** How to get it. */
  readonly cure: string;
}

export const driverLibrary: Wanted = {
  name: "driver",
  files: ["libcuda.so.1"],
  wheels: [],
  cure: "install NVIDIA's driver for this GPU (version 525 or newer)",
};

export const nvrtcLibrary: Wanted = {
  name: "nvrtc",
  files: ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"],
  wheels: ["cu13/lib", "cuda_nvrtc/lib"],
  cure: "install the CUDA toolkit 12 or 13, or `pip install nvidia-cuda-nvrtc` and name its folder in RAEGRAPH_CUDA_LIBRARIES",
};

export const cublasLtLibrary: Wanted = {
  name: "cublasLt",
  files: ["libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so"],
  wheels: ["cu13/lib", "cublas/lib"],
  cure: "install the CUDA toolkit 12 or 13, or `pip install nvidia-cublas`; without it matrix products run on our own slower kernel",
};

export const cudnnLibrary: Wanted = {
  name: "cudnn",
  files: ["libcudnn.so.9", "libcudnn.so"],
  wheels: ["cudnn/lib"],
  cure: "`pip install nvidia-cudnn-cu13` brings it; without it attention in bf16 runs on our own kernels",
};

/**
 * Paths under which a library may be loaded, the likeliest first: the folders in RAEGRAPH_CUDA_LIBRARIES, alone where that is set; else
 * CUDA's own variables and usual places, the loader's own search (a bare name), and the `nvidia` folders of Python environments.
 */
export function candidates(wanted: Wanted, env: NodeJS.ProcessEnv = process.env): string[] {
  const named = (env["RAEGRAPH_CUDA_LIBRARIES"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const inFolders = (folders: readonly string[]): string[] =>
    folders.flatMap((folder) => wanted.files.map((file) => join(folder, file))).filter((path) => existsSync(path));
  if (named.length > 0) return inFolders(named);
  const roots = [env["CUDA_HOME"], env["CUDA_PATH"], "/usr/local/cuda"].filter((root) => root !== undefined);
  const toolkit = roots.flatMap((root) => [join(root, "lib64"), join(root, "lib"), join(root, "targets/x86_64-linux/lib")]);
  const system = ["/usr/lib/x86_64-linux-gnu", "/usr/lib64", "/usr/local/nvidia/lib64", "/usr/lib/wsl/lib"];
  const wheels = (): string[] =>
    wanted.wheels.length === 0
      ? []
      : pythonFolders(env).flatMap((folder) => wanted.wheels.map((wheel) => join(folder, "nvidia", wheel)));
  return [...inFolders(toolkit), ...wanted.files, ...inFolders(system), ...inFolders(wheels())];
}

/** The folders of installed Python packages: of the active environment, and of `python3`. */
export function pythonFolders(env: NodeJS.ProcessEnv = process.env): string[] {
  const roots = [env["VIRTUAL_ENV"], env["CONDA_PREFIX"]].filter((root) => root !== undefined);
  const own = roots.flatMap((root) => {
    const lib = join(root, "lib");
    if (!existsSync(lib)) return [];
    return readdirSync(lib)
      .filter((name) => name.startsWith("python3"))
      .map((name) => join(lib, name, "site-packages"));
  });
  return [...new Set([...own, ...askPython()])];
}

let asked: readonly string[] | undefined;

function askPython(): readonly string[] {
  if (asked) return asked;
  try {
    const script =
      "import site, sysconfig; print('\\n'.join([sysconfig.get_paths()['purelib'], *site.getsitepackages(), site.getusersitepackages()]))";
    const text = execFileSync("python3", ["-c", script], {
      encoding: "utf8",
      timeout: 5000,
      stdio: ["ignore", "pipe", "ignore"],
    });
    asked = text.trim().split("\n");
  } catch {
    asked = [];
  }
  return asked;
}
