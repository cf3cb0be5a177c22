/** The files of a message that is being written: uploaded three at a time, cut at any moment, and kept across a reload. */
import { afterEach, beforeEach, expect, type Mock, spyOn, test } from "bun:test";
import { createSignal } from "solid-js";
import { api, ApiError } from "../client/state/api-client";
import { type AttachedFile, createAttachedFiles } from "../client/state/attached-files";
import { type Host, host, provideHost } from "../client/state/host";
import { dropWaitingUploads } from "../client/state/upload-slots";
import { nextTurn } from "./within";

interface Upload {
  name: string;
  sessionId: string | undefined;
  signal: AbortSignal;
  progress: (sent: number) => void;
  store: () => void;
  fail: (code: string) => void;
}

/** Those that have begun, as the server would see them. */
let begun: Upload[];
let upload: Mock<typeof api.upload>;
let removeFile: Mock<typeof api.removeFile>;
let before: Host;
let kept: Map<string, string>;

beforeEach(() => {
  begun = [];
  kept = new Map();
  before = host();
  provideHost({ ...before, windowStorage: () => storage });
  removeFile = spyOn(api, "removeFile").mockResolvedValue({ ok: true });
  upload = spyOn(api, "upload").mockImplementation(
    (content, { sessionId, onProgress = () => {} }, signal) =>
      new Promise((resolve, reject) => {
        const name = (content as File).name;
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        const hash = name.padEnd(64, "0").replaceAll(/[^0-9a-f]/g, "0");
        begun.push({
          name,
          sessionId,
          signal,
          progress: onProgress,
          store: () => resolve({ mediaType: "text/plain", bytes: content.size, hash }),
          fail: (code) => reject(new ApiError(409, code, `Refused: ${code}`)),
        });
      }),
  );
});

afterEach(async () => {
  // The slots belong to the window: none is left taken.
  dropWaitingUploads();
  for (const { store } of begun) store();
  await nextTurn();
  upload.mockRestore();
  removeFile.mockRestore();
  provideHost(before);
});

const storage = {
  getItem: (name: string) => kept.get(name) ?? null,
  setItem: (name: string, value: string) => void kept.set(name, value),
  removeItem: (name: string) => void kept.delete(name),
  names: () => [...kept.keys()],
};

test("three are uploaded at a time, the others in their order, and a cancel gives its turn to the next", async () => {
  const attached = createAttachedFiles(sessionOf("s"), sessionOf("s"));
  attached.add(brought("a", "b", "c", "d", "e", "f"));
  expect(names(begun)).toEqual(["a", "b", "c"]);
  expect(begun[0]?.sessionId).toBe("s");
  begun[1]!.store();
  await until(4);
  expect(names(begun)).toEqual(["a", "b", "c", "d"]);
  const idOf = (name: string) => attached.files().find((file) => file.name === name)!.id;
  // One that waits, and one that is on its way.
  attached.remove([idOf("e"), idOf("a")]);
  await until(5);
  expect(names(begun)).toEqual(["a", "b", "c", "d", "f"]);
  expect(begun[0]!.signal.aborted).toBe(true);
  expect(names(attached.files())).toEqual(["b", "c", "d", "f"]);
  for (const one of begun) one.store();
  await attached.settled();
  expect(names(attached.take())).toEqual(["b", "c", "d", "f"]);
  expect(attached.files()).toEqual([]);
  // Not yet stored when they were cancelled: the server has nothing to remove.
  expect(removeFile).not.toHaveBeenCalled();
});

test("what was stored is removed on the server, once for each upload of it", async () => {
  const attached = createAttachedFiles(sessionOf("s"), sessionOf("s"));
  attached.add(brought("a", "a"));
  for (const one of begun) one.store();
  await attached.settled();
  const [first, second] = attached.files();
  attached.remove([first!.id]);
  expect(removeFile).toHaveBeenCalledTimes(1);
  attached.remove([second!.id]);
  expect(removeFile).toHaveBeenCalledTimes(2);
});

test("one that failed is tried again, but not one that would be refused again", async () => {
  const attached = createAttachedFiles(sessionOf("s"), sessionOf("s"));
  attached.add(brought("a", "b"));
  begun[0]!.fail("slow");
  begun[1]!.fail("type");
  await attached.settled();
  expect(errors(attached.files())).toEqual(["Refused: slow", "Refused: type"]);
  attached.tryAgain(attached.files().map(({ id }) => id));
  expect(names(begun)).toEqual(["a", "b", "a"]);
  expect(errors(attached.files())).toEqual([undefined, "Refused: type"]);
  begun[2]!.progress(1);
  expect(attached.files()[0]?.sent).toBe(1);
  begun[2]!.store();
  await attached.settled();
  expect(attached.files()[0]?.stored).toMatchObject({ name: "a", bytes: 1 });
});

test("a stop cuts those on their way and those that wait, and each can be tried again", async () => {
  const attached = createAttachedFiles(sessionOf("s"), sessionOf("s"));
  attached.add(brought("a", "b", "c", "d"));
  begun[0]!.store();
  await until(4);
  begun[2]!.progress(1);
  expect(attached.stop()).toBe(3);
  expect(attached.isUploading()).toBe(false);
  // What comes afterwards changes nothing.
  begun[2]!.progress(0);
  expect(attached.files()[2]?.sent).toBe(1);
  expect(errors(attached.files())).toEqual([undefined, ...Array(3).fill("Cancelled by the stop.")]);
  expect(begun.slice(1).map(({ signal }) => signal.aborted)).toEqual([true, true, true]);
  expect(attached.stop()).toBe(0);
});

test("a stop from elsewhere that cancels one upload of a session on the server drops all that wait in it", async () => {
  const attached = createAttachedFiles(sessionOf("s"), sessionOf("s"));
  attached.add(brought("a", "b", "c", "d"));
  for (const one of begun) one.fail("upload-stopped");
  await attached.settled();
  expect(errors(attached.files())).toEqual(Array(4).fill("Cancelled by the stop."));
  expect(begun.length).toBe(3);
});

test("a stop from elsewhere drops what waits behind another session's uploads, and leaves those", async () => {
  const busy = createAttachedFiles(sessionOf("busy"), sessionOf("busy"));
  const attached = createAttachedFiles(sessionOf("s"), sessionOf("s"));
  busy.add(brought("a", "b", "c", "d"));
  attached.add(brought("e", "f"));
  dropWaitingUploads("s");
  await attached.settled();
  expect(errors(attached.files())).toEqual(Array(2).fill("Cancelled by the stop."));
  expect(errors(busy.files())).toEqual(Array(4).fill(undefined));
  begun[0]!.store();
  await until(4);
  expect(names(begun)).toEqual(["a", "b", "c", "d"]);
  // Of everything.
  busy.add(brought("g"));
  dropWaitingUploads();
  // The server cancels those that have begun.
  for (const one of begun.slice(1)) one.fail("upload-stopped");
  await busy.settled();
  expect(errors(busy.files())).toEqual([undefined, ...Array(4).fill("Cancelled by the stop.")]);
  expect(begun.length).toBe(4);
});

test("a reload keeps what is stored, and names what it has cut until that is dismissed", async () => {
  const attached = createAttachedFiles(sessionOf("s"), sessionOf("s"));
  attached.add(brought("a", "b"));
  begun[0]!.store();
  await until(2);
  await nextTurn();
  for (let reload = 0; reload < 2; reload++) {
    const reloaded = createAttachedFiles(sessionOf("s"), sessionOf("s"));
    expect(errors(reloaded.files())).toEqual([
      undefined,
      "It was being uploaded when the page was reloaded. Attach it again.",
    ]);
    expect(reloaded.files()[0]?.stored).toMatchObject({ name: "a" });
    expect(reloaded.isUploading()).toBe(false);
    // Keeps all of it anew.
    reloaded.giveBack([]);
    if (reload === 1) reloaded.remove([reloaded.files()[1]!.id]);
  }
  expect(names(createAttachedFiles(sessionOf("s"), sessionOf("s")).files())).toEqual(["a"]);
  expect(createAttachedFiles(sessionOf("other"), sessionOf("other")).files()).toEqual([]);
});

test("an upload of a new session names the id that it will get, and is kept under it from then on", async () => {
  const [id, setId] = createSignal<string>();
  const attached = createAttachedFiles(id, () => id() ?? "planned");
  attached.add(brought("a"));
  expect(begun[0]?.sessionId).toBe("planned");
  begun[0]!.store();
  await attached.settled();
  expect([...kept.keys()]).toEqual(["rein.files.new"]);
  attached.rename(() => setId("planned"));
  expect([...kept.keys()]).toEqual(["rein.files.planned"]);
});

function sessionOf(id: string): () => string {
  return () => id;
}

function brought(...all: string[]) {
  return all.map((name) => ({ name, content: new File(["x"], name) }));
}

function names(all: readonly { name: string }[]): string[] {
  return all.map(({ name }) => name);
}

function errors(all: readonly AttachedFile[]): (string | undefined)[] {
  return all.map(({ error }) => error);
}

/** So many have begun. */
async function until(count: number): Promise<void> {
  while (begun.length < count) await nextTurn();
}
