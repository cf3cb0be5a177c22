/** The schemas of the values that several requests carry: ids, names, paths, hashes, messages and their files. */
import { z } from "zod";
import { permissionIds } from "../protocol";
import { maxFiles } from "../taken-files";

export const id = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, "expected an id: letters, digits, - and _");
/** Of a provider or a model, as people type it. */
export const name = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^\P{C}*$/u, "expected a name without line breaks and other control characters");
/** As long as Linux takes one. */
export const path = z
  .string()
  .min(1)
  .max(4096)
  .refine((text) => !text.includes("\0"), "expected a path without a NUL");
export const permissions = z.enum(permissionIds);
/** A person reads all of it. */
export const maxPlanCharacters = 100_000;

const maxFileName = 1024;

/** Of an attached file: for people and models, so what cannot be seen and what leads elsewhere is taken out. */
const fileName = z
  .string()
  .max(10_000)
  .transform((text) => {
    const segments = text
      .toWellFormed()
      .replaceAll(/[\p{C}\\]/gu, "_")
      .split("/")
      .map((segment) => segment.trim())
      .filter((segment) => !/^\.{0,2}$/.test(segment));
    const whole = segments.join("/") || "file";
    // The end of a long path tells more than its beginning.
    return whole.length <= maxFileName ? whole : `…${whole.slice(1 - maxFileName)}`.toWellFormed();
  });
export const fileHash = z.string().regex(/^[0-9a-f]{64}$/, "expected a SHA-256 in hex");
/** `sessionId`: the session in which the file is written, or `newSessionId` of one that is to come. */
export const uploadQuery = z.strictObject({ sessionId: id.optional() });
export const files = z.array(z.strictObject({ hash: fileHash, name: fileName })).max(maxFiles);

export const maxMessageCharacters = 1_000_000;
export const message = z.string().trim().min(1, "expected some text").max(maxMessageCharacters);

/** Of a tool call, as its approval showed it, or of the state of a shell. */
export const digest = fileHash;
