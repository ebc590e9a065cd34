import { graphText } from "./graph-files.js";
import type { ScaffoldGraph } from "./graph-files.js";
import { camel, kebab, nodeText, testText } from "./node-files.js";
import { checkScaffoldName } from "./scaffold-name.js";

/** A package with one node, its test, and a graph that uses it. */
export function pluginFiles(
  name: string,
  packageFrom: (folder: string) => string,
): {
  files: Record<string, string>;
  graphs: ScaffoldGraph[];
  next: string[];
} {
  checkScaffoldName(name, /^[a-z][a-z0-9-]*$/, "raegraph-extras");
  const family = name.replace(/^raegraph-/, "").replaceAll("-", "_");
  const type = `${family}.noise`;
  return {
    files: {
      [`${name}/package.json`]: manifestText(name),
      [`${name}/tsconfig.json`]: configText,
      [`${name}/README.md`]: readmeText(name, type),
      [`${name}/src/index.ts`]: `export { ${camel(type)} } from "./${kebab(type)}.js";\n`,
      [`${name}/src/${kebab(type)}.ts`]: nodeText(type),
      [`${name}/src/${kebab(type)}.test.ts`]: testText(type),
      [`${name}/graphs/noise.yaml`]: graphText("noise", packageFrom(`${name}/graphs`), "..", type),
    },
    graphs: [{ file: `${name}/graphs/noise.yaml`, plugin: name }],
    next: [
      `node --import raegraph/register --test ${name}/src/*.test.ts`,
      `graph inspect ${type} --plugin ./${name}`,
      `graph run ${name}/graphs/noise.yaml`,
    ],
  };
}

function manifestText(name: string): string {
  const manifest = {
    name,
    version: "0.1.0",
    description: "Node types for raegraph.",
    type: "module",
    raegraph: { nodes: "./src/index.ts" },
    files: ["src", "!src/*.test.ts"],
    scripts: { test: "node --import raegraph/register --test src/*.test.ts", typecheck: "tsc" },
    peerDependencies: { raegraph: "^0.1.0" },
    devDependencies: { "@types/node": "^20.0.0", typescript: "^6.0.0" },
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

const configText = `${JSON.stringify(
  {
    compilerOptions: {
      target: "ES2023",
      module: "nodenext",
      types: ["node"],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
    },
    include: ["src"],
  },
  undefined,
  2,
)}\n`;

function readmeText(name: string, type: string): string {
  return `# ${name}

Node types for [raegraph](https://www.npmjs.com/package/raegraph). \`npm install ${name}\`, then in a graph:

\`\`\`yaml
plugins: [${name}]
nodes:
  noisy: { type: ${type}, params: { strength: 0.2 }, in: { x: images.image } }
\`\`\`

\`npm test\` runs the tests, \`npm run typecheck\` checks the types. The TypeScript files are published as they are: raegraph runs them
without a build.
`;
}
