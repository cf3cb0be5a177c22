/** Interventions by an upload to the session that has not ended. */
import type { StopAnswer } from "../../shared/protocol";
import { until, within } from "./bounded-wait";
import { type Intervention, unchangedIfLate, unless } from "./intervention";

/** The stop finds the upload with a part of its file on the disk. */
const stopUpload: Intervention = {
  name: "an unfinished upload, stop",
  async inject(runner) {
    const { fixture, point, session } = runner;
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const path = `/api/files?sessionId=${session!.id}`;
    const upload = fixture.call(point.transport, path, { method: "POST", body: readable });
    // It gives its body up when it is stopped.
    writer.write(Buffer.from("The first half")).catch(() => undefined);
    const isOpen = await within(
      "an upload is open",
      until(() => fixture.unfinishedUploads().length === 1),
    );
    const late = runner.hasEnded;
    const answer = await runner.post<StopAnswer>("stop", { runId: runner.runId });
    const left = fixture.unfinishedUploads();
    const { status } = await upload;
    await writer.abort().catch(() => undefined);
    return (seen) => [
      ...(typeof isOpen === "string" ? [isOpen] : []),
      ...unless(answer.uploads === 1, `the stop has cancelled ${answer.uploads} uploads`),
      ...unless(status === 409, `the stopped upload was answered with ${status}`),
      ...unless(left.length === 0, "a part of a stopped upload is left"),
      ...unless(!late || !answer.stopped, "a late stop was answered as a stop"),
      ...unchangedIfLate(late, seen.session),
    ];
  },
};

export const uploadInterventions: Intervention[] = [stopUpload];
