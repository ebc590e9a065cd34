import type { Launcher } from "../issue.js";
import { i32, i64, pointer } from "../numbers.js";
import type { DeviceNumbers } from "../numbers.js";
import { Arguments } from "./arguments.js";

/** As kPiece in cu/adamw.cu. */
const pieceLength = 16384;

/** Random numbers and the optimizer: cu/random.cu and cu/adamw.cu. */
export const trainingLaunchers: Readonly<Record<string, Launcher>> = {
  philoxUniform: draw(0),
  philoxNormal: draw(1),
  adamw(issue, args) {
    const a = new Arguments("adamw", args);
    const norm = a.numbers();
    const groups: (readonly DeviceNumbers[])[] = [];
    while (Array.isArray(args[groups.length + 1])) groups.push(a.several());
    const [p = [], g = [], m = [], v = [], average] = groups;
    const count = a.number();
    const state = issue.steps(Array.from({ length: 8 }, () => a.perStep()));
    const at = (numbers: DeviceNumbers | undefined): number => numbers?.buffer.address ?? 0;
    const tensors: number[] = [];
    const pieces: number[] = [];
    for (let i = 0; i < count; i++) {
      const mean = average?.[i];
      const length = p[i]?.length ?? 0;
      const copies = [p[i]?.buffer.copy?.address ?? 0, mean?.buffer.copy?.address ?? 0];
      tensors.push(at(p[i]), at(m[i]), at(v[i]), at(mean), ...copies, at(g[i]), length);
      for (let from = 0; from < length; from += pieceLength) pieces.push(i, from);
    }
    const blocks = pieces.length / 2;
    const tables = [i64(issue.table(tensors)), i64(issue.table(pieces))];
    const squares = issue.scratch(4 * Math.max(1, blocks));
    issue.launch("adamw", "adamwSquares", [blocks], [i64(squares), ...tables]);
    issue.launch("adamw", "adamwNorm", [1], [pointer(norm), i64(squares), i32(blocks)]);
    issue.launch("adamw", "adamwUpdate", [blocks], [pointer(norm), ...tables, i64(state)]);
  },
};

function draw(normal: 0 | 1): Launcher {
  return (issue, args) => {
    const a = new Arguments("philox", args);
    const [y, k0, k1, stream, step, n] = [a.numbers(), a.number(), a.number(), a.number(), a.perStep(), a.number()];
    const list = [pointer(y), i32(k0 | 0), i32(k1 | 0), i32(stream | 0), i64(issue.steps([step])), i64(n), i32(normal)];
    if (n > 0) issue.launch("random", "philoxDraw", [Math.ceil(n / 1024)], list);
  };
}
