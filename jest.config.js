import { existsSync } from "node:fs";

// The processor's own Vulkan driver, which comes with Debian's chromium, serves where no other is chosen. Native code reads these
// before a test could set them.
const software = "/usr/lib/chromium/vk_swiftshader_icd.json";
if (existsSync(software)) process.env.VK_ICD_FILENAMES ??= software;
process.env.XDG_RUNTIME_DIR ??= "/tmp";

/** Jest in ESM mode; swc turns TypeScript into JavaScript, `tsc` checks the types. */
export default {
  testEnvironment: "node",
  roots: ["<rootDir>/test"],
  testMatch: ["**/*.test.ts"],
  extensionsToTreatAsEsm: [".ts"],
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
  transform: {
    "^.+\\.ts$": ["@swc/jest", { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "es6" } }],
  },
  testTimeout: 60_000,
  maxWorkers: 2,
};
