/** The server of an editor's sessions. One of this machine is found again, or started, where it has ended. */
import { createRein, type Rein } from "../../sdk/create-rein";
import type { Connection } from "../connect";

const answerMs = 20_000;

export class EditorServer {
  readonly rein: Rein;
  readonly #connect: () => Promise<Connection>;
  #connection: Connection;
  #connecting: Promise<void> | undefined;

  /** `connect` finds or starts it. */
  constructor(connection: Connection, connect: () => Promise<Connection>) {
    this.#connection = connection;
    this.#connect = connect;
    const current = () => this.#connection;
    this.rein = createRein({
      get url() {
        return current().url;
      },
      get credential() {
        return current().credential;
      },
      client: "editor",
    });
  }

  /** Resolves when it answers. To be called for what the editor asks: else its end would never last. Throws CommandFailed. */
  async reach(): Promise<void> {
    // One that was named is for others to start.
    if (this.#connection.dataDir === undefined) return;
    try {
      await this.rein.limits(AbortSignal.timeout(answerMs));
    } catch {
      // Connecting says what is wrong, if it still is.
      this.#connecting ??= this.#connectAgain();
      await this.#connecting;
    }
  }

  async #connectAgain(): Promise<void> {
    try {
      this.#connection = await this.#connect();
    } finally {
      this.#connecting = undefined;
    }
  }
}
