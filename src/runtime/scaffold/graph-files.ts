import { checkScaffoldName } from "./scaffold-name.js";

/** A new graph, and the plugin that defines its node types besides the built-in ones, both relative to the current directory. */
export interface ScaffoldGraph {
  readonly file: string;
  readonly plugin?: string;
}

/** The JSON Schema beside a graph. */
export function schemaFile(graph: string): string {
  return graph.replace(/\.yaml$/, ".schema.json");
}

/** A graph that draws the first images of the data that come with the package. */
export function graphFiles(
  name: string,
  packageFrom: (folder: string) => string,
): {
  files: Record<string, string>;
  graphs: ScaffoldGraph[];
  next: string[];
} {
  checkScaffoldName(name, /^[A-Za-z_][\w-]*$/, "my-graph");
  const file = `${name}.yaml`;
  return {
    files: { [file]: graphText(name, packageFrom("."), "") },
    graphs: [{ file }],
    next: [`graph check ${file}`, `graph run ${file}`],
  };
}

/** The graph's text; with a plugin, its node stands between the images and the grid. */
export function graphText(name: string, packageFolder: string, plugin: string, type = ""): string {
  const node = type === "" ? "" : `  noisy: { type: ${type}, params: { strength: 0.2 }, in: { x: images.image } }\n`;
  return `# yaml-language-server: $schema=./${schemaFile(`${name}.yaml`)}
# Draws the first images of Fashion-MNIST${type === "" ? "" : ` through ${type}`}: graph run ${name}.yaml; the picture is in the run's samples folder.
name: ${name}
seed: 0
${plugin === "" ? "" : `plugins: [${plugin}]\n`}vars: { batch: 16 }
nodes:
  images:
    type: data.idx
    params:
      images: ${packageFolder}/graphs/assets/fashion-mnist/t10k-images-idx3-ubyte.gz
      batch: \${vars.batch}
${node}  grid: { type: out.image_grid, params: { columns: 8, scale: 2 }, in: { image: ${type === "" ? "images.image" : "noisy.y"} } }
phases:
  show: { run: [grid], steps: 1 }
`;
}
