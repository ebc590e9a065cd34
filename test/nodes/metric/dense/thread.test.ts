import { describe, expect, test } from "@jest/globals";
import { blockRows } from "../../../../src/nodes/metric/dense/moments.js";
import { openDesk } from "../../../../src/nodes/metric/dense/thread.js";
import { frechetDistance } from "../../../../src/nodes/metric/frechet.js";
import { runningCovariance } from "../../../../src/nodes/metric/running-covariance.js";
import { random } from "./matrices.js";
import type { Rows } from "./matrices.js";

const array = (rows: Rows) => ({
  dtype: "f32" as const,
  shape: [rows.length, rows[0]?.length ?? 0],
  data: Float32Array.from(rows.flat()),
});

/** Mean and covariance in two passes. */
function plain(rows: Rows) {
  const size = rows[0]?.length ?? 0;
  const at = (row: readonly number[], i: number): number => Math.fround(row[i] ?? NaN);
  const mean = Float64Array.from({ length: size }, (_, i) => rows.reduce((sum, row) => sum + at(row, i), 0) / rows.length);
  const apart = rows.map((row) => mean.map((value, i) => at(row, i) - value));
  const covariance = new Float64Array(size * size);
  for (const row of apart)
    row.forEach((a, i) => row.forEach((b, j) => (covariance[i * size + j] = (covariance[i * size + j] ?? 0) + a * b)));
  return { mean, covariance: covariance.map((value) => value / (rows.length - 1)) };
}

async function counted(rows: Rows, batch: number) {
  const running = runningCovariance("the features");
  for (let i = 0; i < rows.length; i += batch) await running.add(array(rows.slice(i, i + batch)));
  return { count: running.count, ...(await running.finish()) };
}

const furthest = (a: Float64Array, b: Float64Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? NaN))), 0);

describe("mean and covariance", () => {
  test.each([
    ["a block", blockRows, 7, 11],
    ["less than a block", 9, 3, 4],
    ["blocks and a rest, each batch more than a block", 2 * blockRows + 77, 6, 300],
    ["in a thread", blockRows + 20, 260, 50],
  ])("%s", async (_name, count, size, batch) => {
    // A common offset, as features after a pool have.
    const rows = random(count, size, size).map((row) => row.map((value, i) => value / (1 + i) + 50));
    const found = await counted(rows, batch);
    const wanted = plain(rows);
    expect(found.count).toBe(count);
    expect(furthest(found.mean, wanted.mean)).toBeLessThan(1e-12);
    expect(furthest(found.covariance, wanted.covariance)).toBeLessThan(1e-12);
  });

  test("features that change their number, or are none, are refused where they come", async () => {
    const running = runningCovariance("the features");
    await running.add(array(random(3, 5)));
    expect(() => running.add(array(random(3, 6)))).toThrow("the features have 6 numbers, before they had 5");
    expect(() => running.add(array([[1, 2, Infinity, 4, 5]]))).toThrow("the features hold Infinity in vector 4, feature 2");
  });
});

describe("a thread", () => {
  const large = 256;
  const values = new Float64Array(large * large);
  for (let i = 0; i < large; i++) values[i * large + i] = (i % 7) + 1;

  test("reckons while other things happen", async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1);
    const gaussian = { mean: new Float64Array(large), covariance: values };
    const four = { mean: new Float64Array(large), covariance: values.map((value) => 4 * value) };
    const trace = values.reduce((sum, value) => sum + value, 0);
    expect((await frechetDistance(gaussian, four)) / trace).toBeCloseTo(1, 12);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(0);
  });

  test("tells what went wrong in it, and goes on", async () => {
    const desk = openDesk(large);
    await expect(desk.ask("traceOfRoot", values.map(() => NaN), values)).resolves.toBe(0); // prettier-ignore
    await expect(desk.ask("gaussian")).rejects.toThrow("no vectors were added");
    await expect(desk.ask("traceOfRoot", values, values)).resolves.toBeCloseTo(values.reduce((a, b) => a + b), 9); // prettier-ignore
    desk.close();
  });

  test("that is closed rejects what it is still asked", async () => {
    const desk = openDesk(large);
    const asked = desk.ask("traceOfRoot", values, values);
    desk.close();
    await expect(asked).rejects.toThrow("has ended");
    await expect(desk.ask("gaussian")).rejects.toThrow("has ended");
  });

  test("of features that were given up ends", async () => {
    const running = runningCovariance("the features");
    await running.add(array(random(blockRows, large)));
    running.abandon();
    await expect(running.finish()).rejects.toThrow("has ended");
  });
});
