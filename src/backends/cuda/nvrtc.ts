import { declare } from "./ffi.js";
import type { Library } from "./ffi.js";

/** Compiles a CUDA source to machine code of one architecture, such as `sm_90a`. */
export interface Compiler {
  /** Part of the cache's key: what else of the same name and version may give other code. */
  readonly version: string;
  compile(source: string, name: string, architecture: string): Uint8Array;
}

/** Options of every compilation. */
export const compilerOptions: readonly string[] = ["--std=c++17", "-lineinfo", "--device-as-default-execution-space"];

const declarations = {
  nvrtcVersion: "int nvrtcVersion(void *major, void *minor)",
  nvrtcGetErrorString: "uint64_t nvrtcGetErrorString(int code)",
  nvrtcCreateProgram:
    "int nvrtcCreateProgram(void *program, const char *source, const char *name, int headers, void *texts, void *names)",
  nvrtcCompileProgram: "int nvrtcCompileProgram(uint64_t program, int count, const char **options)",
  nvrtcGetCUBINSize: "int nvrtcGetCUBINSize(uint64_t program, void *size)",
  nvrtcGetCUBIN: "int nvrtcGetCUBIN(uint64_t program, void *image)",
  nvrtcGetProgramLogSize: "int nvrtcGetProgramLogSize(uint64_t program, void *size)",
  nvrtcGetProgramLog: "int nvrtcGetProgramLog(uint64_t program, void *log)",
  nvrtcDestroyProgram: "int nvrtcDestroyProgram(void *program)",
} as const;

/** NVIDIA's compiler at run time. */
export function openNvrtc(library: Library): Compiler {
  const f = declare(library, declarations);
  const [major, minor] = [new Int32Array(1), new Int32Array(1)];
  f.nvrtcVersion(major, minor);
  const sizeBy = (name: "nvrtcGetCUBINSize" | "nvrtcGetProgramLogSize", program: bigint): number => {
    const size = new BigUint64Array(1);
    f[name](program, size);
    return Number(size[0]);
  };
  return {
    version: `nvrtc ${major[0] ?? 0}.${minor[0] ?? 0}`,
    compile(source, name, architecture) {
      const program = new BigUint64Array(1);
      const made = f.nvrtcCreateProgram(program, source, name, 0, null, null);
      const id = program[0] ?? 0n;
      if (made !== 0) throw new Error(`cuda: NVRTC does not take ${name} (code ${made})`);
      try {
        const options = [`--gpu-architecture=${architecture}`, ...compilerOptions];
        const code = f.nvrtcCompileProgram(id, options.length, options);
        if (code !== 0) {
          const log = new Uint8Array(sizeBy("nvrtcGetProgramLogSize", id));
          f.nvrtcGetProgramLog(id, log);
          throw new Error(
            `cuda: ${name} does not compile for ${architecture} (code ${code}):\n${Buffer.from(log).toString().replace(/\0+$/, "")}`,
          );
        }
        const image = new Uint8Array(sizeBy("nvrtcGetCUBINSize", id));
        f.nvrtcGetCUBIN(id, image);
        return image;
      } finally {
        f.nvrtcDestroyProgram(program);
      }
    },
  };
}
