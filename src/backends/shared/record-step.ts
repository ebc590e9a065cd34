import type { Trace } from "../../core/define-backend.js";
import { tf } from "../../core/tensor.js";
import type { HostArray, Tensor } from "../../core/tensor.js";
import type { CallRecording, Held, Place, Recorder, Result } from "./recorder.js";

/** A backend of calls that can note them. */
export interface RecordingBackend {
  /** A tensor's memory: of a float32 tensor, and of any. */
  f32(tensor: Tensor): Held;
  array(tensor: Tensor): Held;
  /** Starts to note calls and memory, until `endRecording`. */
  startRecording(): Recorder;
  endRecording(): void;
}

/** Runs a step and notes the calls and the memory of each. */
export function recordStep(backend: RecordingBackend, trace: Trace, inputs: readonly HostArray[]): CallRecording {
  const recorder = backend.startRecording();
  try {
    const places: Place[] = [];
    const outputs = tf.tidy(() => {
      const tensors = inputs.map(({ data, shape, dtype }) => tf.tensor(data, [...shape], dtype === "f32" ? "float32" : "int32"));
      for (const tensor of tensors) {
        const place = recorder.place(backend.array(tensor));
        place.piece.kind = "input";
        places.push(place);
      }
      return [...trace(tensors)];
    });
    return { recorder, inputs: places, outputs, results: outputs.map((tensor) => resultOf(backend, recorder, tensor)) };
  } finally {
    backend.endRecording();
  }
}

function resultOf(backend: RecordingBackend, recorder: Recorder, tensor: Tensor): Result {
  if (tensor.dtype !== "float32" && tensor.dtype !== "int32") recorder.refuse(`a result is of type ${tensor.dtype}`);
  // Results leave the device as float32, whatever bits it keeps them in.
  const place = recorder.place(tensor.dtype === "float32" ? backend.f32(tensor) : backend.array(tensor));
  if (place.piece.kind === "inner") place.piece.kind = "output";
  return { place, shape: tensor.shape, dtype: tensor.dtype };
}
