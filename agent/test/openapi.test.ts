/** The API's document is valid, describes every route and no other, and its page can be read without a network. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { z } from "zod";
import { errorCodes } from "../server/http/error-codes";
import type { OpenApiDocument } from "../server/http/openapi/openapi-document";
import { operations, type subjects } from "../server/http/openapi/subjects";
import { type Server, startServer } from "../server/server";
import { createRein, type Rein } from "../sdk/create-rein";
import type { Same } from "../shared/answers/shape";
import * as requests from "../shared/requests";
import { axeFaults } from "./axe";
import { launchBrowser, screenSizes } from "./browser";

const serverDirectory = join(import.meta.dir, "../server");
const directory = mkdtempSync(join(tmpdir(), "rein-openapi-"));
let server: Server;
let url: string;
let api: OpenApiDocument;

beforeAll(async () => {
  server = await startServer(
    {
      port: 0,
      portGiven: true,
      host: "127.0.0.1",
      hosts: [],
      token: "the script token",
      dataDir: directory,
      cwd: directory,
      commands: { sandbox: "off" },
      titles: "off",
      providers: {},
      dev: false,
      connections: 4,
      searchPath: "",
      userDirectories: { home: directory, configHome: directory },
    },
    () => undefined,
  );
  url = `http://127.0.0.1:${server.port}`;
  api = (await (await fetch(`${url}/api/openapi.json`)).json()) as OpenApiDocument;
});
afterAll(async () => {
  await server.close();
  rmSync(directory, { recursive: true, force: true });
});

describe("the OpenAPI document", () => {
  test("is valid, and every reference in it leads to a schema", async () => {
    const validator = new Validator();
    const result = await validator.validate(structuredClone({ ...api }));
    expect(result).toEqual({ valid: true });
    expect(validator.version).toBe("3.1");
    const names = [...JSON.stringify(api).matchAll(/#\/components\/schemas\/(\w+)"/g)];
    const missing = names.filter(([, name]) => !Object.hasOwn(api.components.schemas, name!));
    expect(missing).toEqual([]);
    expect(JSON.stringify(api)).not.toContain("#/$defs");
  });

  test("describes every route of the server, and no other", () => {
    const routes = server.app.routes.filter(
      ({ method, path }) => method !== "ALL" && !path.includes("*"),
    );
    const names = operations.map(({ name }) => name);
    expect(names.toSorted()).toEqual(routes.map((one) => `${one.method} ${one.path}`).toSorted());
    const described = Object.entries(api.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(described).toHaveLength(names.length);
    const ids = operations.map(({ operation }) => operation.id);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test("describes each parameter of a path", () => {
    for (const [path, methods] of Object.entries(api.paths))
      for (const { parameters = [] } of Object.values(methods)) {
        const inPath = parameters.filter((one) => one.in === "path");
        const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
        expect(inPath.map(({ name }) => name)).toEqual(names);
        expect(inPath.filter(({ description }) => description === undefined)).toEqual([]);
      }
  });

  test("has every schema of a request, and examples that they accept", () => {
    const used = new Set<unknown>(
      operations.flatMap(({ operation: { body, query } }) => [
        body,
        ...(body instanceof z.ZodUnion ? body.options : []),
        query,
      ]),
    );
    const unused = Object.entries(requests).filter(
      ([name, schema]) => /Re?quest$|Query$/.test(name) && !used.has(schema),
    );
    expect(unused.map(([name]) => name)).toEqual([]);
    for (const { operation } of operations) {
      const { body, example, isBodyOptional } = operation;
      if (!(body instanceof z.ZodType)) continue;
      if (example !== undefined) body.parse(example);
      else expect(isBodyOptional).toBe(true);
      expect(body.safeParse({}).success).toBe(isBodyOptional ?? acceptsNothing(operation.id));
    }
  });

  test("needs a credential where the server does", async () => {
    for (const { method, path, operation } of operations.filter((one) => one.method !== "get")) {
      const response = await fetch(url + path, { method: method.toUpperCase(), body: "{}" });
      expect([operation.id, response.status === 401]).toEqual([operation.id, !operation.isPublic]);
    }
    for (const { path, operation } of operations.filter((one) => one.method === "get")) {
      const { status } = await fetch(url + path);
      expect([operation.id, status === 401]).toEqual([operation.id, !operation.isPublic]);
    }
  });

  test("names every error code that the server has", async () => {
    const files = await Array.fromAsync(new Bun.Glob("**/*.ts").scan({ cwd: serverDirectory }));
    const others = files.filter((file) => !/^http\/(error-codes|openapi\/)/.test(file));
    const texts = await Promise.all(
      others.map((file) => Bun.file(join(serverDirectory, file)).text()),
    );
    const text = texts.join("\n");
    // Made of the state of an engine.
    const codes = Object.keys(errorCodes).filter((code) => code !== "engine-unusable");
    expect(codes.filter((code) => !text.includes(`"${code}"`))).toEqual([]);
    const named = JSON.stringify(Object.values(api.paths));
    // Of no operation: there is no such route.
    const general = new Set(["route"]);
    const unnamed = Object.keys(errorCodes).filter((code) => !named.includes(`\`${code}\`: `));
    expect(unnamed.filter((code) => !general.has(code))).toEqual([]);
  });
});

type Operations = (typeof subjects)[number]["operations"];
type OneOf<All> = All extends unknown ? All[keyof All] : never;
type Answering = Extract<OneOf<Operations>, { answer: z.ZodType }>;
type AnswerOf<Id> = z.output<Extract<Answering, { id: Id }>["answer"]>;
type IsSame<Id> = Id extends keyof Rein ? Same<Awaited<ReturnType<Rein[Id]>>, AnswerOf<Id>> : false;
/** The operations that are no function of the SDK, and those whose function has another type than their answer. */
type Differing = { [Id in Answering["id"]]: IsSame<Id> extends true ? never : Id }[Answering["id"]];

/** It does not compile when one of them is missing or needless here. */
const differing: Record<Differing, string> = {
  export: "`download` gives it as it is",
  redo: "`undo` does both ways",
  openapi: "this document",
};

test("each operation that answers JSON is a function of the SDK, with the type of its answer", () => {
  const functions = Object.keys(createRein({ url, credential: null }));
  const answering = operations.filter(({ operation }) => operation.answer);
  const others = answering.filter(({ operation: { id } }) => !functions.includes(id));
  const ids = others.map(({ operation: { id } }) => id);
  expect(ids.toSorted()).toEqual(Object.keys(differing).toSorted());
});

/** Their fields are all optional, and a body without any changes nothing. */
function acceptsNothing(id: string): boolean {
  const patches = ["changeQueued", "patchSession", "changeSchedule", "changeNote", "patchPerson"];
  return [...patches, "saveSettings", "saveCommands"].includes(id);
}

/** How many leave a part of their row blank. */
function narrowCells(cells: HTMLElement[]): number {
  return cells.filter(
    (cell) => cell.offsetWidth > 0 && cell.offsetWidth < cell.parentElement!.offsetWidth,
  ).length;
}

describe("the reference page", () => {
  test("is read in Chromium without a network and without faults, wide and on a phone, light and dark", async () => {
    const browser = await launchBrowser();
    for (const size of [screenSizes.desktop, screenSizes.phone]) {
      const context = await browser.newContext({ ...size, bypassCSP: false });
      const page = await context.newPage();
      const asked: string[] = [];
      const faults: string[] = [];
      page.on("request", (request) => asked.push(new URL(request.url()).host));
      page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
      await page.goto(`${url}/api/reference#stopRun`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
      expect({ wide, faults, hosts: [...new Set(asked)] }).toEqual({
        wide: false,
        faults: [],
        hosts: [new URL(url).host],
      });
      const targets = await page.$$eval('a[href^="#"]', (links) =>
        links.map((link) => link.getAttribute("href")!.slice(1)),
      );
      const all = await page.$$eval("[id]", (elements) => elements.map(({ id }) => id));
      const ids = new Set(all);
      expect(all.filter((id, index) => all.indexOf(id) !== index)).toEqual([]);
      expect(targets.filter((target) => !ids.has(target))).toEqual([]);
      expect(operations.filter(({ operation }) => !ids.has(operation.id))).toEqual([]);
      // Each field of both bodies that it takes has a row.
      const chat = page.locator("article", { has: page.locator("#chat") });
      const fields = await chat.locator(".table th").allTextContents();
      for (const body of [requests.chatRequest, requests.uiChatRequest])
        expect(fields).toEqual(expect.arrayContaining(Object.keys(body.shape)));
      const narrow = size === screenSizes.phone ? await page.$$eval("td", narrowCells) : 0;
      expect(narrow).toBe(0);
      const errors = page.locator("article", { hasText: "/api/chat/{id}/stream" });
      expect(await errors.locator("details h4").allTextContents()).not.toContain("204");
      expect(await errors.locator("> h4").allTextContents()).toContain("Answer 204");
      // One operation and one schema are like all others.
      await page.$$eval("article", (all) => {
        for (const one of all) if (!one.querySelector("#chat, #schema-Run")) one.remove();
      });
      expect(await axeFaults(page)).toEqual([]);
      await context.close();
    }
    await browser.close();
  });

  test("can run no script of another origin, nor one in it", async () => {
    const { headers } = await fetch(`${url}/api/reference`);
    const policy = headers.get("Content-Security-Policy");
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'sha256-[^']+'; /);
    expect(policy).not.toContain("unsafe");
  });
});
