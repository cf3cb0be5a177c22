/** Starts a server whose command line follows, as `bun start` does: with what that loads ahead in its idle time. */
import { argv } from "node:process";

const [, , , path] = argv;
process.argv.splice(2, 2);
const { warmUp } = (await import(path!)) as { warmUp?: () => Promise<void> };
await warmUp?.();
