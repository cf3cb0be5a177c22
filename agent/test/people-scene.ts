/** A server behind a proxy that says who asks, and people who ask it. */
import type { Session } from "../shared/protocol";
import type { ChatRequest } from "../shared/requests";
import { createRein, type Rein as Sdk } from "../sdk/create-rein";
import { everyWire } from "./api-scene";
import { Chat, type Rein } from "./rein";
import type { Upstream } from "./upstream/upstream";

/** The header of the scene's proxy, which is this machine. */
export const userHeader = "X-Forwarded-User";

/** Of a server behind it. */
export const behindProxy = {
  REIN_USER_HEADER: userHeader,
  REIN_TRUSTED_PROXIES: "127.0.0.1, ::1",
};

/** Of one for which olga is an admin. */
export const peopleOfOlga = { ...behindProxy, REIN_ADMINS: "olga" };

export function withPeople(upstream: Upstream): Record<string, string> {
  return { ...everyWire(upstream), ...peopleOfOlga };
}

/** Somebody as the proxy lets them in, or with a credential of their own. */
export interface Visitor {
  sdk: Sdk;
  headers: Record<string, string>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** As text: the status, and the error's code. */
  refusal(path: string, init?: RequestInit): Promise<string>;
  chat(request: Partial<ChatRequest>): Chat;
  follow(sessionId: string, after?: number): Chat;
  list(): Chat;
  session(id: string): Promise<Session>;
}

export const model = { provider: "openai-chat", model: "local-model" };

export function visitor(rein: Rein, by: { name?: string; credential?: string }): Visitor {
  const headers: Record<string, string> = {
    ...(by.name !== undefined && { [userHeader]: by.name }),
    ...(by.credential !== undefined && { Authorization: `Bearer ${by.credential}` }),
  };
  const send = (path: string, init: RequestInit = {}) =>
    fetch(rein.url + path, {
      ...init,
      headers: { ...headers, ...(init.headers as Record<string, string>) },
    });
  const sdk = createRein({
    url: rein.url,
    credential: by.credential ?? null,
    fetch: (url, init) =>
      fetch(url, { ...init, headers: { ...(init.headers as Record<string, string>), ...headers } }),
  });
  const open = (path: string, init: RequestInit = {}) =>
    new Chat((signal) => send(path, { ...init, signal }));
  return {
    sdk,
    headers,
    fetch: send,
    async refusal(path, init) {
      const response = await send(path, init);
      if (response.ok) {
        // It may be a stream that does not end.
        await response.body?.cancel();
        return String(response.status);
      }
      const text = await response.text();
      const code = /"code":"([\w-]+)"/.exec(text)?.[1];
      return `${response.status} ${code ?? text}`;
    },
    chat: (request) =>
      open("/api/chat", {
        method: "POST",
        body: JSON.stringify({ message: "Do it", cwd: rein.cwd, ...model, ...request }),
      }),
    follow: (id, after) =>
      open(`/api/sessions/${id}/events${after === undefined ? "" : `?after=${after}`}`),
    list: () => open("/api/events"),
    session: async (id) => (await sdk.session(id, new AbortController().signal)).session,
  };
}

/** As an admin does it. */
export async function removePerson({ sdk }: Visitor, name: string): Promise<void> {
  const { signal } = new AbortController();
  const { people } = await sdk.people(signal);
  const { id } = people.find((one) => one.name === name)!;
  await sdk.patchPerson(id, { removed: true }, signal);
}
