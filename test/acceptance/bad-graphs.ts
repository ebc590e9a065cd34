import { changed } from "./tiny.js";

const loss = "  loss: {";

/**
 * What is wrong, the text of a file `bad.yaml` that has it, the first line of each problem, and words of the cure. `.` stands for the
 * folder of the file, where `none.idx` is empty, `half.idx` and `cut.safetensors` are cut off, and `checkpoint/` is of another model.
 */
export const badGraphs: readonly (readonly [what: string, text: string | Uint8Array, lines: readonly string[], cure: string])[] =
  [
    [
      "an unknown node type",
      changed(["flow.velocity_loss", "flow.velocity_los"]),
      ['bad.yaml:25:17 error[G201]: node "loss": unknown type "flow.velocity_los"'],
      '= did you mean "flow.velocity_loss"?',
    ],
    [
      "a misspelt param",
      changed(["depth: [1, 1]", "dpeth: [1, 1]"]),
      ['bad.yaml:23:68 error[G104]: node "dit": unknown param "dpeth"'],
      '= did you mean "depth"?',
    ],
    [
      "a param of another type",
      changed(["batch: 4", 'batch: "4"']),
      ['bad.yaml:5:86 error[G203]: node "images": param "batch" expects a whole number of at least 1, got "4" (a string)'],
      "= remove the quotes",
    ],
    [
      "a param out of range",
      changed(['lr: "${vars.lr}"', "lr: -1"]),
      ['bad.yaml:26:44 error[G203]: node "adam": param "lr" expects a number above 0, got -1'],
      "expects a number above 0",
    ],
    [
      "a choice that there is not",
      changed(["steps: 3", "method: eular, steps: 3"]),
      [
        'bad.yaml:28:46 error[G203]: node "drawn": param "method" expects "euler", "midpoint", "heun", "heun3", "rk4" or "dopri5", got "eular" (a string)',
      ],
      '= did you mean "euler"?',
    ],
    [
      "params that do not go together",
      changed(["num_heads: [2, 2]", "num_heads: [3, 2]"]),
      ['bad.yaml:23:59 error[G310]: node "dit": hidden_size 8 is not a multiple of num_heads 3'],
      "is not a multiple of num_heads",
    ],
    [
      "an unknown output",
      changed(["prediction: dit.velocity", "prediction: dit.velocty"]),
      ['bad.yaml:25:55 error[G302]: node "dit" (model.dit_dh) has no output "velocty"'],
      '= did you mean "velocity"?',
    ],
    [
      "an unknown input",
      changed(["target: noisy", "traget: noisy"]),
      ['bad.yaml:25:69 error[G302]: node "loss" (flow.velocity_loss) has no input "traget"'],
      '= did you mean "target"?',
    ],
    [
      "an unknown node",
      changed(["z: drawn.z", "z: dranw.z"]),
      ['bad.yaml:41:14 error[G301]: no node "dranw"'],
      '= did you mean "drawn"?',
    ],
    [
      "a required input left open",
      changed([", target: noisy.velocity", ""]),
      ['bad.yaml:25:3 error[G303]: node "loss": input "target" (f32[B,...]) is not connected'],
      "= add in: { target: encoder.tokens }; encoder.tokens, noisy.x, noisy.velocity and noisy.noise fit",
    ],
    [
      "an edge between two dtypes",
      changed(["t: time.t, label", "t: images.label, label"]),
      ['bad.yaml:24:26 error[G304]: node "dit", input "t": produces i32[4], expects f32[4]: i32 is not f32'],
      "= connect time.t",
    ],
    [
      "an edge between two kinds",
      changed(["trains: dit.weights", "trains: dit.velocity"]),
      [
        'bad.yaml:26:92 error[G304]: node "adam", input "trains": produces f32[4,2,2,8], expects weights: a tensor is not a set of weights',
      ],
      "= connect encoder.weights or dit.weights",
    ],
    [
      "an edge between two sizes",
      changed(["decoder.vit\n    params:\n      hidden_size: 8", "decoder.vit\n    params:\n      hidden_size: 12"]),
      [
        'bad.yaml:41:14 error[G306]: node "picture", input "z": produces f32[4,2,2,8], expects f32[B,h,w,12]: size 4 differs (8 and 12)',
      ],
      '= change the params of "drawn" or "picture" so that both agree, or connect another output',
    ],
    [
      "an edge between two ranks",
      changed(["target: noisy.velocity", "target: time.t"]),
      [
        'bad.yaml:25:77 error[G305]: node "loss", input "target": produces f32[4], expects f32[4,2,2,8]: numbers of axes differ (1 and 4)',
      ],
      "connect another output, one of as many axes",
    ],
    [
      "a circle",
      changed(["data: encoder.tokens", "data: dit.velocity"]),
      ["bad.yaml:24:14 error[G307]: nodes read from each other in a circle: noisy -> dit -> noisy"],
      "= take one of these edges out",
    ],
    [
      "a key that stands twice",
      changed(["batch: 4", "batch: 4, batch: 8"]),
      ['bad.yaml:5:89 error[G103]: key "batch" stands twice'],
      "bad.yaml:5:79 note: the first is here",
    ],
    [
      "a node that stands twice",
      changed([loss, "  time: { type: flow.shifted_time, in: { like: encoder.tokens } }\n  loss: {"]),
      ['bad.yaml:25:3 error[G103]: key "time" stands twice'],
      "bad.yaml:19:3 note: the first is here",
    ],
    [
      "a data file that is missing",
      changed(["images: images.idx", "images: nowhere.idx"]),
      [
        'bad.yaml:5:47 error[G403]: node "images": ./nowhere.idx: no such file or folder; expected an IDX file, plain or gzip, its path counted from the graph file',
      ],
      "expected an IDX file, plain or gzip, its path counted from the graph file",
    ],
    [
      "a data file that is cut off",
      changed(["images: images.idx", "images: half.idx"]),
      ['bad.yaml:5:47 error[G403]: node "images": ./half.idx: the file is cut off: 3096 bytes are missing; download it again'],
      "download it again",
    ],
    [
      "a data file of another format",
      changed(["images: images.idx", "images: tiny.yaml"]),
      [
        'bad.yaml:5:47 error[G403]: node "images": ./tiny.yaml: not an IDX file: it starts with 6e 61 6d 65, expected 00 00 08 and a number of dimensions',
      ],
      "expected 00 00 08 and a number of dimensions",
    ],
    [
      "an empty data set",
      changed(["images: images.idx, labels: labels.idx", "images: none.idx"]),
      ['bad.yaml:5:47 error[G403]: node "images": ./none.idx: 0 images, 0 skipped: none is left; lower skip or give other files'],
      "lower skip or give other files",
    ],
    [
      "a batch larger than the data set",
      changed(["batch: 4", "batch: 65"]),
      [
        'bad.yaml:5:3 error[G403]: node "images": a batch of 65 is larger than the data set of 64 images; lower batch to at most 64',
      ],
      "lower batch to at most 64",
    ],
    [
      "an include that is missing",
      changed([loss, "  part: { use: ./nowhere.yaml }\n  loss: {"]),
      ['bad.yaml:25:16 error[G401]: cannot read "./nowhere.yaml": no such file'],
      "= paths count from the file that names them",
    ],
    [
      "an include of itself",
      changed([loss, "  part: { use: ./bad.yaml }\n  loss: {"]),
      ["bad.yaml:25:16 error[G402]: files include each other in a circle: bad.yaml -> bad.yaml"],
      "= take this include out, or move what both files need to a third",
    ],
    [
      "a variable that there is not",
      changed(["${vars.lr}", "${vars.rl}"]),
      ['bad.yaml:26:45 error[G109]: no variable "rl"'],
      '= did you mean "lr"?',
    ],
    [
      "weights that are missing",
      changed(["image_size: 8", "weights: nowhere.safetensors\n      image_size: 8"]),
      [
        'bad.yaml:9:16 error[G404]: node "encoder": ./nowhere.safetensors: no such file or folder; expected a safetensors or PyTorch file, the index of a sharded one, a checkpoint folder or a run folder, its path counted from the graph file',
      ],
      "its path counted from the graph file",
    ],
    [
      "weights that are cut off",
      changed(["image_size: 8", "weights: cut.safetensors\n      image_size: 8"]),
      [
        'bad.yaml:9:16 error[G404]: node "encoder": ./cut.safetensors: the file is cut off: 3 bytes are missing; copy or download it again',
      ],
      "copy or download it again",
    ],
    [
      "weights of another format",
      changed(["image_size: 8", "weights: tiny.yaml\n      image_size: 8"]),
      [
        'bad.yaml:9:16 error[G404]: node "encoder": ./tiny.yaml: not a safetensors file: its first 8 bytes announce a header of 7598733906462728000 bytes, at most 100000000 are allowed; convert other formats to safetensors',
      ],
      "convert other formats to safetensors",
    ],
    [
      "a checkpoint of another model",
      changed(["input_size: 2", "weights: checkpoint, input_size: 2"]),
      ['bad.yaml:23:24 error[G404]: node "dit": ./checkpoint/ema.safetensors: the file holds another model:'],
      "| set the params that it was made with, or give another file",
    ],
    [
      "a training inside another",
      changed(["run: [grid]", "run: [adam]"]),
      ['bad.yaml:45:26 error[G503]: phase "sample" trains "adam" inside "train"'],
      "= write before: train or after: train",
    ],
    [
      "5 MB of brackets",
      "[".repeat(5_000_000),
      ["bad.yaml:1:1 error[G105]: the file is too large: at most 1 MB is read, it has 5.0 MB"],
      "keep data in files that params name",
    ],
    [
      "a deep nesting",
      `name: a\nnodes: ${"{a: ".repeat(200_000)}`,
      ["bad.yaml:2:264 error[G105]: maps and lists are nested over 64 deep"],
      "= close a bracket, or nest less",
    ],
    [
      "brackets that do not close",
      "name: [tiny\nnodes: {}",
      [
        "bad.yaml:2:1 error[G101]: not valid YAML: Flow sequence in block collection must be sufficiently indented and end with a ]",
      ],
      "end with a ]",
    ],
    [
      "a sentence",
      "Run the graph, please.",
      ['bad.yaml:1:1 error[G106]: expected a map with name and nodes, got "Run the graph, please." (a string)'],
      "= a graph starts with `name:` and has `nodes:`",
    ],
    [
      "bytes",
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]),
      ["bad.yaml:1:1 error[G102]: the file is no text"],
      "= give a YAML file in UTF-8",
    ],
    ["an empty file", "", ["bad.yaml:1:1 error[G102]: the file is empty"], "= a graph starts with `name:` and has `nodes:`"],
    [
      "several mistakes at once",
      changed(
        ["batch: 4", "batch: 0"],
        ["depth: [1", "depht: [1"],
        ["velocity_loss", "velocity_los"],
        ["dit.weights", "dit.wieghts"],
      ),
      [
        'bad.yaml:5:86 error[G203]: node "images": param "batch" expects a whole number of at least 1, got 0',
        'bad.yaml:23:68 error[G104]: node "dit": unknown param "depht"',
        'bad.yaml:25:17 error[G201]: node "loss": unknown type "flow.velocity_los"',
        'bad.yaml:26:92 error[G302]: node "dit" (model.dit_dh) has no output "wieghts"',
      ],
      '= did you mean "depth"?',
    ],
  ];
