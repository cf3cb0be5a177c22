/** Walks the table of roles: each route has one, and does for nobody what it does not say. */
import { expect, test } from "bun:test";
import { z } from "zod";
import { operations, type NamedOperation } from "../server/http/openapi/subjects";
import { type RouteName, routeRoles } from "../server/http/route-roles";
import { apiScene } from "./api-scene";
import { model, visitor, type Visitor, withPeople } from "./people-scene";
import { text, toolCall } from "./upstream/upstream";

const { rein, upstream } = apiScene({ environment: withPeople });

const bodyless = new Set(["get", "delete"]);
/** Fields that a request needs besides those of its example. */
const queries: Record<string, object> = {
  earlier: { before: "m" },
  branchFiles: { since: "r" },
  prompts: {},
  review: { of: "session" },
};
const bodies: Record<string, object> = {
  chat: { message: "Read it to me", ...model },
  importSession: {},
};

interface Ids {
  session: string;
  run: string;
  message: string;
  call: string;
  approval: string;
  file: string;
}

const unknown: Ids = {
  session: "no-such-session",
  run: "no-such-run",
  message: "no-such-message",
  call: "no-such-call",
  approval: "no-such-approval",
  file: "0".repeat(64),
};

test("every route has a role, and the table has no other", () => {
  expect(Object.keys(routeRoles).toSorted()).toEqual(operations.map(({ name }) => name).toSorted());
});

test("an admin route is refused to a member, whatever they send", async () => {
  const bob = visitor(rein, { name: "bob" });
  const answers = await each("admin", (one) => ask(bob, one, unknown));
  expect(answers.length).toBeGreaterThan(25);
  for (const [name, answer] of answers)
    expect([name, answer]).toEqual([name, expect.stringMatching(/^403 (role|This is for admins)/)]);
});

test("another person's session is to each route as one that does not exist", async () => {
  const ids = await waitingSession();
  const bob = visitor(rein, { name: "bob" });
  const before = await session(ids);
  for (const role of ["session watch", "session steer", "session admin"] as const) {
    const known = await each(role, (one) => ask(bob, one, ids));
    const none = await each(role, (one) => ask(bob, one, unknown));
    expect(known.length).toBeGreaterThan(0);
    // Of a session that does not exist a file may be uploaded: it is to come.
    const expected = none.map(([name, answer]) =>
      name === "POST /api/files" ? [name, "404 session"] : [name, answer],
    );
    expect(known).toEqual(expected as typeof known);
    // None of them was refused before it looked.
    const unread = known.filter(([, answer]) => /input|json|size/.test(answer));
    expect(unread).toEqual([]);
  }
  // Nothing of it has happened.
  expect(await session(ids)).toEqual(before);
  await visitor(rein, { name: "anna" }).sdk.stopSession(ids.session, {}, never());
});

test("its owner is refused none of them for a lack of rights, nor is an admin", async () => {
  const ids = await waitingSession();
  for (const name of ["anna", "olga"]) {
    const asker = visitor(rein, { name });
    const answers = await each("session watch", async (one) =>
      one.method === "get" ? ask(asker, one, ids) : "200",
    );
    for (const [route, answer] of answers)
      expect([name, route, /^(403|404 session)/.test(answer)]).toEqual([name, route, false]);
  }
  await visitor(rein, { name: "olga" }).sdk.stopSession(ids.session, {}, never());
});

/** A session of anna's whose run waits for an approval, with a file that its message names. */
async function waitingSession(): Promise<Ids> {
  const anna = visitor(rein, { name: "anna" });
  upstream.script([toolCall("bash", { command: "touch seen" })], [text("Done.")]);
  const upload = await anna.fetch("/api/files", { method: "POST", body: "a secret of anna's" });
  const { hash } = (await upload.json()) as { hash: string };
  const chat = anna.chat({ files: [{ hash, name: "secret.txt" }] });
  const asked = await chat.until(({ type }) => type === "approval-request");
  if (asked.type !== "approval-request") throw new Error("expected an approval");
  chat.hangUp();
  return {
    session: chat.sessionId,
    run: chat.runId,
    message: asked.messageId,
    call: asked.partId,
    approval: asked.approval.id,
    file: hash,
  };
}

async function session({ session: id }: Ids) {
  const whole = await visitor(rein, { name: "olga" }).session(id);
  return whole;
}

async function each(
  role: (typeof routeRoles)[RouteName],
  act: (one: NamedOperation) => Promise<string>,
): Promise<[string, string][]> {
  const answers: [string, string][] = [];
  for (const one of operations)
    if (routeRoles[one.name as RouteName] === role) answers.push([one.name, await act(one)]);
  return answers;
}

/** The status, and the code of the error. */
async function ask(by: Visitor, { method, path, operation }: NamedOperation, ids: Ids) {
  const filled = path
    .replace(/\/(sessions|chat)\/:id/, `/$1/${ids.session}`)
    .replace("approvals/:id", `approvals/${ids.approval}`)
    .replace(":runId", ids.run)
    .replace(":messageId", ids.message)
    .replace(":callId", ids.call)
    .replace(":hash", ids.file)
    .replaceAll(/:\w+/g, "x");
  const query = operation.query?.shape ?? {};
  const named = new URLSearchParams({
    ...("sessionId" in query && { sessionId: ids.session }),
    ...(queries[operation.id] as Record<string, string>),
  });
  const init: RequestInit = { method: method.toUpperCase() };
  if (!bodyless.has(method)) init.body = bodyOf(operation, ids);
  return by.refusal(`${filled}?${named}`, init);
}

function bodyOf(operation: NamedOperation["operation"], ids: Ids): string {
  const { body, example, id } = operation;
  if (body === "bytes") return "some text";
  const fields = JSON.stringify({ ...example, ...bodies[id] });
  const known = body instanceof z.ZodObject ? Object.keys(body.shape) : [];
  const takesSession = known.includes("sessionId") || id === "chat" || id === "openChat";
  return JSON.stringify({
    ...(JSON.parse(fields) as object),
    ...(takesSession && { sessionId: ids.session }),
  });
}

function never(): AbortSignal {
  return new AbortController().signal;
}
