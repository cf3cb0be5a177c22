/** What the upstream answers a conversation on the stage: its scenario's answers, in order, to whoever asks. */
import { withoutAttempts } from "../../shared/attempts";
import type { Message } from "../../shared/protocol";
import { type Step, text } from "../upstream/upstream";
import { firstWords } from "./scenarios";
import type { Stage } from "./scenario-runner";

export function answerWith(stage: Stage): void {
  const { world, moment } = stage;
  const { answers, subagents = {} } = moment.scenario;
  const messages = () => stage.session?.messages ?? [];
  const own = teller(answers, messages);
  // Another model tries again what this one did, and knows nothing of that: it begins anew.
  const again = teller(answers, () => withoutAttempts(messages()));
  const theirs = Object.entries(subagents).map(([title, list]) => ({
    task: `Be ${title}.`,
    tell: teller(list, () => messagesOf(title, messages())),
  }));
  world.upstream.requests.length = 0;
  world.upstream.route(({ body, wire }) => {
    const told = JSON.stringify(body);
    // The session's own requests have the tasks in them too; after a summary they have the first words no more.
    const their = told.includes(firstWords)
      ? undefined
      : theirs.find(({ task }) => told.includes(task));
    return (their?.tell ?? (wire === moment.wire ? own : again))();
  });
}

/** Gives one answer after the other; one that was cut is given once more. */
function teller(answers: Step[][], messages: () => Message[]): () => Step[] {
  const rest = answers.slice();
  let current: Step[] = [];
  let cutId: string | undefined;
  return () => {
    const last = messages().findLast(
      ({ role, outcome }) => role === "assistant" && outcome !== undefined,
    );
    const isCut = last?.outcome === "stopped" && last.id !== cutId;
    if (isCut) cutId = last.id;
    else current = rest.shift() ?? [text("Enough.")];
    return current;
  };
}

function messagesOf(title: string, messages: Message[]): Message[] {
  const calls = messages.flatMap(({ parts }) => parts.filter((part) => part.type === "tool-call"));
  return calls.findLast(({ subagent }) => subagent?.title === title)?.subagent?.messages ?? [];
}
