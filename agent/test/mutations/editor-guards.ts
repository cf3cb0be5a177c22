/** The guards of `rein acp`: what an editor is told, asked and answered. */
import type { Guard } from "./guard";

export const editorGuards: Guard[] = [
  {
    promise: "an editor that has closed its side stops what it had started, as a person would",
    file: "cli/acp/run-acp.ts",
    find: "await Promise.race([close(), late]);",
    replace: "void close; void late;",
    tests: ["acp-agent-stop.test.ts"],
    title: "a closed input and output",
  },
  {
    promise: "a second cancel gives processes no time to clean up",
    file: "cli/acp/open-prompt.ts",
    find: "if (!this.isStopped) return this.stop();",
    replace: "return this.stop();",
    tests: ["acp-agent-server.test.ts"],
    title: "a second cancel",
  },
  {
    promise: "a question that the page answers is withdrawn from the editor",
    file: "cli/acp/permission-requests.ts",
    find: "asking.abort();",
    replace: "",
    tests: ["acp-agent.test.ts"],
    title: "withdrawn",
  },
  {
    promise: "an editor that is closed denies nothing of a run that the page has started",
    file: "cli/acp/permission-requests.ts",
    find: "  return undefined;\n}",
    replace: '  return "It is gone.";\n}',
    tests: ["acp-agent-stop.test.ts"],
    title: "what the page has started",
  },
  {
    promise: "an editor gets no control character of a model",
    file: "cli/acp/editor-text.ts",
    find: "return text.replaceAll(controls, (one)",
    replace: "return text.replaceAll(/(?!)/g, (one)",
    tests: ["acp-agent-hostile.test.ts"],
    title: "no control character",
  },
  {
    promise: "a prompt behind a cancel waits until what was cancelled has settled",
    file: "cli/acp/acp-session.ts",
    find: "await Promise.all(stopped.map(({ settled }) => settled));",
    replace: "",
    tests: ["acp-agent-stop.test.ts"],
    title: "a cancel before the run has begun",
  },
  {
    promise: "a cancelled prompt is answered when its run has settled",
    file: "cli/acp/acp-session.ts",
    find: "prompt.hasBegun = true;",
    replace:
      'prompt.hasBegun = true;\n      if (prompt.isStopped) return { stopReason: "cancelled" };',
    tests: ["acp-agent-stop.test.ts"],
    title: "has the receipt",
  },
  {
    promise: "an editor loads all of a long session",
    file: "cli/acp/session-follower.ts",
    find: "if (!isWhole) return session;",
    replace: "if (isWhole) return session;",
    tests: ["acp-agent-server.test.ts"],
    title: "all of a long session",
  },
  {
    promise: "an id that a session has is refused for a new one",
    file: "server/http/routes/chat-routes.ts",
    find: "if (fresh) refuseKnown(sessions, fresh);",
    replace: "",
    tests: ["conversation.test.ts"],
    title: "the id that the caller has chosen",
  },
];
