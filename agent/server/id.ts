/** New ids: unguessable, safe in a URL and behind an option of a command, and short enough to read in a log. */

/** 22 characters of [A-Za-z0-9_-], the first of them no "-" (`--session -x` would be two options); nearly 128 random bits. */
export function newId(): string {
  for (;;) {
    const id = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url");
    if (!id.startsWith("-")) return id;
  }
}
