import { layoutOf, letter } from "./layout.js";
import type { Area, PlacedLine, Point } from "./layout.js";
import type { Box, Picture, Role } from "./picture.js";

/** Fill and edge of a box by what the node does in a step. */
const colors: Readonly<Record<Role, readonly [fill: string, edge: string, says: string]>> = {
  source: ["#e2f1e4", "#3f8f55", "source"],
  fixed: ["#e3ecf8", "#4a72ad", "device, no trained weight reaches it"],
  trained: ["#fdebd2", "#c2781b", "device, under the gradient tape"],
  optimizer: ["#f9dedd", "#b8423f", "optimizer"],
  result: ["#ece5f6", "#7a5aa8", "writes or measures"],
};

/** A phase's dot; further phases start again. */
const phaseColors = ["#1b9e77", "#d95f02", "#7570b3", "#e7298a", "#66a61e", "#e6ab02", "#a6761d", "#666666"];

const font = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace";

/** The picture as one SVG text. Boxes carry `data-node`, for pages that show more of them. */
export function svgOf(picture: Picture): string {
  const layout = layoutOf(picture);
  const legend = legendOf(picture);
  const width = Math.ceil(Math.max(layout.width, legend.width));
  const height = Math.ceil(layout.height + legend.height);
  const boxes = picture.boxes.map((box) => drawBox(box, layout.boxes.get(box.name) ?? nowhere, picture.phases));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${font}" font-size="12">`,
    `<title>${escaped(picture.name)}</title>`,
    `<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0.5 8 4 0 7.5z" fill="#6b7480"/></marker></defs>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    legend.text,
    `<g transform="translate(0 ${legend.height})">`,
    ...layout.lines.map(drawLine),
    ...boxes,
    ...layout.lines.map(drawText),
    "</g>",
    "</svg>\n",
  ].join("\n");
}

const nowhere: Area = { x: 0, y: 0, width: 0, height: 0 };

function drawBox({ name, type, role, phases }: Box, { x, y, width, height }: Area, all: readonly string[]): string {
  const [fill, edge] = colors[role];
  const dots = [...phases].reverse().map((phase, i) => dot(x + width / 2 - 9 - 12 * i, y - height / 2, all.indexOf(phase)));
  return [
    `<g data-node="${escaped(name)}"><title>${escaped(`${name}: ${type}; phases: ${phases.join(", ") || "none"}`)}</title>`,
    `<rect x="${num(x - width / 2)}" y="${num(y - height / 2)}" width="${num(width)}" height="${num(height)}" rx="7" fill="${fill}" stroke="${edge}"/>`,
    `<text x="${num(x)}" y="${num(y - 2)}" text-anchor="middle" font-weight="bold" fill="#1d2733">${escaped(name)}</text>`,
    `<text x="${num(x)}" y="${num(y + 14)}" text-anchor="middle" font-size="10" fill="#4a5563">${escaped(type)}</text>`,
    ...dots,
    "</g>",
  ].join("");
}

function drawLine({ line, points }: PlacedLine): string {
  return `<path d="${curve(points)}" fill="none" stroke="#6b7480"${line.handle ? ' stroke-dasharray="5 4"' : ""} marker-end="url(#tip)"/>`;
}

function drawText({ label, text }: PlacedLine): string {
  const { x, y, width, height } = label;
  const rows = text.map(
    (row, i) => `<tspan x="${num(x)}" y="${num(y - height / 2 + letter.row * i + 11)}">${escaped(row)}</tspan>`,
  );
  return `<g><rect x="${num(x - width / 2)}" y="${num(y - height / 2)}" width="${num(width)}" height="${num(height)}" fill="#ffffff" fill-opacity="0.88"/><text text-anchor="middle" font-size="10" fill="#38424e">${rows.join("")}</text></g>`;
}

/** Rounds the corners of a way: from the middle of each stretch to that of the next. */
function curve(points: readonly Point[]): string {
  const [first, ...rest] = points;
  const last = rest.pop();
  if (!first || !last) return "";
  const middle = (a: Point, b: Point): string => `${num((a.x + b.x) / 2)} ${num((a.y + b.y) / 2)}`;
  const bends = rest.map((point, i) => `Q${num(point.x)} ${num(point.y)} ${middle(point, rest[i + 1] ?? last)}`);
  return `M${num(first.x)} ${num(first.y)} ${rest[0] ? `L${middle(first, rest[0])} ` : ""}${bends.join(" ")} L${num(last.x)} ${num(last.y)}`;
}

/** A row that explains the fills, and one that names the phases by their dots. */
function legendOf(picture: Picture): { readonly text: string; readonly width: number; readonly height: number } {
  const roles = (Object.keys(colors) as Role[]).filter((role) => picture.boxes.some((box) => box.role === role));
  let x = 16;
  let width = 0;
  const parts: string[] = [];
  const word = (text: string, y: number): void => {
    parts.push(`<text x="${num(x)}" y="${y + 4}" font-size="10" fill="#38424e">${escaped(text)}</text>`);
    x += text.length * letter.small + 18;
    width = Math.max(width, x);
  };
  for (const role of roles) {
    const [fill, edge, says] = colors[role];
    parts.push(`<rect x="${num(x)}" y="15" width="16" height="10" rx="3" fill="${fill}" stroke="${edge}"/>`);
    x += 22;
    word(says, 20);
  }
  x = 16;
  if (picture.phases.length > 0) word("phases:", 42);
  picture.phases.forEach((phase, i) => {
    parts.push(dot(x, 42, i));
    x += 10;
    word(phase, 42);
  });
  return { text: parts.join("\n"), width, height: 56 };
}

function dot(x: number, y: number, phase: number): string {
  const color = phaseColors[phase % phaseColors.length] ?? "#666666";
  return `<circle cx="${num(x)}" cy="${num(y)}" r="4.5" fill="${color}" stroke="#ffffff"/>`;
}

function num(value: number): string {
  return String(Math.round(value * 10) / 10);
}

/** A text for XML. */
export function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
