/** The schemas of values that many answers have: times, counts, errors, usage, stops. */
import { z } from "zod";
import {
  type Costs,
  type ErrorInfo,
  mediaTypes,
  type FileRef,
  type JobLimitHit,
  type ModelOptions,
  type Outcome,
  type Proof,
  proofs,
  type Retry,
  type SessionEngine,
  type Stop,
  stopCauses,
  stopClients,
  type StopPoint,
  stopPoints,
  toolKinds,
  type ToolKind,
  type Usage,
} from "../protocol";
import { fileHash, modelOptionFields } from "../requests";
import { shape } from "./shape";

export const text = z.string();
export const count = z.number().nonnegative();
/** As far as a Date reaches. */
export const time = z.number().min(0).max(8.64e15).describe("Milliseconds since the epoch.");
export const milliseconds = count.describe("Milliseconds.");
export const yes = z.literal(true);

export const jobLimitHit = shape<JobLimitHit>(
  "JobLimitHit",
  "A limit of the machine that a job has reached.",
)(
  z.strictObject({
    limit: z.enum(["memory", "processes"]),
    of: z
      .enum(["job", "jobs", "machine"])
      .describe("Its own, that of all jobs together, or the machine has no more."),
    most: count.optional().describe("In bytes, or a number of processes."),
    ended: yes.optional().describe("All of the job ended; absent: a part of it, or nothing."),
  }),
);

export const outcome = shape<Outcome>(
  "Outcome",
  "How anything that was started ended.",
)(z.enum(["done", "failed", "stopped"]));

export const errorInfo = shape<ErrorInfo>(
  "ErrorInfo",
  "An error, with a message that a person can act on. The code is stable, the message is not.",
)(z.strictObject({ code: text, message: text }));

export const costs = shape<Costs>(
  "Costs",
  "US dollars for each kind of tokens.",
)(z.strictObject({ input: count, cacheRead: count, cacheWrite: count, output: count }));

export const usage = shape<Usage>(
  "Usage",
  "Tokens and money.",
)(
  z.strictObject({
    inputTokens: count.describe("All of the input, with what a cache was read for or written."),
    cacheReadTokens: count.optional(),
    cacheWriteTokens: count.optional(),
    outputTokens: count.describe("Reasoning included."),
    estimated: z.boolean(),
    costUsd: count.optional().describe("Absent when nothing is known."),
    costs: costs.optional(),
    unpricedTokens: count.optional().describe("Of models without a known price; not in costUsd."),
    lastAttempt: z.strictObject({ inputTokens: count, outputTokens: count }).optional(),
  }),
);

const stopFields = {
  by: z.enum([...stopCauses, "pause"]),
  from: z.enum([...stopClients, "server"]),
  user: text.optional().describe("Who asked for it, where the server has names for people."),
  askedAt: time,
};

export const stop = shape<Stop>(
  "Stop",
  "What stopped it, from where, and when.",
)(z.strictObject(stopFields));

const stopPoint = shape<StopPoint>(
  "StopPoint",
  "Where a run was when the stop came.",
)(z.enum(stopPoints));

export const stopOfRun = shape<Stop & { point: StopPoint }>(
  "RunStop",
  "What stopped a run, and where the run was.",
)(z.strictObject({ ...stopFields, point: stopPoint }));

export const proof = shape<Proof>(
  "Proof",
  "How sure it is that no process is left: proven by the kernel; every process that was found was seen dead; or not looked at.",
)(z.enum(proofs));

export const toolKind = shape<ToolKind>(
  "ToolKind",
  "What an engine’s tool does.",
)(z.enum(toolKinds));

export const retry = shape<Retry>(
  "Retry",
  "A failed model request that waits to be sent again.",
)(z.strictObject({ attempt: count, of: count, at: time, error: errorInfo }));

export const fileFields = {
  name: text,
  mediaType: z.enum(mediaTypes),
  bytes: count,
  hash: fileHash.describe("SHA-256 of the content, in hex: GET /api/files/{hash} has its bytes."),
  pages: count.optional().describe("Of a PDF, where they could be counted."),
  mention: text.optional().describe("What in the text has brought it, without the @."),
};

export const fileRef = shape<FileRef>(
  "FileRef",
  "A picture, a PDF or a text by what it holds.",
)(z.strictObject(fileFields));

export const modelOptions = shape<ModelOptions>(
  "ModelOptions",
  "What was chosen for the requests to a model. Absent: the service’s own default.",
)(modelOptionFields);

/** Of files besides text. */
export const takes = z.strictObject({
  images: z.boolean().optional(),
  pdfs: z.boolean().optional(),
});

export const sessionEngine = shape<SessionEngine>(
  "SessionEngine",
  "The engine that drives a session in the place of Rein’s own loop.",
)(
  z.strictObject({
    id: text,
    name: text.optional(),
    version: text.optional(),
    conversationId: text.optional(),
    toldRunId: text.optional(),
    toldInstructions: text.optional(),
    takes: takes.optional(),
  }),
);
