/**
 * The most memory that a server takes while files are uploaded to it at once: `bun agent/bench/uploads-bench.ts [COUNT]`.
 * Each is a text of 50 MB, sent over a socket of its own as fast as the server reads it. Linux alone.
 */
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { maxFileBytes } from "../shared/taken-files";
import { startRein } from "../test/rein";

const count = Number(process.argv[2] ?? 20);
const piece = Buffer.alloc(1_000_000, "0123456789");

await using rein = await startRein();
const before = megabytes("VmHWM");
const startedAt = performance.now();
const answers = await Promise.all(Array.from({ length: count }, (_, at) => upload(`${at}`)));
const seconds = (performance.now() - startedAt) / 1000;
const kept = answers.filter((answer) => answer.startsWith("HTTP/1.1 200 ")).length;
console.log(
  `${kept} of ${count} uploads of 50 MB kept in ${seconds.toFixed(1)} s: ` +
    `${megabytes("VmHWM")} MB at most, ${before} MB before`,
);

/** Of its process, since its start. */
function megabytes(name: string): number {
  const status = readFileSync(`/proc/${rein.pid}/status`, "utf8");
  return Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1000);
}

/** Resolves with the answer. Each begins with other bytes. */
function upload(start: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const { hostname, port } = new URL(rein.url);
  const socket = connect(Number(port), hostname);
  let answer = "";
  let left = maxFileBytes - start.length;
  const send = () => {
    while (left > 0) {
      const next = piece.subarray(0, left);
      left -= next.length;
      if (!socket.write(next)) return void socket.once("drain", send);
    }
  };
  socket.on("data", (data) => (answer += data.toString()));
  socket.once("close", () => resolve(answer));
  socket.once("error", reject);
  socket.write(
    `POST /api/files HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: Bearer ${rein.token}\r\n` +
      `Content-Length: ${maxFileBytes}\r\nConnection: close\r\n\r\n${start}`,
  );
  send();
  return promise;
}
