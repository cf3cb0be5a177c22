/** One session of an editor: its prompts, what it chooses, the updates that it gets, and the end of what runs. */
import {
  type AgentContext,
  type ContentBlock,
  type PromptResponse,
  type SessionConfigOption,
  type SessionUpdate,
} from "@agentclientprotocol/sdk";
import { ApiError, type Rein } from "../../sdk/create-rein";
import type { ChatRequest } from "../../shared/requests";
import { findRun } from "../../shared/session-lookup";
import { answerMs } from "../command";
import { storageTeller } from "../storage-words";
import { cardMs, SessionUpdates } from "./session-updates";
import type { EditorServers } from "./editor-mcp";
import { plainText } from "./editor-text";
import { FileCommands } from "./editor-commands";
import { PromptCommands } from "./server-prompts";
import { PermissionRequests, questionsOf } from "./permission-requests";
import { invalid, requestError, withEditorWords } from "./request-errors";
import { SessionFollower } from "./session-follower";
import {
  type Chosen,
  chosenIn,
  configOptionsOf,
  type Offer,
  settingsOf,
  settingsOfFirst,
} from "./session-settings";
import { availableCommands, readCommand } from "./slash-commands";
import { promptAnswer } from "./prompt-answer";
import { OpenPrompt } from "./open-prompt";

export interface AcpSessionParts {
  rein: Rein;
  /** Resolves when the server answers. */
  reach: () => Promise<void>;
  client: AgentContext;
  id: string;
  cwd: string;
  /** As it was when the session was opened. */
  offer: Offer;
  /** Of the editor. */
  mcpServers: EditorServers;
}

export class AcpSession {
  readonly #parts: AcpSessionParts;
  readonly #follower: SessionFollower;
  #updates = new SessionUpdates();
  readonly #questions: PermissionRequests;
  readonly #prompted: PromptCommands;
  readonly #ofFiles: FileCommands;
  /** Prompts that are not answered yet, oldest first. */
  readonly #prompts = new Set<OpenPrompt>();
  /** Until the first message there is only what was chosen. */
  #draft: Chosen = { permissions: "ask" };
  /** From the next prompt on. */
  mcpServers: EditorServers;
  #isShown = true;
  #isChanged = false;
  #showing: Promise<void> | undefined;
  #holding: NodeJS.Timeout | undefined;
  #options = "";

  constructor(parts: AcpSessionParts) {
    this.#parts = parts;
    this.mcpServers = parts.mcpServers;
    const { rein, client, id } = parts;
    this.#follower = new SessionFollower(rein, id, () => this.#show());
    const tell = () => this.#tellCommands();
    this.#prompted = new PromptCommands({
      rein,
      place: () => ({ sessionId: id, cwd: this.cwd }),
      isOffered: () => this.chosen.engine === undefined,
      onChange: tell,
    });
    this.#ofFiles = new FileCommands(rein, () => this.cwd, tell);
    this.#questions = new PermissionRequests(client, id, () => this.#dismiss());
  }

  get chosen(): Chosen {
    const { session } = this.#follower;
    return session ? chosenIn(session) : this.#draft;
  }

  get configOptions(): SessionConfigOption[] {
    return configOptionsOf(this.#parts.offer, this.chosen);
  }

  get offer(): Offer {
    return this.#parts.offer;
  }

  /** The working directory of the session. Until it begins, the one that was asked for. */
  get cwd(): string {
    return this.#follower.session?.cwd ?? this.#parts.cwd;
  }

  /**
   * Of a session that the server has, any number of times. With `replays` all of it is shown, else only what comes. Throws an
   * ApiError when there is none.
   */
  async open(replays: boolean): Promise<void> {
    this.#isShown = false;
    try {
      await this.#showing;
      const session = await this.#follower.open(replays);
      this.#updates = new SessionUpdates();
      if (!replays) this.#updates.update(session, Date.now());
    } finally {
      this.#isShown = true;
      await this.#show();
    }
  }

  /** Throws an ApiError when the server refuses. */
  async choose(chosen: Chosen): Promise<void> {
    const { rein, id } = this.#parts;
    const known = this.#follower.session;
    if (known === undefined) return void (this.#draft = chosen);
    const { permissions, provider, model, options } = chosen;
    const before = this.chosen;
    const patch = {
      ...(permissions !== before.permissions && { permissions }),
      ...(provider !== before.provider && provider !== undefined && { provider }),
      ...(model !== before.model && model !== undefined && { model }),
      ...(options && JSON.stringify(options) !== JSON.stringify(before.options) && { options }),
    };
    if (Object.keys(patch).length === 0) return;
    this.#updates.knowsPermissions(permissions);
    const { session } = await rein.patchSession(id, patch, AbortSignal.timeout(answerMs));
    // Where its event has come already, what is known may be newer than this answer.
    if (known.seq < session.seq) Object.assign(known, settingsOf(session));
  }

  /** To be called once the editor knows the session. Commands of files and prompts of MCP servers follow. */
  async tellCommands(): Promise<void> {
    await this.#tellCommands();
    await this.#look();
  }

  #look = () => Promise.all([this.#ofFiles.look(), this.#prompted.look()]);

  async #tellCommands(): Promise<void> {
    const all = [...availableCommands, ...this.#ofFiles.available, ...this.#prompted.available];
    await this.#notify({ sessionUpdate: "available_commands_update", availableCommands: all });
  }

  /** Resolves when the run that the prompt starts has settled, and all of it is shown. `signal` stops it as `cancel` does. */
  async prompt(blocks: readonly ContentBlock[], signal: AbortSignal): Promise<PromptResponse> {
    const found = readCommand(blocks);
    const isOpen = [...this.#prompts].some((one) => !one.isStopped);
    if (isOpen && !found?.command.duringPrompt)
      throw invalid("A prompt is open in this session: cancel it first, or wait for its end.");
    const { rein, reach, id } = this.#parts;
    const prompt = new OpenPrompt(rein, id);
    const stopped = [...this.#prompts];
    this.#prompts.add(prompt);
    const stop = () => prompt.stop();
    signal.addEventListener("abort", stop, { once: true });
    try {
      await reach();
      const notes = [this.mcpServers.note(this.offer, this.chosen), this.#ofFiles.note()];
      for (const note of notes) if (note !== undefined) await this.#say(`${note}\n\n`);
      if (found) return await this.#command(found, prompt);
      await Promise.all(stopped.map(({ settled }) => settled));
      const command = this.#ofFiles.read(blocks);
      const sent = command ? { command } : await this.#prompted.messageOf(blocks, prompt.signal);
      const answer = await this.#chat(sent, prompt);
      // Servers that came with the message, and what they offer by now; files that the run has written.
      void this.#look();
      return answer;
    } catch (error) {
      // The server has refused it: it had not begun, and now it will not.
      const isRefused = error instanceof ApiError && error.status > 0;
      const isEarly = !prompt.hasBegun && (error === prompt.signal.reason || isRefused);
      if (prompt.isStopped && isEarly) return { stopReason: "cancelled" };
      throw requestError(error);
    } finally {
      signal.removeEventListener("abort", stop);
      this.#prompts.delete(prompt);
      prompt.settle();
    }
  }

  /** Stops what the open prompts run; called again, hard. Nothing where none is open. */
  cancel(): void {
    for (const one of this.#prompts) one.cancel();
  }

  /** Stops what the open prompts run; resolves when that has settled. */
  async close(): Promise<void> {
    const open = [...this.#prompts];
    for (const one of open) one.stop();
    await Promise.all(open.map(({ settled }) => settled));
    this.#follower.close();
    this.#prompted.close();
    this.#ofFiles.close();
    clearTimeout(this.#holding);
    this.#isShown = false;
    this.#questions.update([]);
  }

  /** The editor has dismissed a question: that cancels its prompts. A run that another client has started is not its own to stop. */
  #dismiss(): void {
    for (const one of this.#prompts) one.stop();
    if (this.#prompts.size === 0) void this.#say("\n\nThe run still waits: answer it in Rein.\n\n");
  }

  async #command(found: NonNullable<ReturnType<typeof readCommand>>, prompt: OpenPrompt) {
    const { session } = this.#follower;
    if (session === undefined)
      throw invalid(`There is no message yet that /${found.command.name} could be about.`);
    const before = new Set(session.runs.map(({ id }) => id));
    const { rein, id } = this.#parts;
    const follower = this.#follower;
    const scene = { rein, session, follower, say: (text: string) => this.#say(text) };
    const end = await found.command.run(scene, found.argument, prompt.signal);
    if (end === undefined) return { stopReason: "end_turn" as const };
    if ("chat" in end) return this.#chat(end.chat, prompt);
    const startedRun = () => session.runs.find(({ id }) => !before.has(id));
    prompt.stopsSession();
    await this.#follower.until(() => startedRun()?.state === "settled", prompt.lost);
    await this.#show();
    return promptAnswer(id, startedRun());
  }

  async #chat(chat: Partial<ChatRequest>, prompt: OpenPrompt): Promise<PromptResponse> {
    const { rein, id } = this.#parts;
    const { runId } = prompt;
    const { session } = this.#follower;
    const place = session
      ? { sessionId: id, after: session.seq }
      : { newSessionId: id, cwd: this.#parts.cwd, ...settingsOfFirst(this.#draft) };
    if (chat.message !== undefined || chat.command || chat.files) this.#updates.own(runId);
    const servers = this.mcpServers.of(this.offer, this.chosen);
    const tellStorage = storageTeller((words) => void this.#say(`\n\n${words}\n\n`));
    const request = { ...chat, ...place, ...servers, runId, onDisconnect: "stop" as const };
    try {
      for await (const event of rein.chat(request, prompt.signal)) {
        prompt.hasBegun = true;
        if (event.type === "storage-changed") tellStorage(event);
        else await this.#follower.take(event);
      }
    } catch (error) {
      throw withEditorWords(error);
    }
    await this.#show();
    const { session: after } = this.#follower;
    return promptAnswer(id, after && findRun(after, runId));
  }

  /** Brings the editor up to date, and its questions. One at a time: what changes meanwhile is in the next round. Never rejects. */
  async #show(): Promise<void> {
    this.#isChanged = true;
    this.#showing ??= this.#showAll().finally(() => (this.#showing = undefined));
    await this.#showing;
  }

  async #showAll(): Promise<void> {
    while (this.#isChanged && this.#isShown) {
      this.#isChanged = false;
      const { session } = this.#follower;
      if (session === undefined) return;
      for (const update of this.#updates.update(session, Date.now())) await this.#notify(update);
      await this.#showOptions();
      this.#questions.update(questionsOf(this.#parts.rein, session));
    }
    if (this.#updates.isHolding)
      this.#holding ??= setTimeout(() => {
        this.#holding = undefined;
        void this.#show();
      }, cardMs);
  }

  /** What the page has changed of them. */
  async #showOptions(): Promise<void> {
    const before = this.#options;
    this.#options = JSON.stringify(this.chosen);
    if (before === "" || before === this.#options) return;
    await this.#notify({
      sessionUpdate: "config_option_update",
      configOptions: this.configOptions,
    });
  }

  #say(text: string): Promise<void> {
    const content = { type: "text" as const, text: plainText(text) };
    return this.#notify({ sessionUpdate: "agent_message_chunk", content });
  }

  async #notify(update: SessionUpdate): Promise<void> {
    try {
      await this.#parts.client.notify("session/update", { sessionId: this.#parts.id, update });
    } catch {
      this.#isShown = false; // the connection is closed, which stops what runs
    }
  }
}
