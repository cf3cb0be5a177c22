/** The schemas of the requests about a background process: pin it, read its output. */
import { z } from "zod";

export const processPatchRequest = z.strictObject({ pinned: z.boolean() });

/** How many characters of the output the caller has seen. */
export const processOutputQuery = z.strictObject({
  after: z.coerce.number().int().nonnegative().default(0),
});
