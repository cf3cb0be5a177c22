/** The schema of a browser's subscription to push messages. */
import { z } from "zod";

const endpoint = z
  .string()
  .max(2000)
  .refine(isHttps, { message: "expected an https address without a user" })
  .describe("Where its push service takes messages: https, at a public address.");

export const pushSubscription = z.strictObject({
  endpoint,
  keys: z.strictObject({
    p256dh: base64url(65).describe("The browser’s public key."),
    auth: base64url(16).describe("The secret that it shares with this server."),
  }),
});

/** Of `PushSubscription.toJSON()` in a page. */
export const pushRequest = pushSubscription;

export type PushRequest = z.input<typeof pushRequest>;

function isHttps(text: string): boolean {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url?.protocol === "https:" && url.username === "" && url.password === "";
}

/** So many bytes. */
function base64url(bytes: number) {
  const length = Math.ceil((bytes * 8) / 6);
  return z.string().regex(new RegExp(`^[\\w-]{${length}}$`), {
    message: `expected ${bytes} bytes in base64url`,
  });
}
