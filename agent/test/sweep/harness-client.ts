/** A client of the model harness: its session as the events say, its chat, and a viewer that comes and goes. */
import { apply } from "../../shared/apply";
import type { Session, SessionEvent } from "../../shared/protocol";
import { Chat } from "../rein";
import { violationsOf } from "./invariants";
import type { ServerFixture } from "./server-fixture";

export class HarnessClient {
  /** The fold of every event since its server started. */
  session: Session | undefined;
  chat: Chat | undefined;
  viewer: Chat | undefined;
  /** The viewer's connection is closed: it can only resume. */
  isCut = false;
  readonly faults: string[] = [];
  /** The last event that the viewer had seen when it connected. */
  #after: number | undefined;
  /** How many run-stopping and run-end events each run has had. */
  readonly #stops = new Map<string, number>();
  readonly #ends = new Map<string, number>();

  receive(event: SessionEvent): void {
    if (event.type === "run-end") count(this.#ends, event.runId);
    if (event.type === "run-stopping") count(this.#stops, event.runId);
    apply(this.session!, structuredClone(event));
    const violations = violationsOf(this.session!);
    this.faults.push(...violations.map((fault) => `${fault}, after ${event.type}`));
  }

  /** A new server has the session as it was on disk, or not at all. */
  restart(found: Session | undefined): void {
    this.#ends.clear();
    this.#stops.clear();
    this.isCut = true;
    if (this.session === undefined) return;
    if (found === undefined) this.faults.push("a crash has lost a session");
    if (found?.runs.some(({ state, pause }) => state !== "settled" && pause?.state !== "paused"))
      this.faults.push("a run that was not paused is open after the crash");
    this.session = found && structuredClone(found);
  }

  /** Opens a viewer: with `resume` from the last event that the one before has seen, else from a snapshot. */
  reload(fixture: ServerFixture, resume: boolean): void {
    if (this.session === undefined) return;
    const { id } = this.session;
    const seen = resume ? this.viewer?.session : undefined;
    this.leave();
    const after = seen === undefined ? "" : `?after=${seen.seq}`;
    const viewer = new Chat((signal) =>
      fixture.call("wire", `/api/sessions/${id}/events${after}`, { signal }),
    );
    if (seen) Object.assign(viewer.session, structuredClone(seen));
    this.viewer = viewer;
    this.#after = seen?.seq;
    this.isCut = false;
  }

  /** Closes the viewer. Its events had no gap and no repetition. */
  leave(): void {
    const { viewer } = this;
    if (viewer === undefined) return;
    viewer.hangUp();
    this.isCut = true;
    const seen = viewer.events.map(({ seq }) => seq);
    const first = viewer.events[0]?.type === "snapshot" ? seen[0]! : (this.#after ?? 0) + 1;
    if (seen.some((seq, index) => seq !== first + index))
      this.faults.push(`a viewer that had seen ${this.#after} was sent ${seen.join(" ")}`);
  }

  /** Every run ended once, and was stopping at most once. */
  checkRuns(session: Session): void {
    for (const [run, times] of this.#ends)
      if (times !== 1) this.faults.push(`run ${run} ended ${times} times`);
    for (const [run, times] of this.#stops)
      if (times !== 1) this.faults.push(`run ${run} was stopping ${times} times`);
    if (session.runs.some(({ state }) => state !== "settled")) this.faults.push("a run is open");
  }
}

function count(counts: Map<string, number>, id: string): void {
  counts.set(id, (counts.get(id) ?? 0) + 1);
}
