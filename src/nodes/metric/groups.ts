/** Means of numbers, over all and by group. */
export interface Groups {
  add(value: number, group?: number): void;
  readonly count: number;
  /** `{ psnr: 24 }` for a name, and `psnr@0.5` for each group, in the order of their numbers. */
  results(name: string): Record<string, number>;
}

/** Starts empty. Groups are f32 numbers; six digits tell them apart. */
export function meansByGroup(): Groups {
  const groups = new Map<string, { sum: number; count: number }>();
  let sum = 0;
  let count = 0;
  return {
    add(value, group) {
      sum += value;
      count++;
      if (group === undefined) return;
      const key = String(Number(group.toPrecision(6)));
      const known = groups.get(key) ?? { sum: 0, count: 0 };
      groups.set(key, { sum: known.sum + value, count: known.count + 1 });
    },
    get count() {
      return count;
    },
    results(name) {
      const sorted = [...groups].sort(([a], [b]) => Number(a) - Number(b));
      return {
        [name]: sum / count,
        ...Object.fromEntries(sorted.map(([key, group]): [string, number] => [`${name}@${key}`, group.sum / group.count])),
      };
    },
  };
}
