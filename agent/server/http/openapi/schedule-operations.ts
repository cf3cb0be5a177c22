/** The operations of schedules. */
import { z } from "zod";
import { schedule, schedulesAnswer } from "../../../shared/answers/schedule-shapes";
import { schedulePatchRequest, scheduleRequest } from "../../../shared/requests";
import type { Subject } from "./operation";

const choices = [
  "cwd",
  "provider",
  "engine",
  "engine-missing",
  "engine-unusable",
  "options",
  "plan",
] as const;

export const scheduleOperations = {
  title: "Schedules",
  description:
    "Messages that are sent at a time, or again and again, while the server runs. Each begins a session of its own, in which nobody is asked: what would be asked is denied.",
  operations: {
    "GET /api/schedules": {
      id: "schedules",
      summary: "List the schedules",
      answer: schedulesAnswer,
    },
    "POST /api/schedules": {
      id: "addSchedule",
      summary: "Add a schedule",
      description: "It names a message or a command.",
      body: scheduleRequest,
      example: {
        name: "Nightly tests",
        message: "Run the tests, and say which fail.",
        when: { cron: "30 3 * * *", timeZone: "Europe/Berlin" },
        missed: "once",
      },
      answer: schedule,
      errors: [...choices, "schedule 400", "schedules-full"],
    },
    "PATCH /api/schedules/:id": {
      id: "changeSchedule",
      summary: "Change, pause or resume a schedule",
      description: "What is absent stays as it is. A run of it that has begun goes on.",
      body: schedulePatchRequest,
      example: { isOn: false },
      answer: schedule,
      errors: [...choices, "schedule"],
    },
    "DELETE /api/schedules/:id": {
      id: "removeSchedule",
      summary: "Remove a schedule",
      description: "A run of it that has begun goes on.",
      answer: z.strictObject({ removed: z.literal(true) }),
      errors: ["schedule 404"],
    },
    "POST /api/schedules/:id/run": {
      id: "runSchedule",
      summary: "Run a schedule now, besides its times",
      description: "Answered when the run has begun: `last` names it.",
      answer: schedule,
      errors: [
        ...choices,
        "model",
        "command",
        "size",
        "schedule 404",
        "run-active",
        "storage-full",
      ],
    },
  },
} as const satisfies Subject;
