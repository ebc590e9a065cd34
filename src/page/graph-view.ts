/** The picture of the graph, with each node's time in it. */
export interface GraphView {
  /** Draws the picture; the text comes from `svgOf`, which escapes all names. */
  draw(svg: string): void;
  /** Writes each node's milliseconds below its box. */
  times(milliseconds: Readonly<Record<string, number>>): void;
}

/** A view inside `parent`. */
export function makeGraphView(parent: HTMLElement): GraphView {
  return {
    draw(svg) {
      parent.innerHTML = svg;
    },
    times(milliseconds) {
      for (const box of parent.querySelectorAll<SVGGElement>("g[data-node]")) {
        box.querySelector(".busy")?.remove();
        const time = milliseconds[box.dataset["node"] ?? ""];
        const rect = box.querySelector("rect");
        if (time === undefined || !rect) continue;
        const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
        text.setAttribute("class", "busy");
        text.setAttribute("x", String(rect.x.baseVal.value + rect.width.baseVal.value - 4));
        text.setAttribute("y", String(rect.y.baseVal.value + rect.height.baseVal.value + 10));
        text.setAttribute("text-anchor", "end");
        text.textContent = `${time.toFixed(time < 10 ? 1 : 0)} ms`;
        box.append(text);
      }
    },
  };
}
