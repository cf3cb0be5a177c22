/** All operations of the API by subject, in the order of the document. */
import { changeOperations } from "./change-operations";
import { chatOperations } from "./chat-operations";
import { controlOperations } from "./control-operations";
import { memoryOperations } from "./memory-operations";
import { mcpOperations } from "./mcp-operations";
import { projectOperations } from "./project-operations";
import { reviewOperations } from "./review-operations";
import { pushOperations } from "./push-operations";
import type { Operation, Subject } from "./operation";
import { fileOperations, processOperations } from "./process-operations";
import { peopleOperations, serverOperations, signInOperations } from "./server-operations";
import { sessionOperations } from "./session-operations";
import { scheduleOperations } from "./schedule-operations";
import { ruleOperations, settingOperations } from "./setting-operations";

export const subjects = [
  chatOperations,
  controlOperations,
  sessionOperations,
  changeOperations,
  reviewOperations,
  processOperations,
  fileOperations,
  settingOperations,
  ruleOperations,
  memoryOperations,
  scheduleOperations,
  projectOperations,
  mcpOperations,
  signInOperations,
  peopleOperations,
  pushOperations,
  serverOperations,
] as const satisfies readonly Subject[];

/** Of `POST /api/chat`: its method in small letters, its path as routes write it. */
export interface NamedOperation {
  name: string;
  method: string;
  path: string;
  subject: string;
  operation: Operation;
}

export const operations: NamedOperation[] = subjects.flatMap(({ title, operations }) =>
  Object.entries<Operation>(operations).map(([name, operation]) => {
    const [method = "", path = ""] = name.split(" ");
    return { name, method: method.toLowerCase(), path, subject: title, operation };
  }),
);
