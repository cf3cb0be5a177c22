/** The ways of stopping: by name, by hanging up, with the server, and of one call or one subagent alone. */
import { isOutcome } from "../../shared/protocol";
import type { Session, StopAnswer, ToolCallPart } from "../../shared/protocol";
import { allDone, ifLate, type Kind, unless } from "./intervention";
import type { Played, Stage } from "./scenario-runner";
import { nextTurn } from "./bounded-wait";

export const stopByName: Kind = {
  name: "stop by name",
  async before(stage) {
    await stage.world.post(stage.moment.transport, "/api/stop", { runId: stage.runId });
    stage.send();
    return ({ session }) =>
      unless(session.runs[0]!.outcome === "stopped", "a stop before its run did not win");
  },
  async act(stage) {
    const late = stage.hasEnded;
    const answer = await stage.post<StopAnswer>("stop", { runId: stage.runId });
    return ({ session }) => [
      ...unless(!late || !answer.stopped, "a late stop was answered as a stop"),
      ...unless(
        !answer.stopped || answer.outcome === session.runs[0]!.outcome,
        "the stop was answered with another outcome than the run's",
      ),
      ...ifLate(late, session),
    ];
  },
};

const hangUp: Kind = {
  name: "hang-up",
  onDisconnect: "stop",
  async before(stage) {
    stage.onCreated(() => stage.hangUp());
    stage.send();
    return (seen) => isNext(stage, seen);
  },
  async act(stage) {
    const late = stage.hasEnded;
    stage.hangUp();
    return (seen) => [...isNext(stage, seen), ...ifLate(late, seen.session)];
  },
};

const shutdown: Kind = {
  name: "shutdown",
  async before(stage) {
    const closed = close(stage);
    stage.send();
    await closed;
    return () => [];
  },
  async act(stage) {
    const late = stage.hasEnded;
    await close(stage);
    return (seen) => [...isNext(stage, seen), ...ifLate(late, seen.session)];
  },
};

const crash: Kind = {
  name: "crash",
  async act(stage) {
    const late = stage.hasEnded;
    await stage.restart("crash");
    return ({ session }) => [
      ...unless(
        late || session.runs[0]!.stop?.by === "crash",
        "the crash is not the reason of its end",
      ),
      ...ifLate(late, session),
    ];
  },
};

/** The newest call that has not ended, a subagent's own too; or a name that nothing has. */
const skipCall = skip("skip a tool call", (session) => {
  const calls = callsOf(session).flatMap((call) => [
    call,
    ...(call.subagent ? callsOf({ messages: call.subagent.messages }) : []),
  ]);
  return { toolCallId: newestOpen(calls.filter(({ subagent }) => !subagent)) };
});

const skipSubagent = skip("skip a subagent", (session) => ({
  subagentId: newestOpen(callsOf(session).filter(({ subagent }) => subagent)),
}));

export const stopKinds: Kind[] = [stopByName, hangUp, shutdown, crash, skipCall, skipSubagent];

function skip(name: string, choose: (session: Session) => object): Kind {
  return {
    name,
    async act(stage) {
      const named = choose(stage.session!);
      const answer = await stage.post<StopAnswer>("stop", { runId: stage.runId, ...named });
      return (seen) => [
        ...allDone(seen),
        ...unless(!answer.stopped || answer.receipt === null, "a skip has the receipt of a stop"),
      ];
    },
  };
}

function callsOf({ messages }: Pick<Session, "messages">): ToolCallPart[] {
  return messages.flatMap(({ parts }) => parts.filter((part) => part.type === "tool-call"));
}

function newestOpen(calls: ToolCallPart[]): string {
  return calls.findLast(({ state }) => !isOutcome(state))?.id ?? "none";
}

async function close({ world, moment }: Stage): Promise<void> {
  if (moment.transport === "wire") await nextTurn();
  await world.close();
}

/** In its tick a stop is the next thing that happens, but for the messages that open a run. */
function isNext({ moment }: Stage, { events }: Played): string[] {
  const { at, transport } = moment;
  const lastWord = events.findLastIndex((event) => event.type === "message-end");
  if (transport === "wire" || at >= lastWord) return [];
  const next = events.slice(at + 1).find(({ type }) => !/^(run|message)-start$/.test(type));
  return unless(next?.type === "run-stopping", `the stop was followed by ${next?.type}`);
}
