/** The schemas of the requests that sign in, and that say what people may do. */
import { z } from "zod";
import { serverRoles, sessionRoles } from "../protocol";
import { name } from "./value-schemas";

/** The one-time token of a printed address, or the script token; or who the proxy says it is. */
export const signInRequest = z
  .strictObject({
    token: z.string().min(1).max(1000).optional(),
    oidc: z
      .strictObject({
        answer: z.string().max(8000).describe("The query with which the service sent it back."),
        secret: z.string().max(3000),
      })
      .optional()
      .describe("After `POST /api/sign-in/oidc`, which gave the secret."),
    proxy: z.literal(true).optional().describe("As the one whom the proxy names."),
  })
  .refine((one) => Object.values(one).filter((value) => value !== undefined).length === 1, {
    message: "expected one way of signing in",
  });

export const personRequest = z.strictObject({
  role: z.enum(serverRoles).optional(),
  removed: z
    .boolean()
    .optional()
    .describe(
      "They are refused, their browsers and keys are out, and what they have begun is stopped. false lets them in again.",
    ),
});

export type PersonRequest = z.input<typeof personRequest>;

export const apiKeyRequest = z.strictObject({
  name: name.describe("For people: what the key is for."),
});

export const shareRequest = z.strictObject({
  role: z.enum(sessionRoles),
  until: z
    .number()
    .positive()
    .max(8.64e15)
    .optional()
    .describe("When the link ends, and with it what it gave."),
});

export const joinRequest = z.strictObject({ token: z.string().min(1).max(200) });

export type ShareRequest = z.input<typeof shareRequest>;
export type SignInRequest = z.input<typeof signInRequest>;
export type ApiKeyRequest = z.input<typeof apiKeyRequest>;
