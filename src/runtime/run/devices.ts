import type { Optimizer } from "../../core/define-node.js";
import type { LiveModel } from "./live-model.js";

/** What lives on the device for a whole run. */
export interface Devices {
  readonly seed: number;
  readonly models: ReadonlyMap<string, LiveModel>;
  readonly optimizers: ReadonlyMap<string, Optimizer>;
  /** Updates in which an optimizer left the weights alone, by its name; grows as the run goes on. */
  readonly skipped: Map<string, number>;
}
