import { basicSetup, EditorView } from "codemirror";
import { yaml } from "@codemirror/lang-yaml";
import { setDiagnostics } from "@codemirror/lint";
import type { Diagnostic } from "@codemirror/lint";
import type { Mistake } from "./messages.js";

/** An editor of the graph's files, one shown at a time. */
export interface Editor {
  /** Shows a file; its text is `text` unless it was edited. */
  show(file: string, text: string): void;
  readonly file: string;
  /** Texts that differ from what was read, by file. */
  readonly edits: Readonly<Record<string, string>>;
  /** Underlines mistakes in the file that is shown. */
  mark(mistakes: readonly Mistake[]): void;
  /** Moves to a place of the file that is shown. */
  go(offset: number): void;
}

/** Makes an editor inside `parent`; `changed` is called a moment after the last key. */
export function makeEditor(parent: HTMLElement, changed: () => void): Editor {
  const edits: Record<string, string> = {};
  let file = "";
  let showing = false;
  let timer: number | undefined;
  const view = new EditorView({
    parent,
    extensions: [
      basicSetup,
      yaml(),
      EditorView.lineWrapping,
      EditorView.updateListener.of((update) => {
        if (!update.docChanged || showing) return;
        edits[file] = update.state.doc.toString();
        window.clearTimeout(timer);
        timer = window.setTimeout(changed, 150);
      }),
    ],
  });
  return {
    show(next, text) {
      file = next;
      showing = true;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: edits[next] ?? text } });
      showing = false;
    },
    get file() {
      return file;
    },
    edits,
    mark(mistakes) {
      const { length } = view.state.doc;
      const here = mistakes.filter((mistake) => mistake.file === file && mistake.start !== undefined);
      const diagnostics = here.map(({ code, message, cure, start = 0, end = start + 1 }): Diagnostic => ({
        from: Math.min(start, length),
        to: Math.min(Math.max(end, start + 1), length),
        severity: "error",
        message: `[${code}] ${message}${cure === undefined ? "" : `\n${cure}`}`,
      }));
      view.dispatch(setDiagnostics(view.state, diagnostics));
    },
    go(offset) {
      const anchor = Math.min(offset, view.state.doc.length);
      view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: "center" }) });
      view.focus();
    },
  };
}
