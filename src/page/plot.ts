import UPlot from "uplot";

/** A curve that grows step by step. */
export interface Plot {
  add(step: number, value: number): void;
  clear(): void;
}

/** A live plot of the loss that fills `parent`. */
export function makePlot(parent: HTMLElement): Plot {
  const steps: number[] = [];
  const values: number[] = [];
  const size = (): { width: number; height: number } => ({
    width: Math.max(120, parent.clientWidth - 8),
    height: Math.max(100, parent.clientHeight - 34),
  });
  const plot = new UPlot(
    {
      ...size(),
      scales: { x: { time: false } },
      // There is no half of a step.
      axes: [
        { incrs: [1, 2, 5].flatMap((n) => [n, 10 * n, 100 * n, 1e3 * n, 1e4 * n, 1e5 * n]).sort((a, b) => a - b) },
        { size: 60 },
      ],
      series: [
        { label: "step" },
        { label: "loss", stroke: "#4a72ad", width: 1.5, value: (_plot, value) => (value === null ? "" : value.toPrecision(4)) },
      ],
    },
    [steps, values],
    parent,
  );
  new ResizeObserver(() => plot.setSize(size())).observe(parent);
  let drawn = false;
  const draw = (): void => {
    // Many steps may end between two frames.
    if (drawn) return;
    drawn = true;
    requestAnimationFrame(() => {
      drawn = false;
      plot.setData([steps, values]);
      // For those who do not see the curve: tests, and readers of the page.
      parent.dataset["losses"] = JSON.stringify(values);
    });
  };
  return {
    add(step, value) {
      steps.push(step);
      values.push(value);
      draw();
    },
    clear() {
      steps.length = 0;
      values.length = 0;
      draw();
    },
  };
}
