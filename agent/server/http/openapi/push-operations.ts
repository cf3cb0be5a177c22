/** The operations of push messages. */
import { z } from "zod";
import { pushAnswer } from "../../../shared/answers/setting-shapes";
import { pushRequest } from "../../../shared/requests";
import type { Subject } from "./operation";

export const pushOperations = {
  title: "Push messages",
  description:
    "A browser is told when a run ends or waits, by the push service of its maker, while none of its pages is open. The service " +
    "cannot read the message, which has the title of the session.",
  operations: {
    "GET /api/push": {
      id: "push",
      summary: "Read whether this browser is notified, and the key to subscribe with",
      answer: pushAnswer,
      errors: ["push"],
    },
    "POST /api/push": {
      id: "startPush",
      summary: "Have this browser notified",
      description:
        "Answers once its push service has taken a first message. It replaces what this browser has sent before, and ends with its sign-in.",
      body: pushRequest,
      example: {
        endpoint: "https://push.example.com/one",
        keys: { p256dh: `B${"A".repeat(86)}`, auth: "A".repeat(22) },
      },
      answer: pushAnswer,
      errors: ["push", "push-full", "push-failed"],
    },
    "DELETE /api/push": {
      id: "stopPush",
      summary: "End that",
      answer: z.strictObject({ removed: z.boolean() }),
      errors: ["push"],
    },
  },
} as const satisfies Subject;
