import js from "@eslint/js";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist/", "runs/", "build/", "coverage/"] },
  js.configs.recommended,
  ...tseslint.configs.strict,
  {
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/unified-signatures": "off",
      "max-lines": ["error", { max: 250, skipBlankLines: true, skipComments: true }],
      "no-console": "error",
    },
  },
  { files: ["src/runtime/cli/**", "scripts/**", "bench/**"], rules: { "no-console": "off" } },
  { files: ["test/**"], rules: { "max-lines": ["error", { max: 400, skipBlankLines: true, skipComments: true }] } },
  {
    files: ["**/*.js", "**/*.mjs", "**/*.cjs"],
    languageOptions: {
      globals: { module: "writable", process: "readonly", console: "readonly", Buffer: "readonly", URL: "readonly" },
    },
  },
);
