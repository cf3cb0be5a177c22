/** Which model a loop asks, and what of the chosen options it is asked with: read before each request, so that a change counts from the next. */
import { takenOptions } from "../../shared/model-options";
import type { ModelOptions, RoleChoice, RoleFacts, Session, Subagent } from "../../shared/protocol";
import type { SubagentInput } from "../agent/subagent-tool";
import type { Catalog } from "../catalog/catalog";
import { knownModel } from "./known-model";

export interface ChosenModel {
  provider: string;
  model: string;
  /** What was chosen, without what the model is known to refuse. */
  options: () => ModelOptions;
}

/**
 * The session's, as it is now: another model that is chosen later is for the next run, other options are for this one too.
 * `named`: by the run's command.
 */
export function sessionModel(
  catalog: Catalog,
  session: Session,
  named: { provider: string; model: string } = session,
): ChosenModel {
  const { provider, model } = named;
  return { provider, model, options: () => taken(catalog, provider, model, session.options) };
}

/**
 * One that has begun keeps its model. Otherwise what its call names comes first, then what the settings choose for its role,
 * then what the role's file says, then the session's.
 */
export function subagentModel(
  catalog: Catalog,
  session: Session,
  input: SubagentInput,
  facts: RoleFacts,
  begun: Subagent | undefined,
): ChosenModel {
  const chosen = () => choiceOf(catalog, input.role) ?? {};
  const ofFile = facts.effort && { ...session.options, effort: facts.effort };
  const { provider, model } = begun ?? firstModel(catalog, session, input, chosen(), facts);
  const options = () =>
    taken(catalog, provider, model, chosen().options ?? ofFile ?? session.options);
  return { provider, model, options };
}

/** A role can be called like anything that an object has of itself. */
function choiceOf(catalog: Catalog, role: string): RoleChoice | undefined {
  const { roles } = catalog.choices();
  return Object.hasOwn(roles, role) ? roles[role] : undefined;
}

/** The engine that a subagent runs in the place of Rein's own loop: its role's, unless its call names a model. */
export function subagentEngine(
  catalog: Catalog,
  input: SubagentInput,
  begun: Subagent | undefined,
): string | undefined {
  if (begun) return begun.engine?.id;
  if (nonBlank(input.provider) || nonBlank(input.model)) return undefined;
  return choiceOf(catalog, input.role)?.engine;
}

function firstModel(
  catalog: Catalog,
  session: Session,
  input: SubagentInput,
  role: RoleChoice,
  facts: RoleFacts,
): { provider: string; model: string } {
  // Models fill in what may be left out, with nothing.
  const asked = { provider: nonBlank(input.provider), model: nonBlank(input.model) };
  const isNamed = asked.provider !== undefined || asked.model !== undefined;
  // By its own log-in.
  if (role.engine !== undefined && role.provider === undefined && !isNamed)
    return { provider: role.engine, model: "default" };
  const isChosen = isNamed || role.provider !== undefined;
  const ofFile = isChosen ? undefined : knownModel(catalog, session, facts);
  if (ofFile !== undefined) return ofFile;
  const named = asked.provider ? asked : role.provider ? role : session;
  const provider = named.provider ?? session.provider;
  const model = asked.model ?? nonBlank(named.model) ?? catalog.defaultModel(provider);
  return { provider, model };
}

function nonBlank(name: string | undefined): string | undefined {
  return name?.trim() || undefined;
}

function taken(
  catalog: Catalog,
  provider: string,
  model: string,
  chosen: ModelOptions = {},
): ModelOptions {
  return takenOptions(chosen, catalog.info(provider, model)?.allows).options;
}
