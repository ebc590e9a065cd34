import { cpus } from "node:os";
import { setTimeout } from "node:timers/promises";

/** More than this many cores at other work make times doubtful, PyTorch's most of all: its threads wait for each other by spinning. */
export const tooBusy = 0.2;

/** How many cores are at work while this process sleeps for some milliseconds: other programs' share of the machine. */
export async function busyCores(milliseconds = 500) {
  const before = total();
  await setTimeout(milliseconds);
  const after = total();
  const all = after.all - before.all;
  return all > 0 ? (cpus().length * (after.busy - before.busy)) / all : 0;
}

function total() {
  return cpus().reduce(
    ({ all, busy }, { times }) => {
      const used = times.user + times.nice + times.sys + times.irq;
      return { all: all + used + times.idle, busy: busy + used };
    },
    { all: 0, busy: 0 },
  );
}
