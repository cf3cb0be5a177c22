/** The viewers of the list of sessions: each is told of what they may see, and of what cannot be saved or shared. */
import { defined } from "../../shared/defined";
import type { Asker, ListEvent, StorageChanged, Unshared } from "../../shared/protocol";
import { type Owned, roleIn } from "../../shared/session-roles";
import type { Store } from "../store/store";
import { encode } from "../stream/sse-frame";
import type { Viewer } from "../stream/viewer";

export class ListViewers {
  readonly #store: Pick<Store, "storageError" | "missing">;
  /** With whom looks. */
  readonly #ofList = new Map<Viewer, Asker>();
  readonly #ofStorage = new Set<Viewer>();
  #unshared: Unshared | undefined;

  constructor(store: Pick<Store, "storageError" | "missing">) {
    this.#store = store;
  }

  /** Of the list or of the storage. */
  get all(): Viewer[] {
    return [...this.#ofList.keys(), ...this.#ofStorage];
  }

  /** Whether a viewer gets changes of the list. */
  get isWatched(): boolean {
    return this.#ofList.size > 0;
  }

  /** From now on this viewer also gets changes of the list. */
  watch(viewer: Viewer, asker: Asker): void {
    this.#ofList.set(viewer, asker);
  }

  /** From now on this viewer also learns what cannot be saved or shared, and what is missing. */
  watchStorage(viewer: Viewer): void {
    this.#ofStorage.add(viewer);
    // A page may still show what another server, or this one, said before.
    const isPage = this.#ofList.has(viewer);
    const { type: _, ...facts } = this.#storageEvent();
    if (isPage || Object.keys(facts).length > 0) viewer.send(encode(this.#storageEvent()));
  }

  /** To be called when a viewer has closed. */
  release(viewer: Viewer): void {
    this.#ofList.delete(viewer);
    this.#ofStorage.delete(viewer);
  }

  /** `about`: only those who may see it are told. */
  tell(event: ListEvent, about?: Owned): void {
    const now = Date.now();
    const isMeant = (asker: Asker) =>
      about === undefined || roleIn(asker, about, now) !== undefined;
    const viewers = [...this.#ofList].flatMap(([one, asker]) => (isMeant(asker) ? [one] : []));
    send(viewers, event);
  }

  /** The session leaves the lists of this person, who may no longer see it. */
  hideFrom(session: Owned & { id: string }, name: string): void {
    const { id } = session;
    const now = Date.now();
    for (const [viewer, asker] of this.#ofList)
      if (asker.name === name && roleIn(asker, session, now) === undefined)
        viewer.send(encode({ type: "session-removed", id }));
  }

  /** What the store says of itself has changed. */
  tellStorage(): void {
    send(this.#ofStorage, this.#storageEvent());
  }

  /** Tells every viewer that the database which several machines share is gone, or is back. */
  tellUnshared(unshared: Unshared | undefined): void {
    this.#unshared = unshared;
    this.tellStorage();
  }

  close(): void {
    for (const viewer of this.#ofList.keys()) viewer.close();
  }

  #storageEvent(): StorageChanged {
    const { storageError: trouble, missing } = this.#store;
    return { type: "storage-changed", ...defined({ trouble, missing, unshared: this.#unshared }) };
  }
}

function send(all: Iterable<Viewer>, event: ListEvent): void {
  const viewers = [...all];
  if (viewers.length === 0) return;
  const frame = encode(event);
  for (const viewer of viewers) viewer.send(frame);
}
