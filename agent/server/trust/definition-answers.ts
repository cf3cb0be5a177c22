/** What people have answered about the definitions and language servers of projects, by project root and by path. */
import { z } from "zod";
import { defined } from "../../shared/defined";
import type { Definition } from "../../shared/protocol";
import { type KeptAnswer, ProjectAnswers } from "./project-answers";

export interface KeptDefinitionAnswer extends KeptAnswer {
  /** Allowed also when it changes. */
  anyChange?: true | undefined;
  /** The text that was allowed, for the difference once it changes; not of a long one. */
  shown?: string | undefined;
}

export type DefinitionAnswers = ProjectAnswers<KeptDefinitionAnswer>;

/** A definition of a project as it was read: what people have said about it is added by `answered`. */
export type Unanswered = Omit<Definition, "standing" | "anyChange" | "before">;

const answer: z.ZodType<KeptDefinitionAnswer> = z.strictObject({
  digest: z.string(),
  answer: z.enum(["allow", "refuse"]),
  anyChange: z.literal(true).optional(),
  shown: z.string().optional(),
});

/** So that the file stays small: of a longer text no difference is shown. */
const maxShownCharacters = 20_000;

/** Throws as `ProjectAnswers` does. */
export function openDefinitionAnswers(path: string): DefinitionAnswers {
  return new ProjectAnswers({
    path,
    name: "project answers",
    without: "without answers: then what projects bring is asked about again",
    answer,
  });
}

/** By which an answer is kept: two files can have one name, but not one path. */
export function answerKey({ kind, path }: Pick<Unanswered, "kind" | "path">): string {
  return `${kind}:${path}`;
}

/** Only the digest that was answered is on or refused; anything else is asked about, or follows its changes. */
export function answered(
  answers: Pick<DefinitionAnswers, "of">,
  root: string,
  read: Unanswered,
): Definition {
  const kept = answers.of(root, answerKey(read));
  const follows = kept?.answer === "allow" ? kept.anyChange : undefined;
  if (kept?.digest === read.digest)
    return {
      ...read,
      standing: kept.answer === "allow" ? "on" : "refused",
      ...defined({ anyChange: follows }),
    };
  if (follows && read.kind === "instructions") return { ...read, standing: "on", anyChange: true };
  const before = kept?.answer === "allow" ? kept.shown : undefined;
  return { ...read, standing: "asked", ...defined({ before }) };
}

/** The answer to it, as it is kept. */
export function toKeep(
  { digest, text }: Unanswered,
  answer: KeptAnswer["answer"],
  anyChange: true | undefined,
): KeptDefinitionAnswer {
  const shown = answer === "allow" && text.length <= maxShownCharacters ? text : undefined;
  return { digest, answer, ...defined({ anyChange, shown }) };
}
