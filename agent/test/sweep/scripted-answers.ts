/** Routes the upstream's answers of one scenario run: those of the session and those of each subagent, in order. */
import { branchOf } from "../../shared/branches";
import type { Message } from "../../shared/protocol";
import { type Step, text } from "../upstream/upstream";
import { firstWords } from "./first-words";
import { answersOf } from "./scenarios";
import type { ScenarioRunner } from "./scenario-runner";

export function answerWith(runner: ScenarioRunner): void {
  const { fixture, point } = runner;
  const { subagents = {} } = point.scenario;
  const answers = answersOf(point.scenario, fixture.site);
  const messages = () => runner.session?.messages ?? [];
  const own = teller(answers, messages, () => runner.session?.runs[0]?.outcome === "stopped");
  // A retry with another model starts the scenario from its first answer.
  if (point.scenario.engine) return fixture.upstream.route(() => answers.at(-1) ?? []);
  const again = teller(answers, () => (runner.session ? branchOf(runner.session) : []));
  const theirs = Object.entries(subagents).map(([title, list]) => ({
    task: `Be ${title}.`,
    tell: teller(list, () => messagesOf(title, messages())),
  }));
  fixture.upstream.requests.length = 0;
  fixture.upstream.route(({ body, wire }) => {
    const json = JSON.stringify(body);
    // The session's own requests name the tasks too; after a summary they no longer have the first words.
    const their = json.includes(firstWords)
      ? undefined
      : theirs.find(({ task }) => json.includes(task));
    return (their?.tell ?? (wire === point.wire ? own : again))();
  });
}

/** Gives the answers in order; an answer that was cut is given again. */
function teller(
  answers: Step[][],
  messages: () => Message[],
  isFirstRunStopped = () => false,
): () => Step[] {
  const rest = answers.slice();
  let current: Step[] | undefined;
  let cutId: string | undefined;
  return () => {
    const last = messages().findLast(
      ({ role, outcome }) => role === "assistant" && outcome !== undefined,
    );
    // A run may be stopped after it has asked, and before its message has begun.
    const stopped = last?.outcome === "stopped" ? last.id : undefined;
    const cut = last === undefined && isFirstRunStopped() ? "no message" : stopped;
    const isCut = cut !== undefined && cut !== cutId;
    if (isCut) cutId = cut;
    // Before the first request an answer may be cut that has never been asked for.
    if (!isCut || current === undefined) current = rest.shift() ?? [text("Enough.")];
    return current;
  };
}

function messagesOf(title: string, messages: Message[]): Message[] {
  const calls = messages.flatMap(({ parts }) => parts.filter((part) => part.type === "tool-call"));
  return calls.findLast(({ subagent }) => subagent?.title === title)?.subagent?.messages ?? [];
}
