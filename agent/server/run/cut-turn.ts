/** What a stop has cut of an engine's turn, and what of it the engine's own history does not have. */
import { subjectOf, textOf, toolCallsOf } from "../../shared/message-parts";
import type { EngineGives, Message, Run, Session } from "../../shared/protocol";
import { inWords, quoted } from "../../shared/quotation";
import { saidText } from "../../shared/said-text";
import { truncateStart } from "../../shared/truncate";
import { withdrawnWords } from "../agent/engine-permission";
import type { CutTurn } from "../engines/engine";

/** Of the text and of each output the end is kept. */
const maxText = 100_000;
const maxOutput = 10_000;
const maxCalls = 20;

/** For the engine's own history. Undefined when the stop has cut no answer of the run. */
export function cutTurnOf(session: Session, run: Run): CutTurn | undefined {
  const found = cutMessages(session, run);
  return found && cutTurn(found);
}

function cutTurn({ users, answer }: CutMessages): CutTurn {
  return {
    message: users.map((one) => saidText(one, "\n")).join("\n\n"),
    text: truncateStart(openText(answer), maxText),
    calls: toolCallsOf(answer)
      .filter(({ state, startedAt }) => state === "stopped" && startedAt !== undefined)
      .slice(0, maxCalls)
      .map((call) => ({
        name: call.name,
        subject: subjectOf(call) ?? "",
        output: truncateStart(call.output, maxOutput),
      })),
  };
}

const toldText = 2_000;
const toldOutput = 500;
/** With the note that came with it, which is then lost too. */
const toldMessage = 8_000;

/**
 * What the engine's model has to be told of the cut turn, as paragraphs for the context note; empty when its history has
 * it all, or was given it already. `keeps`: what an engine keeps that was interrupted and became idle. One that was killed
 * before that keeps neither text nor output.
 */
export function lostNote(session: Session, run: Run, keeps: EngineGives["keeps"]): string[] {
  const found = cutMessages(session, run);
  if (found === undefined) return [];
  const { answer } = found;
  const denials = denialsIn(answer);
  if (session.engine?.toldRunId === run.id) return denials;
  const cut = cutTurn(found);
  const wasIdle = run.receipt?.engine?.waited === "idle";
  // Nothing came back: whether it was sent at all is not known.
  const isUnanswered = answer.parts.every(({ type }) => type === "interruption");
  const text = keeps.message ? cut.text : textOf(answer, "\n\n");
  return [
    ...(keeps.message && !isUnanswered
      ? []
      : quoted("The user’s message, which you may not have", saidIn(found), toldMessage)),
    ...(keeps.text && wasIdle
      ? []
      : quoted("What you were writing when it was cut", text, toldText)),
    ...(keeps.output && wasIdle
      ? []
      : cut.calls.flatMap(({ name, subject, output }) =>
          quoted(`Output of ${inWords(`${name} ${subject}`)} until it was cut`, output, toldOutput),
        )),
    ...denials,
  ];
}

/** What a person has said instead of allowing a call: some engines are told it after their turn, which the stop has cut. */
function denialsIn(answer: Message): string[] {
  const denied = toolCallsOf(answer).slice(-maxCalls);
  return denied.flatMap(({ name, approval, ...call }) => {
    const { reply } = approval ?? {};
    if (reply?.decision !== "deny" || reply.message === undefined) return [];
    if (reply.message === withdrawnWords) return [];
    const what = inWords(`${name} ${subjectOf(call) ?? ""}`);
    const label = `What the user said when ${what} was denied, which you may not have`;
    return quoted(label, reply.message, toldOutput);
  });
}

/** The answer that was cut, and the user's messages that it answers. */
interface CutMessages {
  users: Message[];
  answer: Message;
}

function cutMessages({ messages }: Session, run: Run): CutMessages | undefined {
  if (run.stop === undefined) return undefined;
  const own = messages.filter(({ runId }) => runId === run.id);
  const at = own.findLastIndex(({ role }) => role === "assistant");
  const answer = own[at];
  if (answer?.outcome !== "stopped") return undefined;
  const before = own.slice(0, at).findLastIndex(({ role }) => role === "assistant");
  const users = own.filter(({ role }, index) => role === "user" && index > before);
  return { users, answer };
}

function saidIn({ users }: CutMessages): string {
  return users.flatMap((one) => [one.note ?? "", saidText(one, "\n")]).join("\n\n");
}

/** The text after the last call that began: what came before that had its end. */
function openText(answer: Message): string {
  const last = answer.parts.findLastIndex(
    (part) => part.type === "tool-call" && part.startedAt !== undefined,
  );
  return textOf({ ...answer, parts: answer.parts.slice(last + 1) }, "\n\n");
}
