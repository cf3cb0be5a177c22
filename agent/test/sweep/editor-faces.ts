/** `rein acp` as a face of the sweep: the prompt of an editor. */
import type { SessionConfigOption } from "@agentclientprotocol/sdk";
import { tmpdir } from "node:os";
import type { Outcome } from "../../shared/protocol";
import { type Editor, startEditor } from "../acp-editor";
import type { Face } from "./faces";
import type { ScenarioRunner } from "./scenario-runner";
import type { ServerFixture } from "./server-fixture";

/** A prompt of an editor that one `rein acp` of the fixture serves, as long as its server runs. */
export async function openPrompt(runner: ScenarioRunner): Promise<Face> {
  const editor = await editorOf(runner.fixture);
  return promptOf(runner, editor, {
    end: async (sessionId) => editor.cancel(sessionId),
    // It is followed until then.
    close: async (sessionId) => void (await editor.agent.request("session/close", { sessionId })),
  });
}

/** The same of an editor of its own, which ends. */
export async function openLastPrompt(runner: ScenarioRunner): Promise<Face> {
  const editor = await startEditor({ ...runner.fixture.address, cwd: tmpdir() });
  return promptOf(runner, editor, {
    async end() {
      await editor.child.stdin.end();
      await editor.child.exited;
    },
    close: () => editor[Symbol.asyncDispose](),
  });
}

interface EditorActs {
  end: (sessionId: string) => Promise<void>;
  close: (sessionId: string) => Promise<void>;
}

async function promptOf(
  { fixture, request }: ScenarioRunner,
  editor: Editor,
  { end, close }: EditorActs,
): Promise<Face> {
  const { message, provider, model, permissions } = request();
  const { sessionId, configOptions } = await editor.newSession(fixture.cwd);
  await editor.agent.request("session/set_mode", { sessionId, modeId: permissions! });
  const value = offeredModel(configOptions ?? [], provider!, model!);
  const option = { sessionId, configId: "model", value };
  await editor.agent.request("session/set_config_option", option);
  const answered = editor.prompt(sessionId, message!).then(
    ({ stopReason }): Outcome => (stopReason === "cancelled" ? "stopped" : "done"),
    // Its connection is closed, or the run failed.
    () => undefined,
  );
  return {
    ended: answered,
    async stop() {
      await end(sessionId);
      return answered;
    },
    close: () => close(sessionId),
  };
}

/** This model, or another of its provider: an editor can choose only among those that are listed. */
function offeredModel(options: SessionConfigOption[], provider: string, model: string): string {
  const option = options.find(({ id }) => id === "model");
  const listed = option?.type === "select" ? option.options : [];
  const values = listed.flatMap((one) => ("group" in one ? one.options : [one]));
  const offered = values.map(({ value }) => value).filter((one) => one.startsWith(`${provider}/`));
  const wanted = `${provider}/${model}`;
  const found = offered.includes(wanted) ? wanted : offered[0];
  if (found === undefined) throw new Error(`rein acp offers no model of ${provider}.`);
  return found;
}

const editors = new WeakMap<ServerFixture, { url: string; editor: Promise<Editor> }>();

async function editorOf(fixture: ServerFixture): Promise<Editor> {
  const { url } = fixture.address;
  const known = editors.get(fixture);
  if (known?.url === url) return known.editor;
  await (await known?.editor)?.[Symbol.asyncDispose]();
  const editor = startEditor({ ...fixture.address, cwd: tmpdir() });
  editors.set(fixture, { url, editor });
  return editor;
}

/** Ends the editor, if there is one: else its process keeps this one alive. */
export function editorDisposal(fixture: ServerFixture): AsyncDisposable {
  return {
    async [Symbol.asyncDispose]() {
      await (await editors.get(fixture)?.editor)?.[Symbol.asyncDispose]();
    },
  };
}
