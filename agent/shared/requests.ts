/** The schemas of every request body and query that the server accepts, and their types. */
import { z } from "zod";
import { defined } from "./defined";
import { efforts, sandboxChoices, stopCauses, stopPoints } from "./protocol";
import { maxRuleCharacters } from "./rules";
import { maxFiles } from "./taken-files";

const id = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, "expected an id: letters, digits, - and _");
/** Of a provider or a model. */
const name = z.string().min(1).max(200);
/** As long as Linux takes one. */
const path = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => !text.includes("\0"), "expected a path without a NUL");
const permissions = z.enum(["ask", "edits", "all"]);

/** Of an attached file. */
const fileName = z
  .string()
  .max(255)
  .transform(
    (text) =>
      text
        .toWellFormed()
        .replaceAll(/[\p{C}/\\]/gu, "_")
        .trim() || "file",
  );
export const fileHash = z.string().regex(/^[0-9a-f]{64}$/, "expected a SHA-256 in hex");
const files = z.array(z.strictObject({ hash: fileHash, name: fileName })).max(maxFiles);

const message = z.string().trim().min(1, "expected some text").max(1_000_000);

export const modelOptions = z
  .strictObject({
    effort: z.enum(efforts).optional(),
    temperature: z.number().min(0).max(2).optional(),
    /** The smallest that every service takes. */
    maxOutputTokens: z.int().min(16).max(10_000_000).optional(),
    serviceTier: z
      .string()
      .regex(/^[\w-]{1,40}$/, "expected a service tier: letters, digits, - and _")
      .optional(),
  })
  .transform(defined);

const roleChoice = z
  .strictObject({
    provider: name.optional(),
    model: name.optional(),
    options: modelOptions.optional(),
  })
  .refine((one) => one.model === undefined || one.provider !== undefined, {
    message: "expected a provider beside the model",
  })
  .transform(defined);

/** By the role of a subagent; an empty choice means the session's own. */
export const roleChoices = z
  .strictObject({
    simple: roleChoice.optional(),
    complex: roleChoice.optional(),
    researcher: roleChoice.optional(),
  })
  .transform(defined);

const limitValues = z.strictObject({
  turns: z.int().positive().optional(),
  minutes: z.number().positive().optional(),
  tokens: z.int().positive().optional(),
  usd: z.number().positive().optional(),
});

export const limitsRequest = z.strictObject({
  run: limitValues.default({}),
  day: limitValues.default({}),
  atLimit: z.enum(["ask", "stop"]).default("ask"),
  stallMinutes: z.union([z.number().positive(), z.literal("never")]).default(5),
  /** Long enough for an overload of a quarter of an hour. */
  retry: z
    .strictObject({
      attempts: z.int().positive().max(1000).default(30),
      minutes: z.number().nonnegative().default(20),
    })
    .prefault({}),
});

export const chatRequest = z
  .strictObject({
    /** With `retryOf` it may be left out: then the message of that run is sent again. */
    message: message.optional(),
    /** As `POST /api/files` has stored them. With `retryOf`, and left out: those of that run. */
    files: files.optional(),
    /** The session's last run, to be tried again: the model no longer sees it. */
    retryOf: id.optional(),
    sessionId: id.optional(),
    /** An id for the run chosen by the caller, so that it can be stopped before its first event arrives. */
    runId: id.optional(),
    cwd: path.optional(),
    provider: name.optional(),
    model: name.optional(),
    permissions: permissions.optional(),
    options: modelOptions.optional(),
    /** The last event id the caller has seen of this session: what came after it is sent first. */
    after: z.number().int().nonnegative().optional(),
    /** If the session is running: stop that run first, and start this one in the tick in which it has settled. */
    interrupt: z.boolean().default(false),
    /** Of this run, in the place of the server's own. */
    limits: limitValues.optional(),
    onDisconnect: z.enum(["stop", "continue"]).default("stop"),
  })
  .refine(
    (one) =>
      one.retryOf ? one.sessionId !== undefined : one.message !== undefined || one.files?.length,
    { message: "expected a message, files, or a sessionId with retryOf" },
  );

/** The one-time token of a printed address, or the script token. */
export const signInRequest = z.strictObject({ token: z.string().min(1).max(1000) });

/** Of `GET /api/sessions/:id/messages`: at most `limit` messages before the named one. */
export const messagesQuery = z.strictObject({
  before: id,
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});

/** Nothing named: the running run. */
export const sessionStopRequest = z.strictObject({
  runId: id.optional(),
  subagentId: id.optional(),
  toolCallId: id.optional(),
  /** Processes get no time to clean up; a polite stop under way is cut short. */
  hard: z.boolean().optional(),
});

/** Nothing named: everything on this server. A run that has not been accepted yet is refused when it comes. */
export const stopRequest = z.strictObject({ runId: id.optional() });

export const pauseRequest = z.strictObject({
  runId: id.optional(),
  /** Cut the part that the model is writing instead of waiting for it. */
  cut: z.boolean().default(false),
});

export const resumeRequest = z.strictObject({
  runId: id.optional(),
  /** At a limit: how much more the run may use; by default as much again. */
  by: z.number().positive().optional(),
});

/** Model requests that wait are sent anew. */
export const askAgainRequest = z.strictObject({ runId: id.optional() });

/** "run": sent once the run is done. "turn": added before its next turn. When nothing runs: sent at once. */
const waitsFor = z.enum(["run", "turn"]);

export const queueRequest = z
  .strictObject({
    message: message.optional(),
    files: files.default([]),
    waitsFor: waitsFor.default("run"),
  })
  .refine((one) => one.message !== undefined || one.files.length > 0, {
    message: "expected a message or files",
  });

export const queuedPatchRequest = z.strictObject({
  message: message.optional(),
  waitsFor: waitsFor.optional(),
  /** Its new place, from 0. */
  position: z.number().int().nonnegative().optional(),
});

export const sessionPatchRequest = z.strictObject({
  title: z.string().trim().min(1).max(200).optional(),
  cwd: path.optional(),
  provider: name.optional(),
  model: name.optional(),
  permissions: permissions.optional(),
  /** All of them: what is absent is left to the service. */
  options: modelOptions.optional(),
});

const digest = fileHash;

/** Only what rules may hold: a path is normal, and no text is longer than Rein stores. */
const rulePath = z
  .string()
  .min(1)
  .max(4096)
  .regex(
    /^(?!.*(^|\/)\.\.(\/|$))(\/|\.|\/?[^/\0]+(\/[^/\0]+)*)$/s,
    "expected a path without .. and //",
  );

export const rule = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("command"),
    match: z.enum(["exact", "prefix"]),
    command: z.string().min(1).max(maxRuleCharacters),
    directory: rulePath.optional(),
    state: digest.optional(),
  }),
  z.strictObject({
    kind: z.enum(["read", "edit"]),
    match: z.enum(["file", "directory"]),
    path: rulePath,
  }),
]);

const storedId = z.string().min(1).max(64);

export const allowedRule = z.strictObject({ id: storedId, rule, createdAt: z.number() });

const ruleEffect = z.enum(["allow", "ask", "deny"]);

export const projectRule = allowedRule.extend({ effect: ruleEffect });

/** Of `GET /api/models`: a model that no list may have, to be told what is known of it. */
export const modelsQuery = z.strictObject({ provider: name.optional(), model: name.optional() });

/** Of `GET /api/rules` and `DELETE /api/rules/:id`: the project's directory; by default the server's. */
export const rulesQuery = z.strictObject({ cwd: z.string().min(1).max(4096).optional() });

/** A rule to keep for a project. An allowance of commands by prefix is refused for programs that run their arguments. */
export const ruleRequest = z.strictObject({
  cwd: z.string().min(1).max(4096).optional(),
  effect: ruleEffect,
  rule,
});

/** `digest`: of the approval as it was shown. `rule`: the index in its `always`. */
export const approvalRequest = z.discriminatedUnion("decision", [
  z.strictObject({ decision: z.literal("once"), digest }),
  z.strictObject({
    decision: z.enum(["session", "project"]),
    digest,
    rule: z.int().nonnegative(),
  }),
  z.strictObject({ decision: z.literal("deny"), message: z.string().max(10_000).optional() }),
]);

/** For an undo, and for a redo. Paths as the changes name them. */
export const undoRequest = z.strictObject({
  /** Files that something else has changed since: restored nevertheless. */
  overwrite: z.array(z.string()).max(100_000).default([]),
  /** Files to leave as they are. */
  spare: z.array(z.string()).max(100_000).default([]),
  /** Go on though later runs have changed this directory too. */
  evenIfNotNewest: z.boolean().default(false),
});

/** Of `GET /api/stops`; all must hold. */
export const stopsQuery = z.strictObject({
  by: z.enum(stopCauses).optional(),
  point: z.enum(stopPoints).optional(),
  /** Milliseconds since the epoch. */
  since: z.coerce.number().int().nonnegative().optional(),
  survivors: z.literal("only").optional(),
  format: z.enum(["json", "csv"]).default("json"),
});

export const processPatchRequest = z.strictObject({ pinned: z.boolean() });

/** How many characters of the output the caller has seen. */
export const processOutputQuery = z.strictObject({
  after: z.coerce.number().int().nonnegative().default(0),
});

/** US dollars for a million tokens. */
const usd = z.number().min(0).max(1e6);

/** What a person knows of a model: its price, its window, or both. */
const ownFacts = z.strictObject({
  price: z
    .strictObject({
      input: usd,
      cacheRead: usd.optional(),
      cacheWrite: usd.optional(),
      output: usd,
    })
    .optional(),
  contextTokens: z.int().positive().max(1e9).optional(),
});

/** By provider, then by model. */
export const ownModels = z.record(name, z.record(name, ownFacts));

/** `null` removes a value; absent leaves it as it is. */
export const settingsRequest = z.strictObject({
  provider: name.nullable().optional(),
  model: name.nullable().optional(),
  models: z
    .record(
      name,
      z.record(
        name,
        ownFacts
          .refine((facts) => Object.keys(defined(facts)).length > 0, {
            message: "expected a price, a window, or both",
          })
          .nullable(),
      ),
    )
    .optional(),
  options: modelOptions.optional(),
  /** Each that is named is replaced. */
  roles: roleChoices.optional(),
  providers: z
    .record(
      z.string(),
      z.strictObject({
        apiKey: z.string().trim().min(1).max(10_000).nullable().optional(),
        /** As people paste it; the server says what is wrong with it. */
        baseUrl: z.string().trim().min(1).max(2000).nullable().optional(),
      }),
    )
    .optional(),
});

/** Absent leaves a value as it is. The server checks each domain and name as it checks those of its options. */
export const commandsRequest = z.strictObject({
  sandbox: z.enum(sandboxChoices).optional(),
  network: z.union([z.enum(["on", "off"]), z.array(z.string()).max(1000)]).optional(),
  environment: z.array(z.string()).max(1000).optional(),
});

export type RuleRequest = z.input<typeof ruleRequest>;
export type ChatRequest = z.input<typeof chatRequest>;
export type SessionStopRequest = z.infer<typeof sessionStopRequest>;
export type PauseRequest = z.input<typeof pauseRequest>;
export type LimitsRequest = z.input<typeof limitsRequest>;
export type ResumeRequest = z.input<typeof resumeRequest>;
export type QueueRequest = z.input<typeof queueRequest>;
export type QueuedPatchRequest = z.infer<typeof queuedPatchRequest>;
export type SessionPatchRequest = z.input<typeof sessionPatchRequest>;
export type CommandsRequest = z.infer<typeof commandsRequest>;
export type SettingsRequest = z.input<typeof settingsRequest>;
export type UndoRequest = z.input<typeof undoRequest>;
