export { readTorchLegacy } from "./torch-legacy.js";
export { readTorchZip } from "./torch-zip.js";
