/** A person has clicked on the notification of a session: it is shown. */

const listeners = new Set<(sessionId: string) => void>();

/** Calls when the notification of a session is clicked. Returns what ends that. */
export function onShowSession(listener: (sessionId: string) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function showSession(sessionId: string): void {
  for (const listener of listeners) listener(sessionId);
}
