/** The schema of the request that exchanges a token for a credential. */
import { z } from "zod";

/** The one-time token of a printed address, or the script token. */
export const signInRequest = z.strictObject({ token: z.string().min(1).max(1000) });
