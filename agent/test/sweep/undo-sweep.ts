/** The sequences of undo, 200 as this user and 100 as an ordinary one: `bun run test:sweep --undo` runs them alone. */
import { join } from "node:path";
import { findOrdinaryUser } from "../ordinary-user";

/** Whether there was no difference; what differs is printed, and how many there were. */
export async function sweepUndo(): Promise<boolean> {
  const program = join(import.meta.dir, "../undo-sequences.ts");
  await using user = findOrdinaryUser();
  const commands = [[process.execPath, program, "1", "200"]];
  if (user) commands.push(user.command(process.execPath, program, "1001", "100"));
  let isExact = true;
  for (const command of commands) {
    const { exitCode } = Bun.spawnSync(command, {
      stdin: "ignore",
      stdout: "inherit",
      stderr: "inherit",
    });
    isExact &&= exitCode === 0;
  }
  return isExact;
}
