import { execFileSync } from "node:child_process";
import { existsSync, renameSync } from "node:fs";
import { dirname, join } from "node:path";

import { pythonFolders } from "../../../src/backends/cuda/libs.js";

/**
 * Builds the package's native binding from its own sources on the TensorFlow of a Python environment (`pip install tensorflow-cpu`), whose
 * library has the same C functions as the one that the package downloads. Gives the reason where that cannot be.
 */
export function buildBinding(sources: string, binding: string): string | undefined {
  if (process.platform !== "linux") return "TensorFlow's library is looked for on Linux only";
  const tensorflow = pythonFolders()
    .map((folder) => join(folder, "tensorflow"))
    .find((folder) => existsSync(join(folder, "libtensorflow_cc.so.2")));
  if (tensorflow === undefined) return "there is no TensorFlow (`pip install tensorflow-cpu` brings it)";
  if (existsSync(binding)) return undefined;
  const places = [process.env["npm_config_nodedir"] ?? "", join(dirname(process.execPath), ".."), "/usr"];
  const headers = places.map((place) => join(place, "include/node")).find((folder) => existsSync(join(folder, "node_api.h")));
  if (headers === undefined) return "there is no node_api.h";
  const fresh = `${binding}.${process.pid}`;
  const files = ["tfjs_backend.cc", "tfjs_binding.cc"].map((file) => join(sources, "binding", file));
  const libraries = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"].map((file) => join(tensorflow, file));
  const flags = ["-std=c++17", "-O1", "-w", "-fPIC", "-shared", "-DNAPI_VERSION=8", "-DNODE_GYP_MODULE_NAME=tfjs_binding"];
  const includes = [headers, dirname(sources), join(tensorflow, "include")].map((folder) => `-I${folder}`);
  try {
    execFileSync("g++", [...flags, ...includes, ...files, "-o", fresh, ...libraries, `-Wl,-rpath,${tensorflow}`], {
      stdio: "pipe",
    });
  } catch (error) {
    return `the binding does not build: ${error instanceof Error ? error.message : String(error)}`;
  }
  renameSync(fresh, binding);
  return undefined;
}
