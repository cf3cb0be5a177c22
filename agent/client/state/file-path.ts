/** Where the content of an attached file is read: with the session that names it, whose server alone is asked for it. */
import { path } from "../../sdk/path";

/** `sessionId`: empty of one that has not begun. */
export function filePath(hash: string, sessionId: string | undefined): string {
  return sessionId ? path`/api/files/${hash}?sessionId=${sessionId}` : path`/api/files/${hash}`;
}
