/**
 * What the lists of people's servers tell, for admins who look at all of them: one stream from each server that runs, however
 * many look, and none while nobody does.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { ListEvent, SessionSummary } from "../../../shared/protocol";
import { log } from "../../log";
import { encode } from "../../stream/sse-frame";
import type { Viewer } from "../../stream/viewer";
import { boundedText } from "../../unix-users/bounded-text";
import type { PersonServer } from "../../unix-users/person-server";
import type { PersonServers } from "../../unix-users/person-servers";
import { holdServer, readEvents } from "./list-streams";
import { listsSlice, mostOfPage, readRows } from "./read-rows";
import { sessionRow } from "./person-rows";

/** A page waits no longer for a server that is silent before it reads the list. */
const openMs = 1000;
const againMs = 1000;
const readMs = 4000;
const maxBytes = 4_000_000;
/** What a server says is held: of more than anybody has, and of what is no id, nothing is. */
const maxOfPerson = 50_000;
const maxId = 200;
/** As many as a page shows at once. */
const newest = 100;

interface Watching {
  /** Who looks; one with the server's token has no name. */
  person: string | undefined;
  /** Of their browser. */
  signInId: string | undefined;
}

interface Watcher {
  /** Of their own server they are told all, of others' the rows. */
  person: string | undefined;
  /** Ends the stream of their own server, which knows by it that somebody looks. */
  free: () => void;
}

interface Followed {
  closing: AbortController;
  /** Resolves with the first stream, or when that has taken too long. */
  opened: Promise<void>;
  /** What it said last of its storage. */
  storage?: ListEvent;
}

type People = Pick<PersonServers, "serving" | "onBegun" | "onEnded">;

export class PeopleLists {
  readonly #people: People;
  readonly #watchers = new Map<Viewer, Watcher>();
  readonly #followed = new Map<PersonServer, Followed>();
  /** In whose server a session is, as the servers say: the first that has said so while it runs. */
  readonly #owners = new Map<string, string>();
  /** Of them, those of which another server says so, too: one of both is not what it was. */
  readonly #contested = new Set<string>();

  /** How many of them each one has. */
  readonly #counts = new Map<string, number>();

  constructor(people: People) {
    this.#people = people;
    people.onBegun = (server) => {
      if (this.#watchers.size > 0) this.#follow(server, true);
    };
    people.onEnded = (server) => this.#end(server);
  }

  /** Undefined also where two say that they have it. */
  ownerOf(sessionId: string): string | undefined {
    return this.#contested.has(sessionId) ? undefined : this.#owners.get(sessionId);
  }

  /** Whether somebody else's server has said first that it has it. */
  isAnothers(sessionId: string, person: string): boolean {
    return (this.#owners.get(sessionId) ?? person) !== person;
  }

  /** Undefined: it is known to be in another's server. Else the row, with its person as the front knows them. */
  noted(row: SessionSummary, person: string): SessionSummary | undefined {
    this.noteOwner(row.id, person);
    return this.#owners.get(row.id) === person ? { ...row, user: person } : undefined;
  }

  noteOwner(sessionId: string, person: string): void {
    const known = this.#owners.get(sessionId);
    if (known !== undefined && known !== person) this.#contested.add(sessionId);
    if (known !== undefined || sessionId.length > maxId) return;
    const count = this.#counts.get(person) ?? 0;
    if (count >= maxOfPerson) return;
    this.#counts.set(person, count + 1);
    this.#owners.set(sessionId, person);
  }

  /**
   * Until it is released the viewer is told. Resolves when the servers that answer at once are followed: from then on nothing
   * is missed of them. Never rejects.
   */
  async watch(viewer: Viewer, { person, signInId }: Watching): Promise<void> {
    const { serving } = this.#people;
    const own = serving.find((one) => one.person === person);
    const free = own === undefined ? () => {} : holdServer(own, signInId);
    this.#watchers.set(viewer, { person, free });
    for (const server of serving) this.#follow(server, false);
    const storage = own && this.#followed.get(own)?.storage;
    if (storage !== undefined) viewer.send(encode(storage));
    await Promise.all([...this.#followed.values()].map(({ opened }) => opened));
  }

  release(viewer: Viewer): void {
    this.#watchers.get(viewer)?.free();
    this.#watchers.delete(viewer);
    if (this.#watchers.size > 0) return;
    for (const { closing } of this.#followed.values()) closing.abort();
    this.#followed.clear();
  }

  #end(server: PersonServer): void {
    this.#followed.get(server)?.closing.abort();
    this.#followed.delete(server);
    this.#counts.delete(server.person);
    for (const [id, person] of this.#owners)
      if (person === server.person) {
        this.#owners.delete(id);
        this.#contested.delete(id);
        this.#tell(person, { type: "session-removed", id });
      }
  }

  #follow(server: PersonServer, isNew: boolean): void {
    if (this.#followed.has(server)) return;
    const closing = new AbortController();
    const { promise: opened, resolve } = Promise.withResolvers<void>();
    const followed: Followed = { closing, opened };
    this.#followed.set(server, followed);
    server.frontStreams++;
    const late = setTimeout(resolve, openMs);
    this.#read(server, followed, resolve, isNew)
      .catch((err: unknown) => log.error({ err }, "The list of a person is not followed"))
      .finally(() => {
        clearTimeout(late);
        server.frontStreams--;
      });
  }

  /** A stream that breaks begins anew, and then the rows are read again. */
  async #read(
    server: PersonServer,
    followed: Followed,
    onOpen: () => void,
    isNew: boolean,
  ): Promise<void> {
    const { signal } = followed.closing;
    for (let isAgain = isNew; !signal.aborted && !server.hasEnded; isAgain = true) {
      try {
        const answer = await server.fetch("/api/events?list=1", {}, signal);
        onOpen();
        if (isAgain) await this.#readRows(server, signal);
        await readEvents(answer, (event) => this.#take(server, followed, event));
      } catch (err) {
        log.debug({ err, person: server.person }, "The stream of a person's list has ended");
      }
      await sleep(againMs, undefined, { signal }).catch(() => undefined);
    }
  }

  async #readRows(server: PersonServer, signal: AbortSignal): Promise<void> {
    const own = AbortSignal.any([signal, AbortSignal.timeout(readMs)]);
    const answer = await server.fetch(`/api/sessions?limit=${newest}`, {}, own);
    const text = await boundedText(answer, maxBytes);
    const sessions = { ...sessionRow, most: mostOfPage(newest) };
    const read = await readRows(text, { sessions }, z.looseObject({}));
    for (const summary of read?.sessions ?? []) {
      await listsSlice.take(read!);
      if (signal.aborted) return;
      this.#tell(server.person, { type: "session-changed", summary });
    }
  }

  #take({ person }: PersonServer, followed: Followed, event: ListEvent): void {
    if (event.type === "storage-changed") followed.storage = event;
    this.#tell(person, event);
  }

  #tell(from: string, event: ListEvent): void {
    const told = this.#ofFront(from, event);
    if (told === undefined) return;
    const isRow = told.type === "session-changed" || told.type === "session-removed";
    const frame = encode(told);
    for (const [viewer, { person }] of this.#watchers)
      if (isRow || person === from) viewer.send(frame);
  }

  /** Nobody's server says anything of a session that is another's. */
  #ofFront(from: string, event: ListEvent): ListEvent | undefined {
    if (event.type === "session-changed") {
      const summary = this.noted(event.summary, from);
      return summary && { type: "session-changed", summary };
    }
    if (event.type !== "session-removed") return event;
    return (this.#owners.get(event.id) ?? from) === from ? event : undefined;
  }
}
