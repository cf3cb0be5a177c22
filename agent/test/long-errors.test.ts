/** Whatever a service says of a failure is read in a moment, however long it is, and a key that its cut has halved is not shown. */
import { expect, test } from "bun:test";
import { APIError } from "openai";
import { bounds } from "../server/providers/bounds";
import { toProviderError } from "../server/providers/provider-errors";
import { apiKey } from "./provider-wires";

const service = { name: "The server", baseUrl: "https://api.service.test/v1", apiKey };
const page = "<!doctype html><html>";

/** Of one size: that of the longest event. Each of them begins a match again and again that never ends. */
const shapes: [what: string, begin: string, piece: string][] = [
  ["a picture in base64", "Invalid image_url: data:image/png;base64,", "iVBORw0KGgo"],
  ["dashes", "", "-"],
  ["stars", "", "**a"],
  ["points", "", "a.."],
  ["spaces", "", " "],
  ["a hundred thousand keys", "", "sk-a "],
  ["words for pictures", "", "image "],
  ["words for what is allowed", "", "support allowed accept "],
  ["words for tokens", "", "token count "],
  ["words for options", "", "max_output_"],
  ["places in a history", "", "messages[3]."],
  ["unsafe characters", "", "\u202e\u0000"],
  ["tags without an end", page, "<"],
  ["elements without an end", page, "<script "],
  ["titles without an end", page, "<title "],
  ["heads without an end", `${page}</head>`, "<head "],
  ["ends of heads", page, "</head>"],
  ["comments", page, "<!-- "],
];

test.each(shapes)(
  "an error with 8 MB of %s costs less than half a second",
  (_what, begin, piece) => {
    const message = begin + piece.repeat(bounds.eventBytes / piece.length);
    for (const status of [400, 404, 500, undefined]) {
      const error = new APIError(status, { message }, message, new Headers());
      const options = { effort: "high", maxOutputTokens: 100 } as const;
      const { user } = cpuOf(() => toProviderError(error, { ...service, options }, false));
      expect(user).toBeLessThan(500_000);
    }
  },
);

test("an error with millions of names, details or problems costs less than two seconds", () => {
  const all = Array.from({ length: bounds.eventBytes / 3 }, () => ({}));
  const long = "x".repeat(bounds.eventBytes);
  for (const body of [
    { message: "No.", details: all },
    { detail: all },
    { message: "No.", code: long, type: long, status: long, param: long },
  ]) {
    const error = new APIError(400, body, undefined, new Headers());
    expect(cpuOf(() => toProviderError(error, service, false)).user).toBeLessThan(2_000_000);
  }
});

function cpuOf(step: () => void): NodeJS.CpuUsage {
  const before = process.cpuUsage();
  step();
  return process.cpuUsage(before);
}

test.each([
  ["words", (half: string) => spaces(bounds.errorCharacters - half.length)],
  ["a page", (half: string) => tags(bounds.errorCharacters - half.length)],
] as const)(
  "beyond the bound of %s nothing is read, and the half of a key before it is not shown",
  (_where, before) => {
    expect(said(`${before("")}Late.`)).not.toContain("Late");
    for (let length = 4; length <= apiKey.length; length++) {
      const half = apiKey.slice(0, length);
      expect(said(before(half) + apiKey)).not.toContain(apiKey.slice(0, 4));
    }
  },
);

function said(message: string): string {
  const error = new APIError(500, { message }, undefined, new Headers());
  return toProviderError(error, service, false)!.message;
}

function spaces(length: number): string {
  return `Wrong key:${" ".repeat(length - 10)}`;
}

function tags(length: number): string {
  const begin = "<html>Wrong key: ";
  return begin + "<".padEnd(length - begin.length - 1, "b") + ">";
}

test("a page whose elements have no end is still told by its title and its text", () => {
  expect(said("<html><head><title>Oops</title><body>Try later <b")).toContain("Oops: Try later.");
  expect(said("<html><title>Oops</title><p>Later<script>let a = '<p>';")).toEndWith("Oops Later.");
  expect(said("<html><head><title>Oops")).toContain("Oops.");
});
