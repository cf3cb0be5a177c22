/** Stops that came before the messages of their runs: each such run starts stopped. */
import type { Asker, Stop } from "../../shared/protocol";
import { type Owned, roleIn } from "../../shared/session-roles";

/** More than this many of one person at once are a caller's mistake: the earliest of theirs is forgotten. */
const maxStops = 1000;

/** The session that something comes in. It may not exist yet. */
export interface ComingSession extends Owned {
  id: string;
}

/** What is read for a message before its run begins. */
export interface ComingRun extends Disposable {
  session: ComingSession;
  /** Undefined where the message is not sent yet. */
  runId: string | undefined;
  /** Who sends it. */
  user: string | undefined;
  /** Aborts when it is stopped. */
  signal: AbortSignal;
}

interface EarlyStop {
  stop: Stop;
  /** Whose it is; absent: it reaches every session. */
  asker: Asker | undefined;
}

export class EarlyStops {
  readonly #stops = new Map<string, EarlyStop>();
  readonly #coming = new Map<ComingRun, AbortController>();

  /**
   * Of what is read for a message, until it is disposed of: a stop of this run, of the session or of everything aborts it, and
   * the run begins stopped.
   */
  announce(
    session: ComingSession,
    { runId, user }: { runId?: string; user?: string | undefined } = {},
  ): ComingRun {
    const controller = new AbortController();
    const coming = {
      session,
      runId,
      user,
      signal: controller.signal,
      [Symbol.dispose]: () => void this.#coming.delete(coming),
    };
    this.#coming.set(coming, controller);
    return coming;
  }

  /** The session, which may not exist yet, when something is still read for a message of it. */
  comingIn(sessionId: string): ComingSession | undefined {
    return [...this.#coming.keys()].find(({ session }) => session.id === sessionId)?.session;
  }

  /** Stops what comes: of the one session and run, and of the sessions and messages of the one person, where they are named, and where this one may. Returns whether there were some. */
  stopComing(
    named: { sessionId?: string; runId?: string; person?: string },
    stop: Stop,
    asker?: Asker,
  ): boolean {
    const stopped = [...this.#coming].filter(
      ([{ session, runId, user }]) =>
        session.id === (named.sessionId ?? session.id) &&
        runId === (named.runId ?? runId) &&
        (named.person === undefined || [session.user, user].includes(named.person)) &&
        reaches(asker, session),
    );
    for (const [{ runId }, controller] of stopped)
      if (runId === undefined) controller.abort(stop);
      else this.add(runId, stop, asker);
    return stopped.length > 0;
  }

  /** `asker`: it reaches only what they may see. */
  add(runId: string, stop: Stop, asker?: Asker): void {
    const others = this.#stops.get(runId);
    // One that reaches fewer takes no other's place.
    if (others !== undefined && others.asker === undefined && asker !== undefined) return;
    const own = [...this.#stops].filter(([, one]) => one.asker?.name === asker?.name);
    if (own.length >= maxStops) this.#stops.delete(own[0]![0]);
    this.#stops.set(runId, { stop, asker });
    for (const [coming, controller] of this.#coming)
      if (coming.runId === runId && reaches(asker, coming.session)) controller.abort(stop);
  }

  get(runId: string, session: Owned): Stop | undefined {
    const found = this.#stops.get(runId);
    return found && reaches(found.asker, session) ? found.stop : undefined;
  }

  /** The run has come: its stop, if there was one, is forgotten here. */
  take(runId: string, session: Owned): Stop | undefined {
    const stop = this.get(runId, session);
    this.#stops.delete(runId);
    return stop;
  }
}

function reaches(asker: Asker | undefined, session: Owned): boolean {
  return asker === undefined || roleIn(asker, session, Date.now()) !== undefined;
}
