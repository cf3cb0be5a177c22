/**
 * What a session asks a person, as permission requests of ACP: approvals, and whether a paused run goes on. The page can answer
 * too: a question that is answered there is withdrawn from the editor.
 */
import {
  type AgentContext,
  type PermissionOption,
  RequestError,
  type RequestPermissionRequest,
  type ToolCall,
  type ToolCallUpdate,
} from "@agentclientprotocol/sdk";
import { z } from "zod";
import { coveredBy, moreWays } from "../../client/state/always-rules";
import { askedOf, type AskedText } from "../../client/state/asked-input";
import { amount, limitWords } from "../../client/state/limit-words";
import { signs } from "../../client/state/diff-lines";
import { planApproval, planChoices } from "../../client/state/plan-replies";
import type { Rein } from "../../sdk/create-rein";
import { ApiError } from "../../sdk/create-rein";
import {
  type Approval,
  type ApprovalReply,
  limitAfter,
  type Pause,
  type Run,
  type Session,
  type ToolCallPart,
} from "../../shared/protocol";
import { activeRun } from "../../shared/session-lookup";
import { toolCallsOf } from "../../shared/message-parts";
import { visibleString } from "../../shared/visible-text";
import { ownPauseWords } from "../storage-words";
import { fenced } from "./editor-text";
import { textContent, toolCard } from "./tool-card";

export interface Question {
  /** The same while it is the same question. */
  key: string;
  toolCall: ToolCallUpdate;
  options: PermissionOption[];
  /** One of the options was chosen. */
  answer: (optionId: string) => Promise<unknown>;
  /** The editor cannot ask it. */
  refuse: (why: string) => Promise<unknown>;
}

/** All that the session asks now. */
export function questionsOf(rein: Rein, session: Session): Question[] {
  const run = activeRun(session);
  if (run === undefined) return [];
  const waiting = run.state === "waiting" ? waitingCalls(session, run) : [];
  const asked = waiting.map((part) => approvalQuestion(rein, session, part));
  return [...asked, ...pauseQuestions(rein, session, run)];
}

interface WaitingCall extends ToolCallPart {
  approval: Approval;
}

function waitingCalls({ messages }: Session, run: Run): WaitingCall[] {
  return messages
    .filter(({ runId }) => runId === run.id)
    .flatMap(toolCallsOf)
    .flatMap((part) => [part, ...(part.subagent?.messages ?? []).flatMap(toolCallsOf)])
    .filter((part): part is WaitingCall => part.state === "waiting" && part.approval !== undefined);
}

function approvalQuestion(rein: Rein, session: Session, part: WaitingCall): Question {
  const { approval } = part;
  const asked = { id: approval.id, sessionId: session.id };
  const reply = (one: ApprovalReply) => rein.reply(asked, one, AbortSignal.timeout(replyMs));
  const choices = choicesOf(approval);
  const { id, kind, digest, asksBecause } = approval;
  return {
    key: id,
    toolCall: {
      ...toolCard(part, session.cwd),
      content: askedContent(approval, part, session.cwd),
      _meta: { rein: { approvalId: id, kind, digest, asksBecause } },
    },
    options: choices.map(({ option }) => option),
    async answer(optionId) {
      const chosen = choices.find(({ option }) => option.optionId === optionId);
      if (chosen) await reply(chosen.reply);
    },
    refuse: (message) => reply({ decision: "deny", message }),
  };
}

const replyMs = 20_000;

interface Choice {
  option: PermissionOption;
  reply: ApprovalReply;
}

function choicesOf(approval: Approval): Choice[] {
  return approval.kind === "plan" ? planReplies(approval) : callReplies(approval);
}

function denial(name: string): Choice {
  return { option: { optionId: "deny", name, kind: "reject_once" }, reply: { decision: "deny" } };
}

function callReplies({ always, digest }: Approval): Choice[] {
  const [narrowest] = always;
  const inSession = narrowest
    ? [
        {
          name: coveredBy(narrowest),
          words: "In this session",
          decision: "session" as const,
          rule: 0,
        },
      ]
    : [];
  const ways = [...inSession, ...moreWays(always)].map(({ name, words, decision, rule }) => ({
    option: {
      optionId: `${decision}-${rule}`,
      name: `Always (${words.toLowerCase()}): ${name}`,
      kind: "allow_always" as const,
    },
    reply: { decision, digest, rule },
  }));
  return [
    {
      option: { optionId: "once", name: "Allow once", kind: "allow_once" },
      reply: { decision: "once", digest },
    },
    ...ways,
    denial("Deny"),
  ];
}

/** An editor has no field for an edited plan: what is to change can be said in the next prompt. */
function planReplies(approval: Approval): Choice[] {
  return [
    ...planChoices.map(({ permissions, name, words }) => ({
      option: {
        optionId: `plan-${permissions}`,
        name: `${name}: ${words}`,
        kind: "allow_once" as const,
      },
      reply: planApproval(approval, permissions, approval.subject),
    })),
    denial("Refuse, and keep planning"),
  ];
}

/** Everything that is asked, whole: invisible characters are shown. */
function askedContent(approval: Approval, part: ToolCallPart, cwd: string) {
  const { blocks, facts } = askedOf(approval, part, cwd);
  const because = approval.asksBecause === undefined ? [] : [approval.asksBecause];
  const texts = [
    ...blocks.map((block) => `${visibleString(block.name)}:\n${fenced(textOf(block))}`),
    ...[...facts, ...because].map((fact) => visibleString(fact)),
  ];
  return texts.map(textContent);
}

function textOf(block: AskedText): string {
  if ("text" in block) return visibleString(block.text);
  return block.lines.map(({ kind, text }) => `${signs[kind]}${visibleString(text)}`).join("\n");
}

/** The card of the pause that a person is asked about; undefined when none is. */
export function pauseCard({ pause }: Run): ToolCall | undefined {
  if (pause?.state !== "paused") return undefined;
  const title = pauseTitle(pause);
  return { toolCallId: `pause-${pause.askedAt}`, title, kind: "other", status: "pending" };
}

function pauseTitle(pause: Pause): string {
  const { reached } = pause;
  const own = ownPauseWords(pause);
  if (own !== undefined) return own;
  const words = reached ? `${limitWords(reached, "reached")} ` : "";
  return `${words}Paused. Nothing runs until it continues.`;
}

function pauseQuestions(rein: Rein, { id }: Session, run: Run): Question[] {
  const card = pauseCard(run);
  if (card === undefined) return [];
  const { reached, unsaved, unshared } = run.pause ?? {};
  const named = { runId: run.id };
  const onward = reached
    ? `Continue, up to ${amount(reached.kind, limitAfter(reached))}`
    : "Continue";
  const waiting = unsaved ? "Wait until it can be saved" : "Wait until the database answers";
  const isOwn = unsaved ?? unshared ?? false;
  const name = isOwn ? waiting : onward;
  return [
    {
      key: card.toolCallId,
      toolCall: card,
      options: [
        { optionId: "continue", name, kind: "allow_once" },
        { optionId: "stop", name: "Stop", kind: "reject_once" },
      ],
      answer: (optionId) => {
        const signal = AbortSignal.timeout(replyMs);
        if (optionId === "stop") return rein.stopSession(id, named, signal);
        // Rein resumes by itself what it has paused.
        return isOwn ? Promise.resolve() : rein.resume(id, named, signal);
      },
      // Its card says that it is paused: the page can still answer, and the editor cancel.
      refuse: () => Promise.resolve(),
    },
  ];
}

/** Of the protocol; the SDK hands on what an editor sends. */
const permissionAnswer = z.looseObject({
  outcome: z.discriminatedUnion("outcome", [
    z.looseObject({ outcome: z.literal("cancelled") }),
    z.looseObject({ outcome: z.literal("selected"), optionId: z.string() }),
  ]),
});

/** The questions that an editor shows. */
export class PermissionRequests {
  readonly #client: AgentContext;
  readonly #sessionId: string;
  /** The editor answers that the prompt was cancelled. */
  readonly #onCancelled: () => void;
  readonly #open = new Map<string, AbortController>();

  constructor(client: AgentContext, sessionId: string, onCancelled: () => void) {
    this.#client = client;
    this.#sessionId = sessionId;
    this.#onCancelled = onCancelled;
  }

  /** Asks what is new, and withdraws what is no longer asked. */
  update(questions: readonly Question[]): void {
    for (const [key, asking] of this.#open)
      if (questions.every((one) => one.key !== key)) {
        this.#open.delete(key);
        asking.abort();
      }
    for (const question of questions) {
      if (this.#open.has(question.key)) continue;
      const asking = new AbortController();
      this.#open.set(question.key, asking);
      void this.#ask(question, asking.signal);
    }
  }

  /** Never rejects. */
  async #ask(question: Question, signal: AbortSignal): Promise<void> {
    const { toolCall, options } = question;
    const params: RequestPermissionRequest = { sessionId: this.#sessionId, toolCall, options };
    const cancelling = { cancellationSignal: signal, stopWaitingOnCancel: true };
    try {
      const given: unknown = await this.#client.request(
        "session/request_permission",
        params,
        cancelling,
      );
      const outcome = permissionAnswer.safeParse(given).data?.outcome;
      if (outcome?.outcome === "cancelled") return this.#onCancelled();
      const chosen = options.find(({ optionId }) => optionId === outcome?.optionId);
      if (chosen) await question.answer(chosen.optionId);
      else await question.refuse("The editor’s answer was none of what was offered.");
    } catch (error) {
      const why = signal.aborted ? undefined : whyRefused(error);
      if (why === undefined) return;
      await question.refuse(why).catch((failed: unknown) => {
        console.error("A question that the editor could not ask is still open:", failed);
      });
    }
  }
}

/** Undefined where it was answered elsewhere meanwhile, or the editor is gone: that stops what it has started, and the page can still answer for other runs. */
function whyRefused(error: unknown): string | undefined {
  if (error instanceof ApiError) return error.status === 404 ? undefined : error.message;
  if (error instanceof RequestError) return "The editor could not ask a person.";
  return undefined;
}
