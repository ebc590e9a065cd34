/** A table with aligned columns; `right` names the columns of numbers. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => (right.includes(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return rows.map((row) => `  ${line(row)}`).join("\n");
}

/** A whole number as 12,345,678. Written out here, because the system's number formats take as long to load as a small graph to check. */
export function grouped(value: number): string {
  return value.toFixed().replace(/\B(?=(\d{3})+$)/g, ",");
}

/** 1.25 G, 740 M: three digits and the metric prefix. */
export function metric(value: number): string {
  const prefixes = ["", "k", "M", "G", "T", "P"];
  const power = value > 0 ? Math.min(prefixes.length - 1, Math.max(0, Math.floor(Math.log10(value) / 3))) : 0;
  return `${Number((value / 1000 ** power).toPrecision(3))} ${prefixes[power] ?? ""}`;
}

/** Bytes in MiB: whole ones, or three digits below ten. */
export function mebibytes(bytes: number): string {
  const size = bytes / 2 ** 20;
  return `${size < 10 ? Number(size.toPrecision(3)) : grouped(Math.round(size))} MiB`;
}
