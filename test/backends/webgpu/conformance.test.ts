import { conformance } from "../conformance.js";
import { withWebGpu } from "./with-webgpu.js";

withWebGpu("webgpu", () => conformance("webgpu"));
