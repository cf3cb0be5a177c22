/**
 * Gives a job with a network of its own the only ways out: opens ports in that network, hands the listening sockets to the
 * server, and becomes the command. No process of ours stays in the job, and no other program can reach the ports.
 *
 *     bun listen-inside.ts <port,...> <directory of the job> <program> [argument ...]
 *
 * Descriptor 6 is a socket to the server that takes the listening sockets; then something is written to descriptor 7. The
 * command inherits neither, but it does inherit descriptor 4 where that takes the reports of the job.
 */
import { closeSync, fstatSync, writeSync } from "node:fs";
import { beBun } from "../../program-files";
import {
  becomeProgram,
  forgetVariable,
  listenOnLoopback,
  passOn,
  sendDescriptor,
} from "../linux/libc";

const report = 4;

const [ports = "", directory = "/", ...command] = process.argv.slice(2);
if (isSocket(report)) passOn(report);
for (const port of ports.split(",")) sendDescriptor(6, listenOnLoopback(Number(port)));
writeSync(7, "\n");
for (const descriptor of [3, 6, 7]) closeSync(descriptor);
process.chdir(directory);
forgetVariable(beBun);
becomeProgram(command);

function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket();
  } catch {
    return false; // not open
  }
}
