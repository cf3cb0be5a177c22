/** The protocol's side of a connection: a client that announces no capability, and takes answers as they come. */
import type { Client } from "@modelcontextprotocol/client";
import { version } from "../../../package.json";
import type { Sdk } from "./open-transport";

export interface ClientListener {
  /** What was no message, or answered nothing; and what the transport could not bear. */
  onError(error: Error): void;
  onClose(): void;
  /** The server has said that its list of tools is another one now. */
  onToolsChanged(): void;
}

/** Its `connect` is still to be called. */
export function createClient(sdk: Sdk, listener: ClientListener): Client {
  const client = new sdk.Client(
    { name: "rein", version },
    // A server's own schemas are not used to check its answers: compiling them would be work of its choosing.
    { capabilities: {}, jsonSchemaValidator: acceptsAll as never },
  );
  // Not events of the DOM: the SDK has these alone.
  // oxlint-disable-next-line unicorn/prefer-add-event-listener
  client.onerror = (error) => listener.onError(error);
  // oxlint-disable-next-line unicorn/prefer-add-event-listener
  client.onclose = () => listener.onClose();
  client.setNotificationHandler("notifications/tools/list_changed", () =>
    listener.onToolsChanged(),
  );
  return client;
}

const acceptsAll = {
  getValidator: () => (data: unknown) => ({ valid: true, data, errorMessage: undefined }),
};
