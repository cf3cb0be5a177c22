/** The paths that a review takes: relative, and never into a repository's own directory. */
import { ReviewError } from "./review-error";

/** Throws ReviewError where it leads out of the directory, or into `.git`. */
export function partsOf(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (path.startsWith("/") || parts.includes(".."))
    throw new ReviewError(400, "file", "The path must be relative, and lead nowhere else.");
  if (parts.some((part) => part.toLowerCase() === ".git"))
    throw new ReviewError(404, "file", "Git’s own files are not shown.");
  return parts;
}
