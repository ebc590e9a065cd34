/** Imports run downhill: cli -> container -> nodes, backends -> core. See README, "Map". */
const only = (name, from, to, comment) => ({ name, comment, severity: "error", from, to });
module.exports = {
  forbidden: [
    only("no-cycles", {}, { circular: true }, "a cycle hides which part depends on which"),
    only(
      "core-is-pure",
      { path: "^src/core" },
      { path: "^src/(nodes|backends|runtime)" },
      "core knows no node, backend or runtime",
    ),
    only("nodes-use-core", { path: "^src/nodes" }, { path: "^src/(backends|runtime)" }, "a node never learns where it runs"),
    only("backends-use-core", { path: "^src/backends" }, { path: "^src/(nodes|runtime)" }, "a backend knows no graph"),
    only(
      "yaml-home",
      { path: "^src", pathNot: "^src/core/(language/parse\\.ts|language/print\\.ts)" },
      { path: "node_modules/yaml" },
      "yaml lives in core/language",
    ),
    only("rxjs-home", { path: "^src", pathNot: "^src/runtime" }, { path: "node_modules/rxjs" }, "rxjs lives in runtime"),
    only(
      "inversify-home",
      { path: "^src", pathNot: "^src/runtime/container\\.ts" },
      { path: "node_modules/inversify" },
      "inversify lives in the container",
    ),
    only("page-is-last", { path: "^src", pathNot: "^src/page" }, { path: "^src/page" }, "the page is built on the rest"),
    only("core-no-node", { path: "^src/core" }, { dependencyTypes: ["core"] }, "core also runs in a browser page"),
  ],
  options: {
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    // Without these, packages that are ES modules only are not found, and rules about them never hold.
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
