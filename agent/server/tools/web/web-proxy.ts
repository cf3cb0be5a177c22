/** The proxy of the environment, through which pages come: it resolves their names itself. */
import { kindOf } from "../../processes/network/addresses";
import { ToolError } from "../tool";
import { hostOf } from "./host-addresses";

type Environment = Record<string, string | undefined>;

/**
 * The proxy for this address (`HTTP_PROXY`, `HTTPS_PROXY`); undefined when there is none, for this machine itself, and for
 * what `NO_PROXY` names. Bun reads `NO_PROXY`, too, and a host that it asks directly must have been checked: so everything
 * that may match counts here, also the end of a name without its dot. Throws ToolError when it is no address of a proxy.
 */
export function proxyFor(url: URL, environment: Environment): string | undefined {
  const name = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const proxy = environment[name.toLowerCase()] || environment[name];
  if (!proxy || isOwn(hostOf(url)) || isExempt(url, environment)) return undefined;
  if (!/^https?:$/.test(URL.parse(proxy)?.protocol ?? ""))
    throw new ToolError(`${name} names no proxy that fetch can use: expected http:// or https://.`);
  return proxy;
}

function isOwn(host: string): boolean {
  return /(^|\.)localhost$/.test(host) || kindOf(host) === "loopback";
}

function isExempt(url: URL, { NO_PROXY, no_proxy }: Environment): boolean {
  const host = hostOf(url);
  return `${NO_PROXY ?? ""},${no_proxy ?? ""}`
    .toLowerCase()
    .split(/[\s,]+/)
    .map((entry) => entry.replace(/^\*?\.(?=.)/, ""))
    .filter((entry) => entry !== "")
    .some((entry) => entry === "*" || host.endsWith(withoutPort(entry)));
}

function withoutPort(entry: string): string {
  return entry.replace(/^\[(.*)\](:\d*)?$/, "$1").replace(/^([^:]+):\d*$/, "$1");
}
