/** What an error of a service says to people: whole sentences, with the service's own words at their end. */
import type { ModelOptions } from "../../shared/protocol";
import type { ErrorFacts } from "./error-facts";

/** The service that a provider talks to, for its error messages. */
export interface Service {
  name: string;
  /** `withoutCredentials`. */
  baseUrl: string;
  apiKey?: string | undefined;
  /** As in ProviderConfig. */
  keyVariable?: string | undefined;
  /** How one signs in there, where it is not by a key of the settings. */
  signIn?: string;
  model?: string;
  /** What was chosen for the request. */
  options?: ModelOptions;
  /** Pictures or PDFs go with it. */
  sendsFiles?: boolean;
}

/** The address without a name and a password before its host. */
export function withoutCredentials(address: string): string {
  return address.replace(/(?<=\/\/)[^/]*@/, "");
}

/** The name in the middle of a sentence. */
export function nameOf({ name }: Service): string {
  return name.replace(/^The /, "the ");
}

/** Which service, and where. A server without a name is named by its host, which its address has already. */
export function placeOf({ name, baseUrl }: Service): string {
  return baseUrl.includes(name) ? baseUrl : `${name} at ${baseUrl}`;
}

export function tooLong(service: Service, facts: ErrorFacts): string {
  return `The conversation is too long for ${modelOf(service)}${shown(facts)}. Start a new session, summarize it (/compact), or choose a model with a larger context. ${says(service, facts)}`;
}

export function unknownModel(service: Service, facts: ErrorFacts): string {
  return `${placeOf(service)} does not know ${modelOf(service)}, or this key may not use it. Choose another model, or check the address in the settings. ${says(service, facts)}`;
}

export function certificateWords(service: Service, { names }: ErrorFacts): string {
  const begin = `The connection to ${placeOf(service)} is not safe: `;
  if (names.includes("EPROTO"))
    return `${begin}it does not speak HTTPS. If it is a server of your own, let its address begin with http://.`;
  if (names.includes("EXPIRED"))
    return `${begin}its certificate has expired. Check the clock of this machine; otherwise its operator has to renew it.`;
  if (names.includes("ALTNAME"))
    return `${begin}its certificate is for another name. Check the address in the settings.`;
  return `${begin}its certificate is not signed by an authority that this machine trusts. If a proxy of your company or a server of your own made it, name the file of its root certificate in NODE_EXTRA_CA_CERTS, and start Rein again.`;
}

export function networkWords(service: Service, { names, message }: ErrorFacts): string {
  const { baseUrl } = service;
  const begin = `${placeOf(service)} cannot be reached. `;
  if (/ECONNREFUSED|ConnectionRefused/.test(names))
    return `${begin}Nothing is listening there: is the server running?`;
  if (/ENOTFOUND|EAI_/.test(names)) {
    const host = /(?:ENOTFOUND|EAI_AGAIN) (\S+)/.exec(message)?.[1];
    return host === undefined || baseUrl.includes(host)
      ? `${begin}Its name cannot be looked up: check the network (DNS) and the address.`
      : `${begin}The name ${host} cannot be looked up: check HTTPS_PROXY.`;
  }
  if (/EHOSTUNREACH|ENETUNREACH/.test(names))
    return `${begin}There is no route to it: check the network or the VPN.`;
  if (names.includes("ERR_PROXY_TUNNEL")) return `${begin}${message}.`;
  if (/ECONNRESET|EPIPE|ConnectionClosed/.test(names))
    return (
      `${begin}The connection was closed before an answer came.` +
      (baseUrl.startsWith("http:") ? " If it speaks HTTPS, its address begins with https://." : "")
    );
  return `${begin}Check the network and the address.`;
}

/** The service's own words. */
export function says({ name }: Service, { message, isPage }: ErrorFacts): string {
  const line = message.replaceAll(/\s+/g, " ").trim().slice(0, 300);
  if (line === "") return "";
  return `${name}${isPage ? "’s page" : ""} says: ${/[.!?…]$/.test(line) ? line : `${line}.`}`;
}

export function shown({ status }: ErrorFacts): string {
  return status === undefined ? "" : ` (${status})`;
}

function modelOf({ model }: Service): string {
  return model ? `the model “${model}”` : "this model";
}

export function wait({ retryAfterMs }: ErrorFacts): string {
  return retryAfterMs === undefined ? "" : ` It asks to wait ${Math.ceil(retryAfterMs / 1000)} s.`;
}
