/** Sends a signal to a process that may be dead already, or another user's. */
import { errorCode } from "../../shared/error-code";

/** "gone": it is dead and reaped. "forbidden": it belongs to another user, or a security module (EACCES) protects it. */
export type SentSignal = "sent" | "gone" | "forbidden";

/** A negative pid is a group; 0 is no signal, only the question. Never throws: a walk goes on to the next process. */
export function sendSignal(
  pid: number,
  name: "SIGTERM" | "SIGSTOP" | "SIGCONT" | "SIGKILL" | 0,
): SentSignal {
  try {
    process.kill(pid, name);
    return "sent";
  } catch (error) {
    return errorCode(error) === "ESRCH" ? "gone" : "forbidden";
  }
}
