import type { FileList } from "./host/files.js";

/** What the page asks of its worker. */
export type Request =
  | { readonly kind: "open"; readonly base: string; readonly files: FileList; readonly graph: string }
  | { readonly kind: "check"; readonly id: number; readonly backend: string; readonly edits: Readonly<Record<string, string>> }
  | { readonly kind: "run"; readonly backend: string; readonly edits: Readonly<Record<string, string>> }
  | { readonly kind: "pause" | "resume" | "stop" };

/** A mistake in a file: offsets into its text, and what to do. */
export interface Mistake {
  readonly code: string;
  readonly message: string;
  readonly cure?: string;
  readonly file?: string;
  readonly line?: number;
  readonly start?: number;
  readonly end?: number;
}

/** A backend that this browser may have. */
export interface Offer {
  readonly id: string;
  readonly available: boolean;
  readonly reason: string;
}

/** What the worker tells the page. */
export type Answer =
  | { readonly kind: "offers"; readonly offers: readonly Offer[] }
  | {
      readonly kind: "checked";
      readonly id: number;
      readonly mistakes: readonly Mistake[];
      /** Texts of the files that make up the graph, the graph's own first. */
      readonly sources: Readonly<Record<string, string>>;
      /** The picture; left out where there are mistakes. */
      readonly svg?: string;
      readonly summary?: string;
    }
  | { readonly kind: "file"; readonly file: string; readonly loaded: number; readonly total: number }
  | { readonly kind: "started"; readonly backend: string; readonly text: string }
  | { readonly kind: "phase"; readonly name: string; readonly steps: number | undefined }
  | {
      readonly kind: "step";
      readonly phase: string;
      readonly step: number;
      readonly seconds: number;
      readonly metrics: Readonly<Record<string, number>>;
    }
  | { readonly kind: "times"; readonly milliseconds: Readonly<Record<string, number>> }
  | { readonly kind: "wrote"; readonly path: string; readonly bytes: Uint8Array }
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "results"; readonly phase: string; readonly values: Readonly<Record<string, number>> }
  | { readonly kind: "ended"; readonly state: "finished" | "interrupted" | "failed"; readonly text: string };
