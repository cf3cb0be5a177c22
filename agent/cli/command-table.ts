/** The commands of `rein`. Each loads its code when it runs. */
import type { Command } from "./command";
import { acpCommand } from "./acp/acp-command";
import { stdioCommand } from "./stdio/stdio-command";

export const commandTable: readonly Command[] = [stdioCommand, acpCommand];
