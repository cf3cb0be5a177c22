/** Interventions by a stop: by name, by a closed connection, by shutdown and crash, of one call, of one subagent. */
import { isOutcome } from "../../shared/protocol";
import type { Session, StopAnswer, ToolCallPart } from "../../shared/protocol";
import { allDone, unchangedIfLate, type Intervention, unless } from "./intervention";
import type { Observation, ScenarioRunner } from "./scenario-runner";
import { nextTurn } from "./bounded-wait";

export const stopByName: Intervention = {
  name: "stop by name",
  async injectBefore(runner) {
    await runner.fixture.post(runner.point.transport, "/api/stop", { runId: runner.runId });
    runner.send();
    return ({ session }) =>
      unless(session.runs[0]!.outcome === "stopped", "a stop before its run did not win");
  },
  async inject(runner) {
    const late = runner.hasEnded;
    const answer = await runner.post<StopAnswer>("stop", { runId: runner.runId });
    return ({ session }) => [
      ...unless(!late || !answer.stopped, "a late stop was answered as a stop"),
      ...unless(
        !answer.stopped || answer.outcome === session.runs[0]!.outcome,
        "the stop was answered with another outcome than the run's",
      ),
      ...unless(
        !runner.point.scenario.engine || !answer.stopped || session.runs[0]!.stop !== undefined,
        "a stop of an engine was accepted and has done nothing",
      ),
      ...unchangedIfLate(late, session),
    ];
  },
};

/** As stop by name, in other ways. */
const otherStops = (
  [
    ["hard stop", (stop) => [stop({ hard: true })]],
    ["stop, then hard", (stop) => [stop({}), stop({ hard: true })]],
    ["stop twice", (stop) => [stop({}), stop({})]],
  ] as [string, (stop: (how: object) => Promise<StopAnswer>) => Promise<StopAnswer>[]][]
).map(([name, act]): Intervention => ({
  name,
  async inject(runner) {
    const late = runner.hasEnded;
    const runId = runner.runId;
    const answers = await Promise.all(
      act((how) => runner.post<StopAnswer>("stop", { runId, ...how })),
    );
    return ({ session }) => [
      ...unless(
        answers.every(({ stopped }) => !stopped || !late),
        "a late stop was answered as a stop",
      ),
      ...unless(
        answers.every((one) => !one.stopped || one.outcome === session.runs[0]!.outcome),
        "the stop was answered with another outcome than the run's",
      ),
      ...unchangedIfLate(late, session),
    ];
  },
}));

const stopEverything: Intervention = {
  name: "stop everything",
  async inject(runner) {
    const late = runner.hasEnded;
    const { fixture, point } = runner;
    const { answers } = await fixture.post<{ answers: StopAnswer[] }>(
      point.transport,
      "/api/stop",
      {},
    );
    return ({ session }) => [
      ...unless(
        !late || answers.every(({ stopped }) => !stopped),
        "a late stop of everything has stopped something",
      ),
      ...unchangedIfLate(late, session),
    ];
  },
};

const hangUp: Intervention = {
  name: "hang-up",
  onDisconnect: "stop",
  async injectBefore(runner) {
    runner.onCreated(() => runner.hangUp());
    runner.send();
    return (seen) => isNext(runner, seen);
  },
  async inject(runner) {
    const late = runner.hasEnded;
    runner.hangUp();
    return (seen) => [...isNext(runner, seen), ...unchangedIfLate(late, seen.session)];
  },
};

const shutdown: Intervention = {
  name: "shutdown",
  endsServer: true,
  async injectBefore(runner) {
    const closed = close(runner);
    runner.send();
    await closed;
    return () => [];
  },
  async inject(runner) {
    const late = runner.hasEnded;
    await close(runner);
    return (seen) => [...isNext(runner, seen), ...unchangedIfLate(late, seen.session)];
  },
};

const crash: Intervention = {
  name: "crash",
  endsServer: true,
  async inject(runner) {
    const late = runner.hasEnded;
    await runner.restart("crash");
    return ({ session }) => [
      ...unless(
        late || session.runs[0]!.stop?.by === "crash",
        "the crash is not the reason of its end",
      ),
      ...unchangedIfLate(late, session),
    ];
  },
};

/** What runs is stopped, and the session is as any other when it is back. */
const deletion: Intervention = {
  name: "delete, and take it back",
  async inject(runner) {
    const late = runner.hasEnded;
    const { fixture, point } = runner;
    const path = `/api/sessions/${runner.session!.id}`;
    // The deletion closes the streams of its session.
    runner.hangUp();
    const gone = await fixture.call(point.transport, `${path}?undo=1`, { method: "DELETE" });
    const hidden = await fixture.call(point.transport, path);
    const back = await fixture.call(point.transport, `${path}/restore`, { method: "POST" });
    return ({ session }) => [
      ...unless(
        gone.status === 200 && hidden.status === 404 && back.status === 200,
        `the deletion was answered ${gone.status}, ${hidden.status} and ${back.status}`,
      ),
      ...unless(
        session.deletedAt === undefined && session.runs.every(({ state }) => state === "settled"),
        "a session that was brought back has a run that is open",
      ),
      ...unchangedIfLate(late, session),
    ];
  },
};

/** Skips the newest call that has not ended, in subagents too; without one, an id that does not exist. */
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

export const stopInterventions: Intervention[] = [
  stopByName,
  ...otherStops,
  stopEverything,
  hangUp,
  shutdown,
  crash,
  deletion,
  skipCall,
  skipSubagent,
];

function skip(name: string, choose: (session: Session) => object): Intervention {
  return {
    name,
    async inject(runner) {
      const named = choose(runner.session!);
      const answer = await runner.post<StopAnswer>("stop", { runId: runner.runId, ...named });
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

async function close({ fixture, point }: ScenarioRunner): Promise<void> {
  if (point.transport !== "tick") await nextTurn();
  await fixture.close();
}

/** In the same tick nothing comes between the point and the stop, except the messages that open a run. */
function isNext({ point }: ScenarioRunner, { events }: Observation): string[] {
  const { at, transport } = point;
  const lastWord = events.findLastIndex((event) => event.type === "message-end");
  if (transport !== "tick" || at >= lastWord) return [];
  const next = events.slice(at + 1).find(({ type }) => !/^(run|message)-start$/.test(type));
  return unless(next?.type === "run-stopping", `the stop was followed by ${next?.type}`);
}
