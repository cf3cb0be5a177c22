/** What others see of a session, in its order: at once, or when the database that all nodes share has what comes before. */
import { log } from "../log";

/** `isShared`: false when that database has it not, and is not waited for any longer. */
type Work = (isShared: boolean) => void;

interface Hold {
  isShared?: boolean;
  works: Work[];
}

export class Outlet {
  #holds: Hold[] = [];

  get isHeld(): boolean {
    return this.#holds.length > 0;
  }

  /** What is done from now on waits for this. */
  hold(shared: Promise<boolean>): void {
    const hold: Hold = { works: [] };
    this.#holds.push(hold);
    void shared.then((isShared) => {
      hold.isShared = isShared;
      this.#open();
    });
  }

  do(work: Work): void {
    const last = this.#holds.at(-1);
    if (last === undefined) work(true);
    else last.works.push(work);
  }

  /** Nothing waits any longer. */
  release(): void {
    for (const hold of this.#holds) hold.isShared ??= false;
    this.#open();
  }

  #open(): void {
    for (let hold = this.#holds[0]; hold?.isShared !== undefined; hold = this.#holds[0]) {
      // What these cause comes after them.
      for (let work = hold.works.shift(); work !== undefined; work = hold.works.shift())
        attempt(work, hold.isShared);
      this.#holds.shift();
    }
  }
}

function attempt(work: Work, isShared: boolean): void {
  try {
    work(isShared);
  } catch (err) {
    log.error({ err }, "What others see of a session could not be sent");
  }
}
