/** The schemas of hooks, as the settings have them and as they ran, and of language servers. */
import { z } from "zod";
import {
  type Hook,
  type HookEvent,
  hookEvents,
  type HookRecord,
  type LanguageServer,
} from "../protocol";
import { hookSettings, languageServerSettings } from "../requests";
import { shape } from "./shape";
import { outcome, text, time } from "./value-shapes";

export const hookEvent = shape<HookEvent>(
  "HookEvent",
  "When a hook runs: around a tool, at a stop, or at the end of a run.",
)(z.enum(hookEvents));

export const hookRecord = shape<HookRecord>(
  "HookRecord",
  "One run of a hook.",
)(
  z.strictObject({
    id: text,
    name: text,
    on: hookEvent,
    startedAt: time,
    endedAt: time.optional().describe("Absent while it runs."),
    outcome: outcome.optional(),
    exitCode: z.number().optional(),
    words: text.optional().describe("What it said to people, shortened."),
  }),
);

export const hooks = shape<Hook[]>("Hooks", "The hooks of the settings.")(hookSettings);

export const languageServers = shape<LanguageServer[]>(
  "LanguageServers",
  "The language servers of the settings.",
)(languageServerSettings);
