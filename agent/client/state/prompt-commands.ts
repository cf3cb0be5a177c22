/** The prompts of MCP servers as commands: `/server:prompt` puts the server's text into the message field, to be edited and sent. */
import { type Accessor, createEffect, createMemo, createSignal, on, onCleanup } from "solid-js";
import { promptArguments } from "../../shared/prompt-arguments";
import type { McpPrompt } from "../../shared/protocol";
import { api, logFailure, wordsFor } from "./api-client";
import type { Client } from "./client";
import type { Command } from "./commands";
import { bindKey } from "./key-bindings";
import { mcpPlace } from "./mention-place";
import { argumentWords, lackingArguments, namedPrompts, promptWords } from "./named-prompts";
import type { OpenSession } from "./open-session";
import { t } from "../../shared/translation";

const timeoutMs = 30_000;

/**
 * Looked for anew with each input that begins with a slash; those of the last time until then. Never an engine's.
 * `isAsked`: in the place of such an input.
 */
export function createPromptCommands(
  client: Client,
  open: OpenSession,
  isAsked = () => open.input.text().startsWith("/"),
): Accessor<Command[]> {
  const [found, setFound] = createSignal<readonly McpPrompt[]>([]);
  const closing = new AbortController();
  onCleanup(() => closing.abort());
  const isOwnLoop = () => open.chosen().engine === undefined;
  const place = () => mcpPlace(client, open);
  const isWanted = createMemo(() => isAsked() && isOwnLoop() && place() !== undefined);
  const [asking, setAsking] = createSignal<{ own: AbortController; typed: string }>();

  async function look(): Promise<void> {
    const at = place();
    if (at === undefined) return;
    try {
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]);
      const { prompts } = await api.mcpPrompts(at.sessionId, at.cwd, signal);
      setFound(prompts);
    } catch (error) {
      // Without an answer there are no such commands.
      if (!closing.signal.aborted) logFailure("The prompts of MCP servers were not listed", error);
    }
  }

  /** One at a time: another one, Escape, a stop, or leaving the session aborts it. */
  async function take(name: string, prompt: McpPrompt, typed: string): Promise<void> {
    const { server } = prompt;
    const values = promptArguments(
      typed,
      prompt.arguments.map((one) => one.name),
    );
    const names = lackingArguments(prompt, values);
    if (names !== "") {
      open.input.giveBack(`/${name} ${typed}`);
      return client.notices.toast(
        t("/{name} needs {names}", { name, names }),
        t("Type name=value, or the value alone."),
      );
    }
    const at = place();
    if (at === undefined) return;
    asking()?.own.abort();
    const own = new AbortController();
    setAsking({ own, typed: `/${name} ${typed}`.trim() });
    const signals = [own.signal, closing.signal, AbortSignal.timeout(timeoutMs)];
    client.notices.toast(t("Asking {server} for its text", { server }), undefined, "prompt");
    try {
      const request = { ...at, server, name: prompt.name, arguments: values };
      const { text, files } = await api.mcpPrompt(request, AbortSignal.any(signals));
      // A server's text is no command of a person's.
      open.input.giveBack(text.trimStart().startsWith("/") ? `${server}: ${text}` : text);
      if (files.length > 0) open.attached.giveBack(files);
      client.notices.dismiss("prompt");
    } catch (error) {
      if (own.signal.aborted || closing.signal.aborted) return;
      open.input.giveBack(`/${name} ${typed}`.trim());
      client.notices.toast(t("{server} gave no text", { server }), wordsFor(error), "prompt");
    } finally {
      if (asking()?.own === own) setAsking(undefined);
    }
  }

  /** What was typed is in the field again. */
  function cut(): void {
    const cutOff = asking();
    if (cutOff === undefined) return;
    setAsking(undefined);
    cutOff.own.abort();
    open.input.giveBack(cutOff.typed);
    client.notices.dismiss("prompt");
  }

  bindKey({ key: "Escape", when: () => asking() !== undefined, run: cut });
  createEffect(on(open.stage, (stage) => stage === "stopping" && cut()));

  createEffect(
    on(isWanted, (wanted) => {
      if (wanted) void look();
    }),
  );
  return createMemo(() =>
    (isOwnLoop() ? namedPrompts(found()) : []).map(({ name, prompt }) => ({
      name,
      words: wordsOf(prompt),
      ...(prompt.arguments.length > 0 && { argument: t("arguments") }),
      run: (typed) => void take(name, prompt, typed),
    })),
  );
}

function wordsOf(prompt: McpPrompt): string {
  const names = argumentWords(prompt);
  return names === "" ? promptWords(prompt) : `${promptWords(prompt)} (${names})`;
}
