/** Attached files are what their content says, stand whole under its hash or not at all, and fit into the requests that carry them. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { Database } from "bun:sqlite";
import { createHash } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateSync } from "node:zlib";
import * as fc from "fast-check";
import { abortable } from "../server/abort";
import { nextRequestTokens } from "../server/agent/compaction";
import { usageOf } from "../server/agent/token-estimate";
import type { TurnRequest } from "../server/agent/turn-types";
import { Attachments } from "../server/attachments/attachments";
import { FileRefusedError } from "../server/attachments/file-refused-error";
import { UploadStoppedError } from "../server/attachments/open-uploads";
import { FileInspector, inspectFile } from "../server/attachments/file-content";
import { readRequestFiles } from "../server/attachments/request-files";
import { PictureScaler } from "../server/attachments/scaled-picture";
import { UnsentFiles } from "../server/attachments/unsent-files";
import { findFiles, uploadError } from "../server/http/message-files";
import { log } from "../server/log";
import { Store } from "../server/store/store";
import {
  type FileRef,
  type MediaType,
  mediaTypes,
  type Message,
  type Part,
} from "../shared/protocol";
import { chatRequest } from "../shared/requests";
import { crowdedOut } from "../shared/request-room";
import { whyNotTaken } from "../shared/taken-files";
import { emptySession } from "./long-session";
import { ask, messageOf, rejectionOf, userMessage } from "./provider-wires";
import { losslessWebp, pngWith, samples } from "./sample-files";
import { temporaryDirectory } from "./temporary-directory";

const live = new AbortController().signal;
const png = samples["image/png"];
let directory: string;
let outside: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "rein-files-"));
  outside = mkdtempSync(join(tmpdir(), "rein-outside-"));
});
afterEach(() => {
  for (const path of [directory, outside]) rmSync(path, { recursive: true, force: true });
});

describe("a type", () => {
  test.each(mediaTypes.map((type) => [type]))(
    "%s is known by its content, with its size",
    (type) => {
      const size = /pdf|text/.test(type) ? {} : { size: { width: 3, height: 2 } };
      expect(inspectFile(samples[type])).toEqual({ mediaType: type, ...size });
    },
  );

  test("a lossless WebP has its size too", () => {
    expect(inspectFile(losslessWebp)?.size).toEqual({ width: 3, height: 2 });
  });

  test.each([
    ["SVG", '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
    ["SVG after a declaration", '<?xml version="1.0"?><svg/>'],
    ["HTML", "<!doctype html><script>alert(1)</script>"],
    ["HTML with a picture in it", `<html>${png.toString("latin1")}`],
    ["a PDF that does not begin as one", "<script></script>\n%PDF-1.4"],
    ["text", "GIF is a format"],
    ["text with a byte order mark", "\xef\xbb\xbfgr\xc3\xb6\xc3\x9fer"],
    ["nothing", ""],
  ])("%s is text", (_name, content) => {
    const isUtf8 = !content.includes("\x89");
    const found = inspectFile(Buffer.from(content, "latin1"));
    expect(found).toEqual(isUtf8 ? { mediaType: "text/plain" } : undefined);
  });

  test.each([
    ["a program", "\x7fELF\x02\x01\0\0"],
    ["Latin-1", "gr\xf6\xdfer"],
    ["text that ends within a character", "gr\xc3"],
    ["text with a NUL", "a\0b"],
    ["UTF-16", "\xff\xfea\0b\0"],
  ])("%s is none", (_name, content) => {
    expect(inspectFile(Buffer.from(content, "latin1"))).toBeUndefined();
  });

  test.each(mediaTypes.map((type) => [type]))("%s is known in pieces of any length", (type) => {
    for (const length of [1, 2, 3, 7, 31]) {
      const inspector = new FileInspector();
      for (let at = 0; at < samples[type].length; at += length)
        inspector.add(samples[type].subarray(at, at + length));
      expect(inspector.found()).toEqual(inspectFile(samples[type]));
    }
  });

  test.each(["image/png", "image/jpeg", "image/webp", "image/gif"] as const)(
    "a picture that is cut anywhere is none: %s",
    (type) => {
      const whole = samples[type];
      // The last bytes of a PNG are the checksum of its end, those of a WebP a filler.
      for (let length = 0; length < whole.length - 8; length++)
        expect(inspectFile(whole.subarray(0, length))?.mediaType).not.toBe(type);
    },
  );

  test.each(mediaTypes.map((type) => [type]))(
    "whatever follows its beginning, a %s is known as that, with a size of its own, or as nothing",
    (type) => {
      const whole = samples[type];
      const change = fc.tuple(fc.integer({ min: 12, max: whole.length - 1 }), fc.nat(255));
      fc.assert(
        fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
          const bytes = Buffer.from(whole);
          for (const [at, value] of changes) bytes[at] = value;
          const found = inspectFile(bytes);
          if (found === undefined) return;
          expect(found.mediaType).toBe(type);
          for (const side of Object.values(found.size ?? {}))
            expect(side).toSatisfy((one) => Number.isSafeInteger(one) && one >= 0);
        }),
        { seed: 20_261, numRuns: 200 },
      );
    },
  );
});

test.each([
  ["../../etc/passwd", "etc/passwd"],
  ["/src/./a.ts", "src/a.ts"],
  ["C:\\photo.png", "C:_photo.png"],
  ["shot\u202egnp.exe", "shot_gnp.exe"],
  ["two\nlines\0\u001b[31m", "two_lines__[31m"],
  ["half \ud800", "half \ufffd"],
  ["  ", "file"],
  ["Überblick 1.png", "Überblick 1.png"],
  [`${"folder/".repeat(500)}a.ts`, `…${"folder/".repeat(200).slice(-1019)}a.ts`],
])("a file called %j is called %j: a name is no path, and is seen as it is", (given, name) => {
  const hash = hashOf(png);
  const { files } = chatRequest.parse({ files: [{ hash, name: given }] });
  expect(files).toEqual([{ hash, name }]);
});

describe("storage", () => {
  test("a file stands under the hash of its content, for its owner only, once", async () => {
    const files = open();
    const pieces = [png.subarray(0, 5), png.subarray(5)];
    const stored = await files.add(pieces, live);
    expect(stored).toEqual({ hash: hashOf(png), mediaType: "image/png", bytes: png.length });
    expect(await files.add([png], live)).toEqual(stored);
    expect(readdirSync(directory)).toEqual([stored.hash]);
    expect(statSync(join(directory, stored.hash)).mode & 0o777).toBe(0o600);
    expect(await files.find(stored.hash, live)).toEqual(stored);
    expect(await files.read(stored.hash, live)).toEqual(png);
  });

  test.each<[string, () => AsyncIterable<Uint8Array>, AbortSignal]>([
    ["breaks off", () => cutAfter(png.subarray(0, 20)), live],
    ["is too large", () => endless(), live],
    ["is of no known type", () => once(Buffer.from("a\0b")), live],
    ["is aborted", () => once(png), AbortSignal.abort(new Error("aborted"))],
  ])("an upload that %s leaves nothing", async (_name, content, signal) => {
    const files = open();
    expect(await rejectionOf(files.add(content(), signal))).toBeInstanceOf(Error);
    expect(readdirSync(directory)).toEqual([]);
  });

  test("a file that is too large, or of no known type, is refused in words", async () => {
    const files = open();
    const large = await rejectionOf(files.add(endless(), live));
    const unknown = await rejectionOf(files.add([Buffer.from("a\0b")], live));
    expect([large, unknown]).toMatchObject([{ code: "size" }, { code: "type" }]);
    expect(unknown).toBeInstanceOf(FileRefusedError);
  });

  test("what no session names is removed at the start, a crash's half upload too", async () => {
    const [kept, dropped] = [hashOf(png), hashOf(pngWith("b"))];
    writeFileSync(join(directory, kept), png);
    writeFileSync(join(directory, dropped), pngWith("b"));
    writeFileSync(join(directory, "1234.new"), png.subarray(0, 9));
    open([kept]);
    expect(readdirSync(directory)).toEqual([kept]);
  });

  test("nothing is removed when the database cannot say what is named", () => {
    writeFileSync(join(directory, hashOf(png)), png);
    const files = new Attachments(directory, undefined, () => true);
    files.release([hashOf(png)]);
    expect(readdirSync(directory)).toEqual([hashOf(png)]);
  });

  test("half an upload is removed at the start, also when it is not known what sessions name", () => {
    for (const name of [hashOf(png), "half.new"]) writeFileSync(join(directory, name), "");
    expect(new Attachments(directory, undefined, () => true).has(hashOf(png))).toBe(true);
    expect(readdirSync(directory)).toEqual([hashOf(png)]);
  });

  test("a directory that is none is refused in words", () => {
    const path = join(directory, "file");
    writeFileSync(path, "");
    expect(() => new Attachments(path, undefined, () => true)).toThrow("move away what is there");
  });

  test("only what no session names any more is released", async () => {
    const named = new Set<string>();
    const files = new Attachments(directory, named, (hash) => named.has(hash));
    const [a, b] = [await files.add([png], live), await files.add([pngWith("b")], live)];
    named.add(a.hash);
    files.release([a.hash, b.hash]);
    expect(readdirSync(directory)).toEqual([a.hash]);
  });

  test("a file stays while the row that names it cannot be saved, and is released when none does", async () => {
    using data = temporaryDirectory();
    const path = join(data.path, "rein.db");
    const store = new Store(path);
    const files = new Attachments(directory, store.files.all(), (hash) => store.files.has(hash));
    const [a, b] = [await files.add([png], live), await files.add([pngWith("b")], live)];
    store.create(emptySession("/"));
    const other = new Database(path);
    other.run("BEGIN IMMEDIATE");
    log.level = "silent";
    store.files.add("long-session", [a]);
    files.release([a.hash]);
    expect(store.storageError).toContain("Another program holds its lock");
    expect(readdirSync(directory).toSorted()).toEqual([a.hash, b.hash].toSorted());
    other.close();
    files.release([a.hash, b.hash]);
    log.level = "info";
    expect(readdirSync(directory)).toEqual([a.hash]);
    store.close();
  });

  test.each(["../rein.db", "a".repeat(63), `${"a".repeat(64)}/../../x`, "A".repeat(64)])(
    "%s is no hash, and leads nowhere",
    async (hash) => {
      const files = open();
      expect(await rejectionOf(files.find(hash, live))).toMatchObject({
        message: expect.any(String),
      });
      expect(() => files.release([hash])).toThrow("SHA-256");
    },
  );
});

test.each<[string, (path: string) => void]>([
  ["a pipe", (path) => void Bun.spawnSync(["mkfifo", path])],
  ["a link to the content", (path) => linkTo(path, png)],
  ["a directory", (path) => mkdirSync(path)],
  ["another picture", (path) => writeFileSync(path, pngWith("other"))],
])("%s in the place of a file is not waited for, followed or given", async (_name, put) => {
  const files = open();
  const { hash } = await files.add([png], live);
  const path = join(directory, hash);
  rmSync(path);
  put(path);
  expect(await files.read(hash, live)).toBeUndefined();
  // By its first bytes alone another picture is one.
  if (!statSync(path).isFile() || lstatSync(path).isSymbolicLink()) {
    expect(await files.find(hash, live)).toBeUndefined();
    expect(files.has(hash)).toBe(false);
  }
});

describe("an upload that waits to be sent", () => {
  const named = new Set<string>();
  const upload = async (files: Attachments, name: string, session = "one") =>
    (await files.upload(() => [pngWith(name)], { sessionId: session }, live)).hash;
  const make = () => new Attachments(directory, new Set(), (hash) => named.has(hash));
  afterEach(() => named.clear());

  test("is never pushed out by another: what finds no room is refused, until something is sent or removed", async () => {
    const files = make();
    const first = await upload(files, "first");
    for (let count = 1; count < 300; count++) await upload(files, `${count}`);
    expect(await rejectionOf(upload(files, "more"))).toMatchObject({
      code: "room",
      message: expect.stringContaining("Send or remove some, then try again"),
    });
    expect(readdirSync(directory)).toHaveLength(300);
    // What is there takes no more room.
    expect(await upload(files, "2")).toBe(hashOf(pngWith("2")));
    named.add(first);
    files.markSent([first]);
    const more = await upload(files, "more");
    files.discard(more);
    await upload(files, "another");
    const kept = readdirSync(directory);
    expect(kept).toHaveLength(301);
    expect(kept).toContain(first);
    expect(kept).not.toContain(more);
  });

  test("makes room for another session after an hour, but never for its own", async () => {
    let now = 0;
    const unsent = new UnsentFiles(() => now);
    const add = (hash: string, session = "one") =>
      unsent.add({ hash, bytes: 50_000_000 }, { sessionId: session });
    for (let count = 0; count < 30; count++) expect(add(`${count}`)).toEqual([]);
    expect(() => add("more", "two")).toThrow("Too much waits to be sent");
    now = 3_600_001;
    expect(() => add("more")).toThrow("1.5 GB");
    expect(add("more", "two")).toEqual(["0"]);
    expect([unsent.has("0"), unsent.has("1"), unsent.has("more")]).toEqual([false, true, true]);
  });

  test("stays while another upload has brought the same, and when a session that names it is deleted", async () => {
    const files = make();
    const hash = await upload(files, "same");
    await upload(files, "same", "two");
    files.discard(hash);
    expect(files.has(hash)).toBe(true);
    // Sent by another session, which is then deleted.
    files.release([hash]);
    expect(files.has(hash)).toBe(true);
    files.discard(hash);
    expect(files.has(hash)).toBe(false);
  });
});

describe("a request", () => {
  test("carries each file that its model takes", async () => {
    const { sent, refs } = await request([png, samples["application/pdf"]]);
    expect(sent.get(refs[0]!.hash)).toEqual({ data: png.toString("base64") });
    expect(sent.get(refs[1]!.hash)).toHaveProperty("data");
  });

  test.each<[string, (hash: string) => void]>([
    ["deleted", (hash) => rmSync(join(directory, hash))],
    ["changed", (hash) => writeFileSync(join(directory, hash), pngWith("other"))],
  ])("goes on without a file that was %s in the data directory", async (_name, harm) => {
    const { sent, refs } = await request([png], { harm });
    expect(sent.get(refs[0]!.hash)).toEqual({ leftOut: "it is no longer there" });
  });

  test("leaves out what its model cannot take, without reading it", async () => {
    const { sent, refs } = await request([png], { model: "gpt-3.5-turbo" });
    expect(sent.get(refs[0]!.hash)).toEqual({ leftOut: "this model takes no pictures" });
  });

  test("says that a damaged picture, or one of too many pixels, cannot be scaled, and goes on", async () => {
    const [damaged, bomb] = [Buffer.from(png), Buffer.from(png)];
    damaged.writeUInt32BE(8001, 16);
    bomb.writeUInt32BE(1_000_000, 16);
    bomb.writeUInt32BE(1_000_000, 20);
    const { sent, refs } = await request([damaged, bomb, png]);
    const words = refs.map(({ hash }) => sent.get(hash));
    expect(words[0]).toMatchObject({ leftOut: expect.stringContaining("damaged") });
    expect(words[1]).toMatchObject({ leftOut: expect.stringContaining("too many") });
    expect(words[2]).toHaveProperty("data");
  });

  test.each([
    ["claude-opus-5-5", 1568],
    ["gpt-5.4", 2048],
  ])("scales a large picture to what %s takes, the same each time", async (model, side) => {
    const large = Buffer.from(await new Bun.Image(png).resize(2200, 1100).jpeg().bytes());
    const { sent, refs } = await request([large], { model });
    const found = sent.get(refs[0]!.hash);
    if (found === undefined || !("data" in found)) throw new Error("it is sent");
    const { width, height } = await new Bun.Image(Buffer.from(found.data, "base64")).metadata();
    expect([width, height]).toEqual([side, side / 2]);
    const again = await readRequestFiles(
      open(refs.map(({ hash }) => hash)),
      saying(refs),
      { provider: "x", model },
      live,
    );
    expect(again.get(refs[0]!.hash)).toEqual(found);
  });

  test.each<[string, Buffer<ArrayBuffer>]>([
    ["gemini", samples["image/gif"]],
    ["ollama", samples["image/gif"]],
    ["xai", samples["image/webp"]],
  ])("converts what %s does not take", async (provider, content) => {
    const files = open();
    const stored = { name: "it", ...(await files.add([content], live)) };
    const sent = await readRequestFiles(files, saying([stored]), { provider, model: "m" }, live);
    expect(sent.get(stored.hash)).toMatchObject({
      mediaType: provider === "xai" ? "image/jpeg" : "image/png",
    });
  });

  test("carries a text, and of a long one the head and the tail with what is left out", async () => {
    const long = Buffer.from(`begin${"x".repeat(300_000)}end`);
    const { sent, refs } = await request([samples["text/plain"], long]);
    expect(sent.get(refs[0]!.hash)).toEqual({ text: samples["text/plain"].toString() });
    const cut = sent.get(refs[1]!.hash);
    if (cut === undefined || !("text" in cut)) throw new Error("it is sent");
    expect(cut.text).toStartWith("begin");
    expect(cut.text).toEndWith("end");
    expect(cut.text).toContain("100008 of 300008 characters are left out");
    expect(cut.text.length).toBeLessThan(200_300);
  });

  test("carries no more text than half of its model's window holds, the newest", async () => {
    const files = open();
    const refs: FileRef[] = [];
    for (const letter of ["a", "b", "c"])
      refs.push({ name: letter, ...(await files.add([Buffer.from(letter.repeat(9000))], live)) });
    const small = { ...reader("m"), contextTokens: 10_000 };
    const sent = await readRequestFiles(files, saying(refs), small, live);
    const shown = refs.map(({ hash }) => "text" in sent.get(hash)!);
    expect(shown).toEqual([false, false, true]);
  });

  test("leaves out the oldest files beyond its room, and stays the same as the next ones come", async () => {
    const read = async () => samples["application/pdf"];
    const gone = async (count: number, bytes: number) => {
      const refs = Array.from({ length: count }, (_, index) => pdfOf(`${index}`, bytes));
      const sent = await readRequestFiles({ read, pictures }, saying(refs), takingPdfs, live);
      return refs.map(({ hash }) => Number("leftOut" in sent.get(hash)!)).join("");
    };
    expect(await gone(20, 100)).toBe("0".repeat(20));
    expect(await gone(21, 100)).toBe("1".repeat(10) + "0".repeat(11));
    expect(await gone(30, 100)).toBe("1".repeat(10) + "0".repeat(20));
    expect(await gone(8, 2_000_000)).toBe("11110000");
    expect(await gone(10, 2_000_000)).toBe("1111000000");
    expect(await gone(1, 14_000_000)).toBe("0");
  });

  test("counts a file as often as it is shown, from its last time on", async () => {
    const read = async () => samples["application/pdf"];
    const [a, b] = [pdfOf("a", 6_000_000), pdfOf("b", 4_500_000)];
    const sent = await readRequestFiles({ read, pictures }, saying([a, b, a]), takingPdfs, live);
    expect(sent.get(b.hash)).toHaveProperty("leftOut");
    expect(sent.get(a.hash)).toHaveProperty("leftOut");
    const small = { ...b, bytes: 3_900_000 };
    const fits = await readRequestFiles(
      { read, pictures },
      saying([small, a, small]),
      takingPdfs,
      live,
    );
    expect(fits.get(a.hash)).toHaveProperty("data");
  });

  test("counts a picture as what is sent of it: large ones that are scaled down all go", async () => {
    const photo = (name: string) => Buffer.concat([pngWith(name), Buffer.alloc(4_500_000, 32)]);
    const files = open();
    const refs: FileRef[] = [];
    for (const name of ["a", "b", "c", "d"])
      refs.push({ name, ...(await files.add([photo(name)], live)) });
    const claude = { provider: "openrouter", model: "anthropic/claude-5" };
    const sent = await readRequestFiles(files, saying(refs), claude, live);
    expect(refs.map(({ hash }) => "data" in sent.get(hash)!)).toEqual([true, true, true, true]);
  });

  test("leaves out the oldest PDFs whose pages are too many together, and says so before", async () => {
    const read = async () => samples["application/pdf"];
    const refs = [60, 60, 30].map((pages) => ({ ...pdfOf(`${pages}`, 9 + pages), pages }));
    refs[1]!.hash = hashOf(Buffer.from("other"));
    const claude = { provider: "anthropic", model: "claude-opus-5-5" };
    const sent = await readRequestFiles({ read, pictures }, saying(refs), claude, live);
    expect(refs.map(({ hash }) => "data" in sent.get(hash)!)).toEqual([false, true, true]);
    expect([...crowdedOut(refs, claude).keys()]).toEqual([refs[0]!.hash]);
    expect(crowdedOut(refs, { ...claude, contextTokens: 1_000_000 }).size).toBe(0);
    const text = { ...ref("text", 300_000), mediaType: "text/plain" as const };
    const small = { provider: "x", model: "m", contextTokens: 10_000 };
    expect(crowdedOut([text, { ...text, hash: hashOf(png) }], small).get(text.hash)).toContain(
      "has to read it",
    );
  });

  test("stops waiting for the disk when it is aborted", async () => {
    const reading = readRequestFiles(
      {
        pictures,
        read: (_hash, signal) =>
          new Attachments(directory, new Set(), () => true).read(hashOf(png), signal),
      },
      saying([ref("a", 10)]),
      reader("m"),
      AbortSignal.abort(new Error("stopped")),
    );
    expect(await rejectionOf(reading)).toHaveProperty("message", "stopped");
  });
});

test("pictures and PDFs count as tokens while the service has not counted them: for limits and for a summary", () => {
  const pdf = { ...ref("pdf", 100_000), mediaType: "application/pdf" as const };
  const tokens = (refs: FileRef[]) => {
    const messages = saying(refs);
    const turn = { request: ask("m", ...messages), counted: {}, mayBeCharged: true };
    const request = { info: () => undefined } as unknown as TurnRequest;
    const { inputTokens } = usageOf(request, messageOf([], "p", "m"), turn);
    // The text around them is less than a hundred.
    return [inputTokens, nextRequestTokens(messages)].map((count) => Math.floor(count / 100));
  };
  expect(tokens([])).toEqual([0, 0]);
  expect(tokens([ref("picture", 9)])).toEqual([15, 15]);
  expect(tokens([ref("picture", 9), pdf])).toEqual([95, 95]);
  const call: Part = {
    type: "tool-call",
    id: "call",
    callId: "call",
    name: "read",
    inputText: "{}",
    state: "done",
    output: "A picture.",
  };
  const reading = (files: FileRef[]) => [{ ...userMessage(""), parts: [{ ...call, files }] }];
  expect(nextRequestTokens(reading([ref("read", 9)]))).toBe(nextRequestTokens(reading([])) + 1500);
});

test("a message whose files are on a disk that hangs is refused with what to do", async () => {
  const find = (_hash: string, signal: AbortSignal) =>
    abortable(new Promise<never>(() => {}), signal);
  const attachments = { find } as Partial<Attachments> as Attachments;
  const use = { mayUse: () => true, user: undefined, headers: {} };
  const finding = findFiles({ attachments }, [{ hash: hashOf(png), name: "shot.png" }], use, 1);
  expect(await rejectionOf(finding)).toMatchObject({
    status: 503,
    code: "storage",
    message: expect.stringContaining("Check the disk"),
  });
});

test("an upload to a full disk is refused with what to do", async () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" });
  expect(uploadError(full)).toMatchObject({
    status: 503,
    code: "storage",
    message: expect.stringContaining("the disk is full. Nothing of it stays."),
  });
  const other = new Error("another");
  expect(uploadError(other)).toBe(other);
});

test("an upload that a stop cancelled is answered so by every route that keeps files", () => {
  expect(uploadError(new UploadStoppedError())).toMatchObject({
    status: 409,
    code: "upload-stopped",
  });
});

test.each<[string, string, MediaType, string | undefined]>([
  ["anthropic", "claude-opus-5-5", "image/png", undefined],
  ["anthropic", "claude-opus-5-5", "application/pdf", undefined],
  ["openai", "gpt-5.4", "application/pdf", undefined],
  ["openai", "gpt-3.5-turbo", "application/pdf", "this model takes no PDFs"],
  ["openai", "o3-mini", "image/png", "this model takes no pictures"],
  ["gemini", "gemini-3.1-pro", "image/gif", undefined],
  ["openai", "gpt-3.5-turbo", "text/plain", undefined],
  ["gemini", "gemma-3-27b-it", "application/pdf", "this model takes no PDFs"],
  ["openrouter", "deepseek/deepseek-chat", "image/png", "this model takes no pictures"],
  ["openrouter", "deepseek/deepseek-chat", "application/pdf", undefined],
  ["openai-chat", "a-model-of-tomorrow", "image/png", undefined],
  ["openai-chat", "a-model-of-tomorrow", "application/pdf", "this model takes no PDFs"],
])("%s %s and %s: %s", (provider, model, mediaType, why) => {
  expect(whyNotTaken({ mediaType, bytes: 9 }, { provider, model })).toBe(why);
});

test.each([
  ["anthropic", "claude-opus-5-5", 0, "22.0 MB", 100],
  ["anthropic", "claude-opus-5-5", 1_000_000, "22.0 MB", 600],
  ["openai", "gpt-5.4", 0, "36.0 MB", Infinity],
  ["gemini", "gemini-3.1-pro", 0, "50.0 MB", 1000],
  ["openrouter", "anthropic/claude-5", 0, "14.0 MB", 100],
])(
  "a PDF that no request can carry is known before it is sent: %s %s (%i)",
  (provider, model, contextTokens, size, most) => {
    const reader = { provider, model, contextTokens };
    const why = (more: { bytes?: number; pages?: number }) =>
      whyNotTaken({ mediaType: "application/pdf", bytes: 9, ...more }, reader);
    const bytes = Number.parseFloat(size) * 1e6;
    expect(why({ bytes })).toBeUndefined();
    expect(why({ bytes: bytes + 1 })).toContain(`PDFs of at most ${size}`);
    const pages = Number.isFinite(most) ? most : 1_000_000;
    expect(why({ pages })).toBeUndefined();
    if (Number.isFinite(most))
      expect(why({ pages: most + 1 })).toBe(
        `it has ${most + 1} pages, and a request to this model carries at most ${most}`,
      );
  },
);

describe("the pages of a PDF are counted", () => {
  const head = "%PDF-1.7\n";
  const pagesOf = (count: number) => "<< /Type /Page /Parent 1 0 R >> endobj\n".repeat(count);
  const packed = (objects: string) => {
    const stream = deflateSync(Buffer.from(objects)).toString("latin1");
    return `5 0 obj\n<</Type/ObjStm/N 3/First 20/Filter/FlateDecode/Length ${stream.length}>>\nstream\r\n${stream}\r\nendstream\nendobj\n`;
  };
  test.each<[string, string, number | undefined]>([
    ["by their objects", `${head}${pagesOf(3)}`, 3],
    ["by their root", `${head}1 0 obj <</Kids[2 0 R]/Count 120/Type/Pages>> endobj`, 120],
    ["but not their outline", `${head}9 0 obj <</Count 70>> endobj ${pagesOf(2)}`, 2],
    ["in packed objects", head + packed("<</Type/Pages/Kids[3 0 R]/Count 42>><</Count 9>>"), 42],
    ["across pieces", `${head}${" ".repeat(999_985)}<</Type /Pages /Count 7>>endobj`, 7],
    ["and none is known of one without", `${head}1 0 obj <<>> endobj`, undefined],
    ["and a hostile one ends", `${head}${"/Type/Pages ".repeat(300_000)}/Count 3`, undefined],
    ["and a bomb is not unpacked", head + packed(" ".repeat(5_000_000)).repeat(20), undefined],
    ["and a damaged stream has none", head + packed("x").replace("\r\nx", "\r\n?"), undefined],
  ])("%s", async (_name, content, pages) => {
    const files = open();
    const stored = await files.add([Buffer.from(content, "latin1")], live);
    expect(stored.pages).toBe(pages);
    // After a restart they are counted anew.
    for (const one of [files, open([stored.hash])])
      expect((await one.find(stored.hash, live))?.pages).toBe(pages);
  });
});

test("what a service says of its model counts more than the model's name", () => {
  const reader = { provider: "openai-chat", model: "gpt-3.5", takes: { images: true, pdfs: true } };
  expect(whyNotTaken({ mediaType: "image/png", bytes: 9 }, reader)).toBeUndefined();
  expect(whyNotTaken({ mediaType: "application/pdf", bytes: 9 }, reader)).toBeUndefined();
  const blind = { provider: "anthropic", model: "claude-5", takes: { images: false } };
  expect(whyNotTaken({ mediaType: "image/png", bytes: 9 }, blind)).toBe(
    "this model takes no pictures",
  );
});

const takingPdfs = { provider: "openai-chat", model: "m", takes: { images: true, pdfs: true } };

function pdfOf(name: string, bytes: number): FileRef {
  return { ...ref(name, bytes), mediaType: "application/pdf" };
}

function linkTo(path: string, content: Buffer): void {
  const target = join(outside, "file");
  writeFileSync(target, content);
  symlinkSync(target, path);
}

const pictures = new PictureScaler();

function open(named: string[] = []): Attachments {
  return new Attachments(directory, new Set(named), () => false);
}

/** What a request of this model carries of files that the user's message brings. */
async function request(
  contents: Buffer[],
  { model = "claude-opus-5-5", harm = (_hash: string) => {} } = {},
) {
  const files = open();
  const refs: FileRef[] = [];
  for (const content of contents)
    refs.push({ name: "file", ...(await files.add([content], live)) });
  for (const { hash } of refs) harm(hash);
  const provider = model.startsWith("claude") ? "anthropic" : "openai";
  return { refs, sent: await readRequestFiles(files, saying(refs), { provider, model }, live) };
}

function reader(model: string) {
  return { provider: "openai-chat", model };
}

function saying(refs: FileRef[]): Message[] {
  const message = userMessage("Look.");
  message.parts.unshift(...refs.map((file) => ({ type: "file" as const, id: file.hash, ...file })));
  return [message];
}

function ref(name: string, bytes: number): FileRef {
  return { name, mediaType: "image/png", bytes, hash: hashOf(Buffer.from(name)) };
}

function hashOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

async function* once(bytes: Uint8Array) {
  yield bytes;
}

async function* cutAfter(bytes: Uint8Array) {
  yield bytes;
  throw new Error("the connection was closed");
}

async function* endless() {
  const piece = Buffer.concat([png, Buffer.alloc(1_000_000)]);
  for (;;) yield piece;
}
