/** What tools are given where nothing is kept of their outputs and no language server looks at their edits. */
import type { Diagnose } from "../server/lsp/diagnose";
import type { OutputStore } from "../server/tools/outputs/output-store";

export const noOutputs: OutputStore = {
  open: () => ({ write: () => {}, close: async () => undefined }),
  read: async () => undefined,
};

export const noDiagnostics: Diagnose = async () => "";
