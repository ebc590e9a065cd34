import { Calls, kinds, types } from "./cudnn-calls.js";
import { OperationGraph } from "./cudnn-graph.js";
import type { Library } from "./ffi.js";

/** The attribute of a described device: its JSON. */
const describedBy = 2702;

/** Where graphs are to run: on a stream of the device whose context is current, or on one that is only described (as cuDNN's JSON). */
export type CudnnTarget = { readonly stream: number } | { readonly device: string };

/** cuDNN's graphs of operations on tensors [B,heads,rows,columns]. */
export interface Cudnn {
  graph(): OperationGraph;
  close(): void;
}

/** Throws a CudnnError where the library cannot start. */
export function openCudnn(library: Library, target: CudnnTarget): Cudnn {
  const calls = new Calls(library);
  let handle = 0;
  let device = 0;
  if ("stream" in target) {
    handle = calls.make("cudnnCreate");
    calls.check("cudnnSetStream", calls.f.cudnnSetStream(handle, target.stream));
  } else device = calls.described(kinds.device, [[describedBy, types.char, Buffer.from(target.device)]]);
  return {
    graph: () => new OperationGraph(calls, handle, device),
    close() {
      calls.close();
      if (handle !== 0) calls.f.cudnnDestroy(handle);
    },
  };
}
