/** The OpenAI SDK's client as both of its wires use it. */
import OpenAI from "openai";
import { bounds } from "../bounds";
import { fetchFromService } from "../service-fetch";

/** Reads nothing from the environment, and never retries: the loop does, visibly. */
export function makeOpenAIClient({
  apiKey,
  baseUrl,
}: {
  apiKey: string | undefined;
  baseUrl: string;
}): OpenAI {
  return new OpenAI({
    // The SDK requires a key, and would send one from the environment to whatever server this is.
    apiKey: apiKey ?? "none",
    baseURL: baseUrl,
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: bounds.headersMs,
    logLevel: "off",
    ...(apiKey === undefined && { defaultHeaders: { authorization: null } }),
    fetch: fetchFromService,
  });
}
