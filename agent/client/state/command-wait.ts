/** What is sent before the commands of files are known may be one of them: it waits for them. */
import { type Accessor, onCleanup } from "solid-js";
import { type Command, readCommand } from "./commands";
import { splitCommand } from "./split-command";

export interface CommandWaitOptions {
  text: Accessor<string>;
  /** All that are known. */
  commands: () => Command[];
  /** Settles once more are known. Undefined while none are looked for. */
  listing: () => Promise<void> | undefined;
}

/**
 * Inside a component. Returns whether the text may be a command that is not known yet: `again` is then run once it would
 * be, if the text is still the same. Of several times, the last one counts.
 */
export function createCommandWait(options: CommandWaitOptions): (again: () => void) => boolean {
  const { text, commands, listing } = options;
  let waiting: { typed: string; again: () => void } | undefined;
  onCleanup(() => (waiting = undefined));

  function goOn(): void {
    const waited = waiting;
    waiting = undefined;
    if (waited !== undefined && waited.typed === text()) waited.again();
  }

  return (again) => {
    const typed = text();
    const listed = listing();
    const { name } = splitCommand(typed);
    if (listed === undefined || name === "" || readCommand(commands(), typed)) return false;
    if (waiting === undefined) void listed.then(goOn);
    waiting = { typed, again };
    return true;
  };
}
