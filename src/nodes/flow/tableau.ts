/** An explicit Runge-Kutta method as its coefficients (J. C. Butcher). */
export interface Tableau {
  /** Where stage i + 1 is asked, as a part of the step; stage 0 is asked at its start. */
  readonly nodes: readonly number[];
  /** Stage i + 1 starts from x + step · Σ stages[i][j]·k_j. */
  readonly stages: readonly (readonly number[])[];
  /** The step is step · Σ weights[j]·k_j. */
  readonly weights: readonly number[];
}

/** A method that also tells its error, for steps of changing size. */
export interface AdaptiveTableau extends Tableau {
  /** Weights of the error estimate. */
  readonly error: readonly number[];
  /** Weights of the state at half a step, for reading the solution between steps. */
  readonly middle: readonly number[];
  readonly order: number;
}

/** Methods of fixed steps, by the names of torchdiffeq but for heun, which is its heun2. Its rk4 is the 3/8 rule. */
export const fixedTableaus = {
  euler: { nodes: [], stages: [], weights: [1] },
  midpoint: { nodes: [1 / 2], stages: [[1 / 2]], weights: [0, 1] },
  heun: { nodes: [1], stages: [[1]], weights: [1 / 2, 1 / 2] },
  heun3: { nodes: [1 / 3, 2 / 3], stages: [[1 / 3], [0, 2 / 3]], weights: [1 / 4, 0, 3 / 4] },
  rk4: { nodes: [1 / 3, 2 / 3, 1], stages: [[1 / 3], [-1 / 3, 1], [1, -1, 1]], weights: [1 / 8, 3 / 8, 3 / 8, 1 / 8] },
} satisfies Record<string, Tableau>;

const dopri5: AdaptiveTableau = {
  nodes: [1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1],
  stages: [
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
  ],
  weights: [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0],
  error: [
    35 / 384 - 1951 / 21600,
    0,
    500 / 1113 - 22642 / 50085,
    125 / 192 - 451 / 720,
    -2187 / 6784 + 12231 / 42400,
    11 / 84 - 649 / 6300,
    -1 / 60,
  ],
  middle: [
    6025192743 / 30085553152 / 2,
    0,
    51252292925 / 65400821598 / 2,
    -2691868925 / 45128329728 / 2,
    187940372067 / 1594534317056 / 2,
    -1776094331 / 19743644256 / 2,
    11237099 / 235043384 / 2,
  ],
  order: 5,
};

/** Methods of adaptive steps: Dormand and Prince 5(4). */
export const adaptiveTableaus = { dopri5 } satisfies Record<string, AdaptiveTableau>;
