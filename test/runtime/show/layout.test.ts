import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { loadGraph } from "../../../src/runtime/load-graph.js";
import { layoutOf } from "../../../src/runtime/show/layout.js";
import type { Area, Layout } from "../../../src/runtime/show/layout.js";
import { pictureOf } from "../../../src/runtime/show/picture.js";
import type { Picture } from "../../../src/runtime/show/picture.js";

const shipped = readdirSync("graphs").filter((file) => file.endsWith(".yaml"));

/** Forty nodes in a ladder: each reads from the one before it and from the one ten before. */
const ladder: Picture = {
  name: "ladder",
  phases: ["run"],
  boxes: Array.from({ length: 40 }, (_, i) => ({ name: `node_${i}`, type: "family.name", role: "fixed", phases: ["run"] })),
  lines: Array.from({ length: 40 }, (_, i) => i).flatMap((i) =>
    [1, 10]
      .filter((step) => i >= step)
      .map((step) => ({
        from: `node_${i - step}`,
        to: `node_${i}`,
        handle: false,
        wires: [{ from: "x", to: "y", type: "f32[64,4,4,128]" }],
      })),
  ),
};

function overlap(a: Area, b: Area): boolean {
  return Math.abs(a.x - b.x) < (a.width + b.width) / 2 && Math.abs(a.y - b.y) < (a.height + b.height) / 2;
}

/** Every two texts or boxes that lie upon each other. */
function overlaps(layout: Layout): string[] {
  const areas = [...layout.boxes, ...layout.lines.map((line): [string, Area] => [line.text.join(), line.label])];
  return areas.flatMap(([name, area], i) =>
    areas.slice(i + 1).flatMap(([other, place]) => (overlap(area, place) ? [`${name} / ${other}`] : [])),
  );
}

/** Lines that do not end below where they start. */
function upwards({ lines, boxes }: Layout): string[] {
  return lines
    .filter(({ line }) => (boxes.get(line.from)?.y ?? 0) >= (boxes.get(line.to)?.y ?? 0))
    .map(({ line }) => `${line.from} -> ${line.to}`);
}

describe("a layout", () => {
  test.each(shipped)("of %s has no texts or boxes upon each other, and data flows down", async (file) => {
    const layout = layoutOf(pictureOf(await loadGraph(join("graphs", file))));
    expect(layout.boxes.size).toBeGreaterThan(2);
    expect(overlaps(layout)).toEqual([]);
    expect(upwards(layout)).toEqual([]);
  });

  test("of forty nodes stays clear, and within its own size", () => {
    const layout = layoutOf(ladder);
    expect(overlaps(layout)).toEqual([]);
    expect(upwards(layout)).toEqual([]);
    for (const { x, y, width, height } of layout.boxes.values()) {
      expect(x - width / 2).toBeGreaterThanOrEqual(0);
      expect(x + width / 2).toBeLessThanOrEqual(layout.width);
      expect(y + height / 2).toBeLessThanOrEqual(layout.height);
    }
  });
});
