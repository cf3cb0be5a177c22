/** The routes of hooks and language servers, as functions: each list is read and replaced whole. */
import type { Hook, LanguageServer } from "../shared/protocol";
import type { Transport } from "./transport";

export function createHookCalls({ call }: Pick<Transport, "call">) {
  return {
    hooks: (signal: AbortSignal) => call<Hook[]>("GET", "/api/hooks", undefined, signal),
    saveHooks: (hooks: Hook[], signal: AbortSignal) =>
      call<Hook[]>("PUT", "/api/hooks", hooks, signal),
    languageServers: (signal: AbortSignal) =>
      call<LanguageServer[]>("GET", "/api/language-servers", undefined, signal),
    saveLanguageServers: (servers: LanguageServer[], signal: AbortSignal) =>
      call<LanguageServer[]>("PUT", "/api/language-servers", servers, signal),
  };
}
