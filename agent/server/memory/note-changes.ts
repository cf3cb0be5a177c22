/** What becomes of the notes of a project when one is proposed, kept, edited or removed. Each returns the new notes, or throws NoteError. */
import type { MemoryLine } from "../../shared/protocol";
import { maxNoteCharacters } from "../../shared/requests";
import { visibleName } from "../../shared/visible-text";
import { newId } from "../id";
import { NoteError } from "./note-error";

const maxKept = 200;
const maxProposed = 20;

export type Notes = readonly MemoryLine[];

/** What a model proposes, and where. */
export interface Proposal {
  /** Absent: the line with the id `remove` would go. */
  text?: string;
  /** The id of the line in whose place it would be kept. */
  instead?: string;
  remove?: string;
  sessionId: string;
  runId: string;
}

/** A person's own. */
export function withNote(notes: Notes, text: string): Notes {
  const same = notes.find((one) => one.state === "kept" && one.text === noteText(text));
  if (same !== undefined) return notes;
  refuseMoreKept(notes);
  return [...notes, { ...newNote(text), state: "kept", by: "person" }];
}

/** The same proposal again is one. */
export function withProposal(notes: Notes, proposal: Proposal): Notes {
  const { text, instead, remove, sessionId, runId } = proposal;
  const about = remove ?? instead;
  const target = about === undefined ? undefined : find(notes, about);
  if (target?.state === "proposed")
    throw new NoteError("impossible", `The note ${about} is only proposed. Propose another line.`);
  const wanted = newNote(remove === undefined ? (text ?? "") : target!.text);
  const isSame = (one: MemoryLine) =>
    one.text === wanted.text && one.replaces === instead && one.removes === remove;
  if (notes.some(isSame)) return notes;
  if (remove === undefined && notes.some((one) => isKept(one, wanted.text)))
    throw new NoteError("impossible", "There is a note of this text already.");
  if (notes.filter(({ state }) => state === "proposed").length >= maxProposed)
    throw new NoteError(
      "full",
      `${maxProposed} proposals wait for the person. Propose no more until they have answered.`,
    );
  const line: MemoryLine = { ...wanted, state: "proposed", by: "model", sessionId, runId };
  if (instead !== undefined) line.replaces = instead;
  if (remove !== undefined) line.removes = remove;
  return [...notes, line];
}

/** Keeps what was proposed, as it is or with another text; or edits a note. */
export function withChange(
  notes: Notes,
  id: string,
  { text, isKept: keep }: { text?: string; isKept: boolean },
): Notes {
  const before = find(notes, id);
  if (before.removes !== undefined && text !== undefined)
    throw new NoteError("impossible", "This proposal removes a note. Keep it, or refuse it.");
  const edited = text === undefined ? before : { ...before, text: noteText(text) };
  if (!keep || before.state === "kept") return notes.map((one) => (one.id === id ? edited : one));
  const { removes, replaces, ...rest } = edited;
  const others = notes.filter((one) => one.id !== id);
  if (removes !== undefined) return withoutNote(others, removes);
  const kept: MemoryLine = { ...rest, state: "kept" };
  if (others.some((one) => one.id === replaces))
    return forgetting(
      replaces!,
      others.map((one) => (one.id === replaces ? kept : one)),
    );
  refuseMoreKept(others);
  // Behind those that were kept before it: what models were told of them stays the beginning.
  return [...others, kept];
}

/** Removes what was kept, or refuses what was proposed. One that is gone already is gone. */
export function withoutNote(notes: Notes, id: string): Notes {
  return forgetting(
    id,
    notes.filter((one) => one.id !== id && one.removes !== id),
  );
}

/** What would have replaced it is a line of its own. */
function forgetting(id: string, notes: Notes): Notes {
  return notes
    .filter(({ removes }) => removes !== id)
    .map((one) => {
      if (one.replaces !== id) return one;
      const { replaces: _gone, ...rest } = one;
      return rest;
    });
}

function find(notes: Notes, id: string): MemoryLine {
  const found = notes.find((one) => one.id === id);
  if (found === undefined) throw new NoteError("unknown", `There is no note ${id}.`);
  return found;
}

function isKept({ state, text }: MemoryLine, wanted: string): boolean {
  return state === "kept" && text === wanted;
}

function refuseMoreKept(notes: Notes): void {
  if (notes.filter(({ state }) => state === "kept").length >= maxKept)
    throw new NoteError(
      "full",
      `No more than ${maxKept} notes are kept about a project. Remove one first.`,
    );
}

function newNote(text: string): Pick<MemoryLine, "id" | "text" | "createdAt"> {
  return { id: newId(), text: noteText(text), createdAt: Date.now() };
}

/** As people are shown it and models are told it: what cannot be seen is a mark. */
function noteText(text: string): string {
  const trimmed = text.trim();
  if (/[\n\r\u2028\u2029]/.test(trimmed))
    throw new NoteError("impossible", "A note is one line. Propose each line on its own.");
  const shown = visibleName(trimmed);
  if (shown === "") throw new NoteError("impossible", "The note is empty.");
  if (shown.length > maxNoteCharacters)
    throw new NoteError(
      "impossible",
      `A note has at most ${maxNoteCharacters} characters, and this one has ${shown.length}. Shorten it.`,
    );
  return shown;
}
