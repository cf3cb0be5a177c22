/** How commands are confined on this server, for the settings and for the permission switch. */
import { type Accessor, createSignal } from "solid-js";
import type { CommandsAnswer } from "../../shared/protocol";
import type { CommandsRequest } from "../../shared/requests";
import { api, logFailure, requestTimeout } from "./api-client";

export interface CommandConfinement {
  /** Undefined until the server has said it. */
  answer: Accessor<CommandsAnswer | undefined>;
  /** A failure leaves what was known. */
  refresh(): Promise<void>;
  /** Throws an ApiError when the server refuses; then nothing has changed. */
  save(change: CommandsRequest): Promise<void>;
}

export function createCommandConfinement(): CommandConfinement {
  const [answer, setAnswer] = createSignal<CommandsAnswer>();
  return {
    answer,
    async refresh() {
      try {
        setAnswer(await api.commands(requestTimeout()));
      } catch (error) {
        logFailure("How commands are confined could not be loaded", error);
      }
    },
    save: async (change) => void setAnswer(await api.saveCommands(change, requestTimeout())),
  };
}
