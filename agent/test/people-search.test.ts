/** A person's server is theirs to change: what it answers to an admin's search breaks no search, and says nothing of others. */
import { expect, test } from "bun:test";
import { Hono } from "hono";
import type { SearchAnswer } from "../shared/protocol";
import type { Others } from "../server/http/cluster/ask-others";
import { answerError } from "../server/http/error-answer";
import { searchOfAll } from "../server/http/people/admins-lists";
import { PeopleLists } from "../server/http/people/people-lists";

const row = {
  title: "T",
  cwd: "/",
  provider: "p",
  model: "m",
  createdAt: 1,
  updatedAt: 1,
  state: "idle",
};
const message = {
  title: "T",
  cwd: "/",
  messageId: "m",
  runId: "r",
  role: "user",
  createdAt: 1,
  text: "walrus",
  marks: [[0, 6]],
};

/** What anna's server has found. */
const annas = {
  sessions: [{ ...row, id: "annas" }],
  messages: [{ ...message, sessionId: "annas" }],
  positions: [7],
};

/** The answer to an admin, where bob's server says this. */
async function search(ofBob: unknown): Promise<SearchAnswer> {
  const lists = new PeopleLists({ serving: [], onBegun() {}, onEnded() {} });
  lists.noteOwner("annas", "anna");
  const said: Record<string, unknown> = { anna: annas, bob: ofBob };
  const others: Others = {
    directory: { current: () => Promise.resolve([{ id: "anna" }, { id: "bob" }]) },
    calls: {
      call(node) {
        const body = JSON.stringify(said[node]);
        return Promise.resolve({ answer: { node, status: 200, headers: new Headers(), body } });
      },
    },
  };
  const app = new Hono();
  app.onError(answerError);
  app.get("/api/search", (c) => searchOfAll(c, others, lists, (id) => lists.ownerOf(id)));
  const answer = await app.request("/api/search?q=walrus");
  expect(answer.status).toBe(200);
  return (await answer.json()) as SearchAnswer;
}

const strange: [string, object][] = [
  ["finds that are nothing", { ...annas, messages: [null] }],
  ["rows that are nothing", { ...annas, sessions: [null] }],
  ["a text that is none", { ...annas, messages: [{ ...message, sessionId: "b", text: {} }] }],
  ["finds without places", { ...annas, positions: [] }],
  ["a problem that is no text", { ...annas, problem: {} }],
];

test.each(strange)(
  "a server that answers with %s is named, and the others' finds are shown",
  async (_, said) => {
    const { messages, sessions, unreached } = await search(said);
    expect(messages.map(({ sessionId }) => sessionId)).toEqual(["annas"]);
    expect(sessions).toMatchObject([{ id: "annas", user: "anna" }]);
    expect(unreached).toMatchObject([{ node: "bob" }]);
  },
);

test("finds in a session that is another's are not believed, and rows say whose server has them", async () => {
  const lie = {
    sessions: [
      { ...row, id: "annas", title: "A lie" },
      { ...row, id: "bobs", user: "anna" },
    ],
    messages: [
      { ...message, sessionId: "annas", text: "A lie" },
      { ...message, sessionId: "bobs" },
    ],
    positions: [9, 8],
  };
  const { messages, sessions } = await search(lie);
  expect(messages.map(({ text }) => text)).toEqual(["walrus", "walrus"]);
  expect(sessions.find(({ id }) => id === "bobs")).toMatchObject({ user: "bob" });
  expect(sessions.map(({ title }) => title)).toEqual(["T", "T"]);
});
