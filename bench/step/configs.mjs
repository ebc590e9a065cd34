/** The sizes of the training step, and the steps of one turn: about ten seconds of PyTorch on two cores. */
export const configs = {
  tiny: { size: 4, channels: 16, hidden: [64, 64], depth: [2, 1], heads: [2, 2], classes: 10, batch: 8, steps: 5 },
  mini: { size: 8, channels: 64, hidden: [128, 192], depth: [6, 2], heads: [4, 6], classes: 10, batch: 32, steps: 20 },
  mid: { size: 16, channels: 256, hidden: [256, 512], depth: [8, 2], heads: [4, 8], classes: 10, batch: 4, steps: 10 },
  s: { size: 16, channels: 768, hidden: [384, 2048], depth: [12, 2], heads: [6, 16], classes: 1000, batch: 2, steps: 3 },
  // For GPUs: DiT-DH-XL, and the two models of the efficiency experiment, one width throughout against a narrow body with a wide head.
  xl: { size: 16, channels: 768, hidden: [1152, 2048], depth: [28, 2], heads: [16, 16], classes: 1000, batch: 32, steps: 20 },
  wide: {
    file: "step-wide.yaml",
    size: 16,
    channels: 768,
    hidden: 1152,
    depth: 28,
    heads: 16,
    classes: 1000,
    batch: 32,
    steps: 20,
  },
  dh: { size: 16, channels: 768, hidden: [768, 1152], depth: [28, 2], heads: [12, 16], classes: 1000, batch: 32, steps: 20 },
};

/** The sizes of a configuration as overrides of its graph. */
export function overridesOf(config) {
  return Object.entries(config)
    .filter(([name]) => name !== "steps" && name !== "file")
    .map(([name, value]) => `vars.${name}=${JSON.stringify(value)}`);
}
