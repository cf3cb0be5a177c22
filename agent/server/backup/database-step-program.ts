/** A program of its own: one step of the work on databases. */
import { runStep } from "./database-step";

process.exitCode = await runStep(process.argv.slice(2));
