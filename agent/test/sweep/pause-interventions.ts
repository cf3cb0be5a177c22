/** Pauses: taken up again, stopped, carried over to another server, and pressed in the moment of a stop. */
import type { PauseAnswer, StopAnswer } from "../../shared/protocol";
import { allDone, ifLate, type Kind, unless } from "./intervention";
import type { Stage } from "./scenario-runner";
import { until, within } from "./bounded-wait";

const plain = [false, true].map((cut): Kind => ({
  name: cut ? "pause with a cut, resume" : "pause, resume",
  async act(stage) {
    if (await pause(stage, cut)) await resume(stage);
    return allDone;
  },
}));

const pauseStop: Kind = {
  name: "pause, stop",
  async act(stage) {
    const isPaused = await pause(stage, false);
    const answer = await stage.post<StopAnswer>("stop", { runId: stage.runId });
    return ({ session }) => {
      const { outcome, stop } = session.runs[0]!;
      return isPaused
        ? unless(
            answer.stopped && outcome === "stopped" && stop?.point === "pause",
            `a paused run was stopped and ended ${outcome} at ${stop?.point}`,
          )
        : ifLate(true, session);
    };
  },
};

const restarts = (["close", "crash"] as const).map((how): Kind => ({
  name: `pause, ${how === "close" ? "restart" : "crash"}, resume`,
  async act(stage) {
    if (!(await pause(stage, true))) return allDone;
    await stage.restart(how);
    const { pause: kept } = stage.run;
    if (kept?.state === "paused") await resume(stage);
    return (seen) => [
      ...unless(kept?.state === "paused", "the pause did not outlive its server"),
      ...allDone(seen),
    ];
  },
}));

const together = [["pause", "stop"] as const, ["stop", "pause"] as const].map((acts): Kind => ({
  name: `two viewers at once: ${acts.join(" and ")}`,
  async act(stage) {
    const late = stage.hasEnded;
    const other = stage.follow();
    await Promise.all(acts.map((act) => stage.post(act, { runId: stage.runId })));
    return async ({ session }) => {
      const { outcome } = session.runs[0]!;
      const shows = until(() => other.session.seq === session.seq);
      const shown = await within("the second viewer shows the end", shows);
      other.hangUp();
      return [
        ...(typeof shown === "string" ? [shown] : []),
        ...unless(Bun.deepEquals(other.session, session), "two viewers show two sessions"),
        // It may have been done before the stop came.
        ...unless(outcome === "stopped" || outcome === "done", `it ended ${outcome}`),
        ...ifLate(late, session),
      ];
    };
  },
}));

export const pauseKinds: Kind[] = [...plain, pauseStop, ...restarts, ...together];

/** Whether it came to rest: it may have been done before, or with its last part. */
async function pause(stage: Stage, cut: boolean): Promise<boolean> {
  await stage.post<PauseAnswer>("pause", { runId: stage.runId, cut });
  await stage.until(() => stage.run.state === "settled" || stage.run.pause?.state === "paused");
  if (stage.run.state === "settled") return false;
  const sockets = stage.world.upstream.requests.map(({ ended }) => ended);
  const closed = await within("a paused run has no request open", Promise.all(sockets));
  if (typeof closed === "string") stage.faults.push(closed);
  return true;
}

async function resume(stage: Stage): Promise<void> {
  const answer = await stage.post<PauseAnswer>("resume", { runId: stage.runId });
  if (answer.held) stage.faults.push("it is held though it was resumed");
}
