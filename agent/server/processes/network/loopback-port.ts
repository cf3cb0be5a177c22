/** Passes what a job sends to one port of its own loopback on to the same port of this machine's, and to no other. */
import { log } from "../../log";
import { JobListener } from "./job-listener";

/** Its `serve` takes a socket that listens in the job's network. */
export function passToPort(port: number): JobListener {
  const listener = new JobListener((client) => {
    listener
      .connect(client, ["127.0.0.1"], port)
      .then((server) => {
        if (server) client.pipe(server).pipe(client);
      })
      .catch((err: unknown) => {
        log.debug({ err }, "A connection of a job to this machine was refused");
        client.destroy();
      });
  });
  return listener;
}
