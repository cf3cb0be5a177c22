/** Interventions by a pause: resumed, stopped, across a restart of the server, and together with a stop. */
import type { PauseAnswer, StopAnswer } from "../../shared/protocol";
import { allDone, unchangedIfLate, type Intervention, unless } from "./intervention";
import type { ScenarioRunner } from "./scenario-runner";
import { until, within } from "./bounded-wait";

const plain = [false, true].map((cut): Intervention => ({
  name: cut ? "pause with a cut, resume" : "pause, resume",
  async inject(runner) {
    if (await pause(runner, cut)) await resume(runner);
    return allDone;
  },
}));

const pauseStop: Intervention = {
  name: "pause, stop",
  async inject(runner) {
    const isPaused = await pause(runner, false);
    const answer = await runner.post<StopAnswer>("stop", { runId: runner.runId });
    return ({ session }) => {
      const { outcome, stop } = session.runs[0]!;
      return isPaused
        ? unless(
            answer.stopped && outcome === "stopped" && stop?.point === "pause",
            `a paused run was stopped and ended ${outcome} at ${stop?.point}`,
          )
        : unchangedIfLate(true, session);
    };
  },
};

const restarts = (["close", "crash"] as const).map((how): Intervention => ({
  name: `pause, ${how === "close" ? "restart" : "crash"}, resume`,
  endsServer: true,
  async inject(runner) {
    if (!(await pause(runner, true))) return allDone;
    await runner.restart(how);
    const { pause: kept } = runner.run;
    // An engine has ended with its server, in the middle of its turn.
    if (runner.point.scenario.engine)
      return ({ session }) =>
        unless(session.runs[0]!.outcome === "stopped", "a cut turn was not stopped");
    if (kept?.state === "paused") await resume(runner);
    return (seen) => [
      ...unless(kept?.state === "paused", "the pause did not survive the restart"),
      ...allDone(seen),
    ];
  },
}));

const together = [["pause", "stop"] as const, ["stop", "pause"] as const].map(
  (acts): Intervention => ({
    name: `two viewers at once: ${acts.join(" and ")}`,
    async inject(runner) {
      const late = runner.hasEnded;
      const other = runner.follow();
      await Promise.all(acts.map((act) => runner.post(act, { runId: runner.runId })));
      return async ({ session }) => {
        const { outcome } = session.runs[0]!;
        const shows = until(() => other.session.seq === session.seq);
        const shown = await within("the second viewer shows the end", shows);
        other.hangUp();
        return [
          ...(typeof shown === "string" ? [shown] : []),
          ...unless(Bun.deepEquals(other.session, session), "two viewers show two sessions"),
          // The run may have ended before the stop; a failure is a fault wherever the scenario has none.
          ...unless(outcome !== undefined, "it has not ended"),
          ...unchangedIfLate(late, session),
        ];
      };
    },
  }),
);

export const pauseInterventions: Intervention[] = [...plain, pauseStop, ...restarts, ...together];

/** Whether the run paused: it may have ended before, or with its last part. */
async function pause(runner: ScenarioRunner, cut: boolean): Promise<boolean> {
  await runner.post<PauseAnswer>("pause", { runId: runner.runId, cut });
  await runner.until(() => runner.run.state === "settled" || runner.run.pause?.state === "paused");
  if (runner.run.state === "settled") return false;
  const sockets = runner.fixture.upstream.requests.map(({ ended }) => ended);
  const closed = await within("a paused run has no request open", Promise.all(sockets));
  if (typeof closed === "string") runner.faults.push(closed);
  return true;
}

async function resume(runner: ScenarioRunner): Promise<void> {
  const answer = await runner.post<PauseAnswer>("resume", { runId: runner.runId });
  if (answer.held) runner.faults.push("the run is still held after a resume");
}
