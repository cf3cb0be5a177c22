/** The routes of a directory's files, and of what has changed in them: read, reverted, accepted, committed. */
import { realpath } from "node:fs/promises";
import { join } from "node:path";
import { type Context, Hono } from "hono";
import {
  acceptRequest,
  commitQuery,
  commitRequest,
  draftRequest,
  reviewQuery,
  revertRequest,
  textQuery,
  treeQuery,
  unrevertRequest,
} from "../../../shared/requests";
import { defined } from "../../../shared/defined";
import { errorCode } from "../../../shared/error-code";
import { abortable } from "../../abort";
import { LookError } from "../../review/look-with-git";
import type { ReviewedSession } from "../../review/review";
import { ReviewError } from "../../review/review-error";
import { whyUnreadable } from "../../rules/why-unreadable";
import type { LiveSession } from "../../session/live-session";
import { UndoError } from "../../undo/undo-error";
import { body } from "../body";
import { httpError } from "../http-error";
import { findById } from "../request";
import type { Services } from "../services";
import { checkDirectory } from "../session-options";

/** A disk that does not answer holds a level or a text no longer than this. */
const maxReadMs = 5000;
/** A large repository takes its time. */
const maxReviewMs = 30_000;
/** Marks that a session keeps. */
const maxReviewed = 2000;

export function createReviewRoutes(services: Services): Hono {
  const { review, runs, sessions, rules, own, cwd: base } = services;
  const app = new Hono();

  /** A sentence where no mention would be given it either. */
  const whyHidden = (cwd: string, path: string, isSearch = false) =>
    whyUnreadable({ kind: "read", path: join(cwd, path), isSearch }, rules.of(cwd), cwd, own);

  const checkRead = (cwd: string, path: string, isSearch?: boolean) => {
    const why = whyHidden(cwd, path, isSearch);
    if (why !== undefined) throw httpError(404, "file", `This is not shown: ${why}`);
  };

  const reviewed = async (
    { session }: LiveSession,
    signal: AbortSignal,
  ): Promise<ReviewedSession> => {
    const cwd = await abortable(realpath(session.cwd), signal);
    const runIds = session.runs.map(({ id }) => id);
    return { id: session.id, cwd, runIds, isHidden: (path) => whyHidden(cwd, path) !== undefined };
  };

  app.get("/api/tree", async (c) => {
    const { cwd: named, path } = treeQuery.parse(c.req.query());
    const cwd = await checkDirectory(named ?? base, base);
    checkRead(cwd, path, true);
    return c.json(await answered(c, maxReadMs, (signal) => review.level(cwd, path, signal)));
  });

  app.get("/api/text", async (c) => {
    const { cwd: named, path } = textQuery.parse(c.req.query());
    const cwd = await checkDirectory(named ?? base, base);
    checkRead(cwd, path);
    return c.json(await answered(c, maxReadMs, (signal) => review.text(cwd, path, signal)));
  });

  app.get("/api/review", async (c) => {
    const { sessionId, of } = reviewQuery.parse(c.req.query());
    const live = findById(c, sessions, sessionId);
    return c.json(
      await answered(c, maxReviewMs, async (signal) =>
        review.read(of, await reviewed(live, signal), signal),
      ),
    );
  });

  app.post("/api/review/revert", async (c) => {
    const { sessionId, ...shown } = revertRequest.parse(await body(c));
    const live = findById(c, sessions, sessionId);
    return c.json(
      await answered(c, maxReviewMs, async (signal) => {
        const session = await reviewed(live, signal);
        const answer = await review.revert(session, shown, signal);
        sessions.listViewers.tell({ type: "files-changed", cwd: session.cwd });
        return answer;
      }),
    );
  });

  app.post("/api/review/undo", async (c) => {
    const { sessionId, undo } = unrevertRequest.parse(await body(c));
    findById(c, sessions, sessionId);
    return c.json(
      await answered(c, maxReviewMs, async (signal) => {
        const { cwd, path } = await review.takeBack(sessionId, undo, signal);
        sessions.listViewers.tell({ type: "files-changed", cwd });
        return { path };
      }),
    );
  });

  app.post("/api/review/accept", async (c) => {
    const { sessionId, ids, accepted } = acceptRequest.parse(await body(c));
    const live = findById(c, sessions, sessionId);
    const named = new Set(ids);
    const others = (live.session.reviewed ?? []).filter((id) => !named.has(id));
    const reviewed = accepted ? [...others, ...named].slice(-maxReviewed) : others;
    // What a person has looked at moves no session to the top of the list.
    live.emit({ type: "session-update", at: live.session.updatedAt, patch: { reviewed } });
    return c.json({ reviewed });
  });

  app.post("/api/review/commit", async (c) => {
    const { sessionId, ...requested } = commitRequest.parse(await body(c));
    const live = findById(c, sessions, sessionId);
    return c.json(
      await answered(c, maxReviewMs, async (signal) =>
        review.beginCommit(await reviewed(live, signal), requested, signal),
      ),
    );
  });

  app.get("/api/review/commit", (c) => {
    const { sessionId } = commitQuery.parse(c.req.query());
    findById(c, sessions, sessionId);
    return c.json(defined({ commit: review.commits.state(sessionId) }));
  });

  app.post("/api/review/commit/stop", async (c) => {
    const { sessionId } = commitQuery.parse(await body(c));
    findById(c, sessions, sessionId);
    return c.json(defined({ commit: await review.commits.stop(sessionId) }));
  });

  app.post("/api/review/message", async (c) => {
    const { sessionId, files } = draftRequest.parse(await body(c));
    const live = findById(c, sessions, sessionId);
    const readFiles = (own: AbortSignal) =>
      answered(c, maxReviewMs, async (either) => {
        const signal = AbortSignal.any([own, either]);
        return review.shownFiles(await reviewed(live, signal), files, signal);
      });
    return c.json(await runs.draftCommit(live, readFiles, c.req.raw.signal));
  });

  return app;
}

/** Turns what a review refuses, and a directory that cannot be read, into an HTTP error. */
async function answered<Answer>(
  c: Context,
  maxMs: number,
  work: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const late = AbortSignal.timeout(maxMs);
  try {
    return await work(AbortSignal.any([c.req.raw.signal, late]));
  } catch (error) {
    c.req.raw.signal.throwIfAborted();
    if (error instanceof ReviewError) throw httpError(error.status, error.code, error.message);
    if (error instanceof UndoError)
      throw httpError(error.status, error.code, error.message, error.run);
    if (late.aborted)
      throw httpError(400, "directory", "The directory could not be read in time. Try again.");
    if (error instanceof LookError)
      throw httpError(400, "directory", `Git cannot read the directory: ${error.message}`);
    if (errorCode(error) !== undefined)
      throw httpError(400, "directory", `The directory cannot be read (${errorCode(error)}).`);
    throw error;
  }
}
