/** Why a note cannot be kept, proposed or changed, as a sentence for a person or a model. */

/** unknown: there is none of this id. impossible: that cannot be done with it. full: there are too many. damaged: the file is. */
export type NoteErrorKind = "unknown" | "impossible" | "full" | "damaged";

export class NoteError extends Error {
  override readonly name = "NoteError";
  readonly kind: NoteErrorKind;

  constructor(kind: NoteErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}
