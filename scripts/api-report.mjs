/** The typed face of the package, `raegraph` and `raegraph/testing`, as text: a change of it shows up in review. */
import { join } from "node:path";
import ts from "typescript";

const doors = { raegraph: "src/index.ts", "raegraph/testing": "src/runtime/testing/index.ts" };

/** Markdown with each exported name and its declaration without comments and bodies, sorted. Reads the sources below `root`. */
export function apiReport(root) {
  const { config } = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const files = Object.values(doors).map((file) => join(root, file));
  const program = ts.createProgram(files, { ...options, declaration: true, emitDeclarationOnly: true, removeComments: true });
  const checker = program.getTypeChecker();
  const sections = Object.entries(doors).map(([name, file]) => {
    const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(join(root, file))));
    const lines = exported
      .map((symbol) => [symbol.name, declarationOf(symbol, checker, program)])
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, text]) => text);
    return `## ${name}\n\n\`\`\`ts\n${lines.join("\n\n")}\n\`\`\`\n`;
  });
  return `# The API\n\nMade from the sources by \`npm run docs\`; a test fails where it differs, so that the API does not change by accident.\n\n${sections.join("\n")}`;
}

const emitted = new WeakMap();

/** The statements of a source file's declaration file. */
function declarationsOf(source, program) {
  if (!emitted.has(source)) {
    let statements = [];
    const keep = (file, text) =>
      void (statements = [...ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true).statements]);
    program.emit(source, keep, undefined, true);
    emitted.set(source, statements);
  }
  return emitted.get(source);
}

/** A symbol's declarations as the emitted declaration file has them. */
function declarationOf(symbol, checker, program) {
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const sources = new Set((target.declarations ?? []).map((node) => node.getSourceFile()));
  const texts = [...sources]
    .filter((source) => !source.isDeclarationFile)
    .flatMap((source) => declarationsOf(source, program))
    .filter((statement) => namesOf(statement).includes(target.name))
    .map((statement) => statement.getText());
  // What comes from a library is its own affair.
  return texts.length > 0 ? texts.join("\n") : `export { ${symbol.name} };`;
}

function namesOf(statement) {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.getText());
  return statement.name ? [statement.name.text] : [];
}
