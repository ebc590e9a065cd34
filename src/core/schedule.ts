/** How a learning rate falls after its warm-up. */
export type ScheduleKind = "constant" | "linear" | "cosine";

export interface ScheduleSettings {
  /** Optimizer steps done before this one. */
  readonly step: number;
  /** Rate at its highest. */
  readonly base: number;
  /** Rate from `decayEnd` on; unused for constant. */
  readonly final: number;
  /** Steps of warm-up. */
  readonly warmup: number;
  readonly decayEnd: number;
  /** True: rise linearly from base/warmup; false: hold the base rate during warm-up. */
  readonly warmupFromZero: boolean;
}

/** The learning rate of a step, as the published scheduler gives it: warm-up, then a fall to `final`. */
export function learningRate(kind: ScheduleKind, settings: ScheduleSettings): number {
  const { step, base, final, warmup, warmupFromZero } = settings;
  if (step < warmup) return warmupFromZero ? (base * (step + 1)) / warmup : base;
  if (kind === "constant") return base;
  const end = Math.max(settings.decayEnd, warmup);
  if (step >= end) return final;
  const way = (step - warmup) / Math.max(end - warmup, 1);
  return kind === "linear" ? base - (base - final) * way : final + ((base - final) * (1 + Math.cos(Math.PI * way))) / 2;
}
