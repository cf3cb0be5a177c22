/** The operations of background processes, and of attached files. */
import { z } from "zod";
import { endedProcess, survivor } from "../../../shared/answers/receipt-shapes";
import {
  backgroundProcess,
  processLook,
  processOutput,
} from "../../../shared/answers/session-shapes";
import { fileFields, proof } from "../../../shared/answers/value-shapes";
import { processOutputQuery, processPatchRequest, uploadQuery } from "../../../shared/requests";
import { mediaTypes } from "../../../shared/protocol";
import type { Subject } from "./operation";

const { name: _name, mention: _mention, ...storedFields } = fileFields;

export const processOperations = {
  title: "Background processes",
  description: "Processes that outlive the call that started them.",
  operations: {
    "GET /api/sessions/:id/processes": {
      id: "processes",
      summary: "List the running jobs of a session",
      answer: z.strictObject({ processes: z.array(processLook) }),
    },
    "GET /api/sessions/:id/processes/:processId/output": {
      id: "processOutput",
      summary: "Read the output of a background process",
      query: processOutputQuery,
      answer: processOutput,
      errors: ["process"],
    },
    "GET /api/sessions/:id/outputs/:callId": {
      id: "callOutput",
      summary: "Read the whole output of a tool call",
      description: "As text, 20 MB at most: of a long one, the conversation has only its two ends.",
      raw: ["text/plain"],
      errors: ["output"],
    },
    "PATCH /api/sessions/:id/processes/:processId": {
      id: "pinProcess",
      summary: "Pin a background process, so that a stop of its run leaves it running",
      body: processPatchRequest,
      example: { pinned: true },
      answer: z.strictObject({ process: backgroundProcess }),
      errors: ["process"],
    },
    "POST /api/sessions/:id/processes/:processId/stop": {
      id: "stopProcess",
      summary: "Stop a background process",
      namesClient: true,
      answer: z.strictObject({
        ended: z.array(endedProcess),
        survivors: z.array(survivor),
        proof,
      }),
      errors: ["process"],
    },
  },
} as const satisfies Subject;

export const fileOperations = {
  title: "Files",
  description:
    "Pictures, PDFs and texts that messages bring. They are found by the SHA-256 of their content.",
  operations: {
    "POST /api/files": {
      id: "upload",
      summary: "Store a file",
      description:
        "The raw bytes of a picture, a PDF or UTF-8 text, 50 MB at most. A message then names it by its hash. " +
        "A stop of the session named, which may not exist yet, cancels it, and nothing of it stays.",
      query: uploadQuery,
      body: "bytes",
      answer: z.strictObject(storedFields),
      errors: ["input", "size", "type", "slow", "upload-stopped", "uploads-full", "storage"],
    },
    "GET /api/files/:hash": {
      id: "file",
      summary: "Read a file",
      description:
        "`sessionId` says which session names it: where each person has a server of their own, one in another person’s session is found by it alone.",
      query: uploadQuery,
      raw: mediaTypes,
      errors: ["input", "file 404"],
    },
    "DELETE /api/files/:hash": {
      id: "removeFile",
      summary: "Remove a file that no session names",
      answer: z.strictObject({ ok: z.literal(true) }),
      errors: ["input"],
    },
  },
} as const satisfies Subject;
