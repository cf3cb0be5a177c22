import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

const regions = ["eu-north", "eu-south", "us-east", "us-west"];
const config = (region: string) =>
  [
    `region = "${region}"`,
    "workers = 8",
    "queue = 1000",
    `cache_ttl = ${region === "us-east" ? 3600 : 360}`,
    "compression = true",
    "",
  ].join("\n");

export const findDifference: Task = {
  name: "find-difference",
  message:
    "One of the four files in regions differs from the others in more than its region. Write into answer.txt: the name of the file, a space, and the name of the setting.",
  files: Object.fromEntries(regions.map((region) => [`regions/${region}.toml`, config(region)])),
  check: async (directory) =>
    directory.has("answer.txt", "us-east.toml cache_ttl", { trims: true }),
  script: [
    regions.map((region) => toolCall("read", { path: `regions/${region}.toml` })),
    [toolCall("write", { path: "answer.txt", content: "us-east.toml cache_ttl\n" })],
    [text("us-east.toml keeps its cache ten times as long.")],
  ],
};
