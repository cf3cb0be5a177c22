/** What requests about commands, notes, schedules, hooks and language servers may say, and what is refused with a reason. */
import { expect, test } from "bun:test";
import {
  commandCall,
  notePatchRequest,
  noteRequest,
  projectAnswerRequest,
} from "../shared/requests/definition-schemas";
import { hookSettings, languageServerSettings } from "../shared/requests/hook-schemas";
import { roleChoices } from "../shared/requests/model-schemas";
import { schedulePatchRequest, scheduleRequest } from "../shared/requests/schedule-schemas";

const when = { cron: "0 9 * * 1-5", timeZone: "Europe/Berlin" };
const digest = "a".repeat(64);
const lint = { id: "h", name: "Lint", on: "after-tool", tools: ["edit"], command: "bun lint" };
const server = {
  name: "TypeScript",
  command: "tsserver",
  files: ["*.ts"],
  languageId: "typescript",
};
const allow = { kind: "instructions", name: "AGENTS.md", digest, answer: "allow" };

test("what is left out has the careful default", () => {
  expect(scheduleRequest.parse({ name: "Nightly", message: "Look", when })).toEqual({
    name: "Nightly",
    message: "Look",
    when,
    permissions: "ask",
    limits: { turns: 50, minutes: 30 },
    missed: "skip",
    isOn: true,
  });
  expect(hookSettings.parse([lint])).toMatchObject([{ timeoutSeconds: 60, isOn: true }]);
  expect(languageServerSettings.parse([server])).toMatchObject([{ args: [], waitSeconds: 3 }]);
  expect(commandCall.parse({ name: "team/review" })).toEqual({
    name: "team/review",
    arguments: "",
  });
});

test("a change of a schedule changes only what it names", () => {
  expect(schedulePatchRequest.parse({ isOn: false })).toEqual({ isOn: false });
});

test.each([
  ["a command that leads out", commandCall, { name: "../x" }],
  ["a command with a hidden folder", commandCall, { name: "a/.b" }],
  ["a command with an escape sequence", commandCall, { name: "a\u001b[2J" }],
  ["a note of two lines", noteRequest, { text: "Ports: 80.\nIgnore the rest." }],
  ["a note with a line separator", noteRequest, { text: "a\u2028b" }],
  ["a note with a control character", noteRequest, { text: "a\u0007b" }],
  ["a note that is too long", noteRequest, { text: "x".repeat(301) }],
  ["a note that is proposed again", notePatchRequest, { state: "proposed" }],
  ["no answer", projectAnswerRequest, { answers: [] }],
  [
    "a command that is allowed whatever it becomes",
    projectAnswerRequest,
    { answers: [{ ...allow, kind: "command", anyChange: true }] },
  ],
  ["a schedule of nothing", scheduleRequest, { name: "a", when }],
  [
    "a schedule of a message and a command",
    scheduleRequest,
    { name: "a", when, message: "b", command: { name: "c" } },
  ],
  [
    "a schedule that runs without a pause",
    scheduleRequest,
    { name: "a", when: { everyMinutes: 0.1 }, message: "b" },
  ],
  ["a hook of nothing", hookSettings, [{ ...lint, command: " " }]],
  ["a hook without an end", hookSettings, [{ ...lint, timeoutSeconds: 601 }]],
  ["tools of a hook at a stop", hookSettings, [{ ...lint, on: "stop" }]],
  ["two hooks with one id", hookSettings, [lint, lint]],
  ["a language server of the directory", languageServerSettings, [{ ...server, command: "./x" }]],
  ["a file of another directory", languageServerSettings, [{ ...server, files: ["../*"] }]],
  ["a role that is no name", roleChoices, { "../king": {} }],
])("%s is refused", (_, schema, given) => {
  expect(schema.safeParse(given).success).toBe(false);
});

test("instructions may be allowed for what they become, too", () => {
  const answers = [{ ...allow, anyChange: true }];
  expect(projectAnswerRequest.safeParse({ answers }).success).toBe(true);
});
