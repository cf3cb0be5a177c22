/** The schemas of the server's settings, of sign-ins, of a directory, and of the changes of a run. */
import { z } from "zod";
import {
  type ChangesAnswer,
  type CommandsAnswer,
  type DirectoryFacts,
  type DirectoryFiles,
  type FileView,
  type Finding,
  findingStates,
  type JobLimitFacts,
  type Limits,
  type ApiKey,
  type MachineAnswer,
  type Me,
  type NewApiKey,
  type OidcBegun,
  type OneTimeToken,
  type Person,
  type PushAnswer,
  sandboxChoices,
  serverRoles,
  type SignIn,
  type SignInsAnswer,
  type SignInWays,
  type UndoAnswer,
} from "../protocol";
import { changes, fileChange, limitValues } from "./run-shapes";
import { sentence } from "./sentence-shape";
import { shape } from "./shape";
import { count, text, time, yes } from "./value-shapes";

export const limits = shape<Limits>(
  "Limits",
  "What runs may use.",
)(
  z.strictObject({
    run: limitValues,
    day: limitValues,
    atLimit: z.enum(["ask", "stop"]),
    stallMinutes: z.union([count, z.literal("never")]),
    retry: z.strictObject({ attempts: count, minutes: count }),
  }),
);

const limitChoice = z.union([z.enum(["auto", "none"]), count]);

const jobLimitFacts = shape<JobLimitFacts>(
  "JobLimits",
  "The limits of jobs on this machine.",
)(
  z.strictObject({
    enforced: z.strictObject({
      memory: z.boolean(),
      processes: z.boolean(),
      cpu: z.boolean(),
    }),
    lack: text.optional().describe("Why not all of them are enforced."),
    advice: text.optional().describe("What to do about that."),
    said: z
      .strictObject({ lack: sentence, advice: sentence.optional() })
      .optional()
      .describe("Both, to be translated."),
    each: z
      .strictObject({
        memoryBytes: count.optional(),
        processes: count.optional(),
        cpus: count.optional(),
      })
      .describe("Of the next job."),
    all: z
      .strictObject({ memoryBytes: count.optional(), processes: count.optional() })
      .optional()
      .describe("Of all jobs together."),
  }),
);

export const commandsAnswer = shape<CommandsAnswer>(
  "Commands",
  "How the commands of models are confined.",
)(
  z.strictObject({
    sandbox: z.enum(sandboxChoices),
    network: z.union([z.enum(["on", "off"]), z.array(text)]),
    environment: z.array(text),
    jobMemory: limitChoice.describe("What each job may use at most, in bytes."),
    jobProcesses: limitChoice,
    jobCpus: limitChoice,
    limits: jobLimitFacts,
    proof: z.enum(["supervisor", "supervisor and cgroup", "none"]),
    sandboxWorks: z.boolean(),
    noSandbox: text.optional(),
    noSandboxSaid: sentence.optional(),
    sandboxed: z.boolean(),
    withheld: z.array(text).describe("Variables that the server has and commands do not get."),
  }),
);

const finding = shape<Finding>(
  "Finding",
  "One thing that a machine allows or lacks.",
)(
  z.strictObject({
    about: text,
    state: z.enum(findingStates),
    words: text,
    advice: text.optional().describe("What to do."),
    said: z
      .strictObject({ words: sentence.optional(), advice: sentence.optional() })
      .optional()
      .describe("The same, to be translated."),
    command: text.optional().describe("The one command that does it."),
  }),
);

export const machineAnswer = shape<MachineAnswer>(
  "Machine",
  "What the machine of the server allows.",
)(z.strictObject({ findings: z.array(finding) }));

const signIn = shape<SignIn>(
  "SignIn",
  "A browser that is signed in.",
)(
  z.strictObject({
    id: text,
    host: text,
    browser: text,
    user: text.optional().describe("Whose it is, where people have names."),
    createdAt: time,
    usedAt: time,
  }),
);

export const apiKey = shape<ApiKey>(
  "ApiKey",
  "A key by which programs speak for a person.",
)(
  z.strictObject({
    id: text,
    name: text,
    user: text.optional().describe("Whose it is, where people have names."),
    createdAt: time,
    usedAt: time.optional().describe("To the minute; absent: never."),
  }),
);

export const newApiKey = shape<NewApiKey>(
  "NewApiKey",
  "A new key, which is shown this once.",
)(z.strictObject({ key: text, entry: apiKey }));

export const signInWays = shape<SignInWays>(
  "SignInWays",
  "How a browser can sign in here besides with a token.",
)(
  z.strictObject({
    proxied: text.optional().describe("Whom the proxy names."),
    oidc: text.optional().describe("The service that signs people in."),
  }),
);

export const oidcBegun = shape<OidcBegun>(
  "OidcBegun",
  "Where a person signs in, and what their browser keeps until it is back.",
)(z.strictObject({ url: text, secret: text }));

export const me = shape<Me>(
  "Me",
  "Who asks. Without a name: who has the server’s token, or the one person of a server without names.",
)(
  z.strictObject({
    name: text.optional(),
    role: z.enum(serverRoles),
    hasPeople: z.boolean().describe("Whether the server has names for people."),
    signInId: text.optional(),
  }),
);

export const person = shape<Person>(
  "Person",
  "Somebody that the server knows by name.",
)(
  z.strictObject({
    id: text,
    name: text,
    role: z.enum(serverRoles),
    isFixed: yes.optional().describe("The configuration says that they are an admin."),
    removedAt: time.optional().describe("Refused since then."),
    createdAt: time,
    seenAt: time.describe("To the day."),
    signIns: count.describe("The browsers that are signed in."),
    keys: count,
  }),
);

export const signInsAnswer = shape<SignInsAnswer>(
  "SignIns",
  "The browsers that are signed in.",
)(
  z.strictObject({
    signIns: z.array(signIn),
    currentId: text.optional().describe("The one that asks; absent for the script token."),
  }),
);

export const pushAnswer = shape<PushAnswer>(
  "Push",
  "Whether the server notifies this browser.",
)(
  z.strictObject({
    publicKey: text.describe("An uncompressed point of P-256 in base64url, for `subscribe`."),
    isOn: z.boolean(),
  }),
);

export const oneTimeToken = shape<OneTimeToken>(
  "OneTimeToken",
  "A token that signs one browser in.",
)(z.strictObject({ token: text, expiresAt: time }));

export const directoryFacts = shape<DirectoryFacts>(
  "DirectoryFacts",
  "What a directory holds.",
)(
  z.strictObject({
    isEmpty: z.boolean(),
    hasRepository: z.boolean(),
    hasTests: z.boolean(),
  }),
);

export const directoryFiles = shape<DirectoryFiles>(
  "DirectoryFiles",
  "Files and folders of a directory.",
)(
  z.strictObject({
    cwd: text,
    files: z.array(text).describe("Relative; a folder ends with a slash."),
    isPartial: z.literal(true).optional().describe("There are more files than are looked at."),
    isOld: z
      .literal(true)
      .optional()
      .describe(
        "They were listed before this request: with newest it waits until they are listed anew.",
      ),
  }),
);

const fileView = shape<FileView>(
  "FileView",
  "A file that a run changed, and its state now.",
)(
  fileChange.extend({
    diff: text.optional(),
    modes: z.strictObject({ before: text, after: text }).optional(),
    now: z.enum(["as-left", "changed-since", "as-wanted"]),
  }),
);

export const changesAnswer = shape<ChangesAnswer>(
  "RunChanges",
  "The changes of a run, file by file, and their state now.",
)(
  z.strictObject({
    changes,
    files: z.array(fileView),
    newer: z
      .array(z.strictObject({ sessionId: text, runId: text, at: time }))
      .describe("Runs that changed the same directory later, newest first."),
  }),
);

export const undoAnswer = shape<UndoAnswer>(
  "UndoAnswer",
  "The answer of an undo or a redo.",
)(
  z.strictObject({
    changes,
    restored: count,
    spared: z.array(text).describe("Files that were left as they are."),
  }),
);
