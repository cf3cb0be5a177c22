/** Whether this server runs in a container: Docker and Podman leave a file there that says so. */
import { existsSync } from "node:fs";

export function isContainer(): boolean {
  return ["/.dockerenv", "/run/.containerenv"].some((path) => existsSync(path));
}
