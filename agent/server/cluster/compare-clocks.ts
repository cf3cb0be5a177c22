/** Whether this machine's clock is that of the shared database: by it the nodes judge what the others say ends when. */
import { log } from "../log";

/** What a clock may be off before it is said; no sign-in or link ends that fast. */
const mostMs = 30_000;

interface ClockReading {
  /** Of this machine, when it asked and when the answer had come. */
  asked: number;
  answered: number;
  /** Of the database, in between; all in milliseconds since 1970. */
  there: number;
}

/** Says it once until the clock is right, and not at each of many joins. */
export class ClockCheck {
  #said: string | undefined;

  note(reading: ClockReading): void {
    const words = clockWords(reading);
    if (words !== undefined && this.#said === undefined) log.warn(words);
    this.#said = words;
  }
}

/** What to say of it; undefined where they agree, as far as that can be told. */
export function clockWords({ asked, answered, there }: ClockReading): string | undefined {
  const ahead = asked - there;
  const behind = there - answered;
  const off = Math.max(ahead, behind);
  if (off < mostMs) return undefined;
  const which = ahead > behind ? "ahead of" : "behind";
  return `This machine's clock is ${spanOf(off)} ${which} that of the shared database. Other machines refuse, or this one does, sign-in addresses and links as if their time were over. Set the clock (timedatectl set-ntp true).`;
}

function spanOf(ms: number): string {
  const minutes = ms / 60_000;
  return minutes < 2 ? `${Math.round(ms / 1000)} s` : `${Math.round(minutes)} minutes`;
}
