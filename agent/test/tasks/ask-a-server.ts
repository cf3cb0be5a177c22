import { firstFault } from "../task-runner/task-directory";
import type { Task } from "../task-runner/task";
import { text, toolCall } from "../upstream/upstream";

export const askAServer: Task = {
  name: "ask-a-server",
  message:
    "Start server.ts with bun, ask it for /report, write the body of its answer into report.txt, and end the server.",
  files: {
    "server.ts": `const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  fetch: (request) =>
    new URL(request.url).pathname === "/report"
      ? new Response("7 orders, " + 3 * 17 + " parts")
      : new Response("Not here", { status: 404 }),
});
await Bun.write("port.txt", String(server.port));
console.log("listening on", server.port);
`,
  },
  check: (directory) =>
    firstFault(() => directory.has("report.txt", "7 orders, 51 parts", { trims: true })),
  script: [
    [toolCall("read", { path: "server.ts" })],
    [
      toolCall("bash", {
        command: `bun server.ts & server=$!
until [ -s port.txt ]; do sleep 0.02; done
exec 3<>"/dev/tcp/127.0.0.1/$(cat port.txt)"
printf 'GET /report HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nConnection: close\\r\\n\\r\\n' >&3
tail -n 1 <&3 > report.txt
kill $server; rm port.txt; cat report.txt`,
      }),
    ],
    [text("The report is in report.txt, and the server has ended.")],
  ],
};
