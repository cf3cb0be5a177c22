import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

const services = ["billing", "search", "mail-relay", "reports", "sessions", "thumbnails"];

export const findFact: Task = {
  name: "find-fact",
  message: "Which port does the mail relay use on staging? Write the number alone into answer.txt.",
  files: Object.fromEntries(
    services.flatMap((service, index) =>
      ["production", "staging", "local"].map((place, at) => [
        `deploy/${place}/${service}.yaml`,
        `service: ${service}\nreplicas: ${3 - at}\nlisten:\n  host: 0.0.0.0\n  port: ${8100 + index * 10 + at}\n`,
      ]),
    ),
  ),
  check: async (directory) => directory.has("answer.txt", "8121", { trims: true }),
  script: [
    [toolCall("glob", { pattern: "**/mail-relay*" })],
    [toolCall("read", { path: "deploy/staging/mail-relay.yaml" })],
    [toolCall("write", { path: "answer.txt", content: "8121\n" })],
    [text("The mail relay listens on port 8121 on staging.")],
  ],
};
