/** What is entered for a provider: tested against its service, saved when it works or when that is wanted anyway, and given up at any time. */
import { type Accessor, createSignal, onCleanup } from "solid-js";
import type { ProviderInfo, ProviderState, ProviderTest } from "../../shared/protocol";
import { api, logFailure, wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import { chosenModel, findProvider, isSetUp } from "../state/model-list";
import { createSaver } from "./settings-saver";

/** A field. */
export type Place = "apiKey" | "baseUrl" | "model";

export type ProviderTrial = ReturnType<typeof createProviderTrial>;

/** For one form, inside a component: its test ends with it. `focus`: where the person has to correct something. */
export function createProviderTrial(
  provider: Accessor<ProviderInfo>,
  focus: (place: Place) => void,
) {
  const client = useClient();
  const saver = createSaver();
  const [typed, setTyped] = createSignal<Partial<Record<Place, string>>>({});
  const [found, setFound] = createSignal<ProviderTest>();
  const [refusal, setRefusal] = createSignal("");
  const [isTesting, setTesting] = createSignal(false);
  const [isKept, setKept] = createSignal(false);
  const { id } = provider();
  let running: AbortController | undefined;
  onCleanup(() => running?.abort());

  const entered = (): Record<Place, string> => ({
    apiKey: "",
    baseUrl: provider().baseUrl ?? "",
    model: "",
    ...typed(),
  });

  function change(): { apiKey?: string; baseUrl?: string | null } {
    const { apiKey, baseUrl } = entered();
    const url = baseUrl.trim();
    // A server that does not answer is kept by its address alone.
    const isNamed = provider().runs === "here" && !isSetUp(provider());
    return {
      ...(apiKey.trim() !== "" && { apiKey: apiKey.trim() }),
      ...((isNamed || url !== (provider().baseUrl ?? "")) && { baseUrl: url || null }),
    };
  }

  const isChanged = () => Object.keys(change()).length > 0;
  const needsModel = () => found()?.state === "no-list" || entered().model !== "";

  function enter(place: Place, text: string): void {
    setTyped({ ...typed(), [place]: text });
    setKept(false);
    // What was said is about what stood there.
    if (place !== "model") setFound(undefined);
    setRefusal("");
  }

  async function test(): Promise<void> {
    if (isTesting()) return;
    const own = new AbortController();
    running = own;
    setTesting(true);
    setFound(undefined);
    setRefusal("");
    const model = entered().model.trim();
    try {
      const answer = await api.testProvider(
        id,
        { ...change(), ...(model && { model }) },
        own.signal,
      );
      setFound(answer);
      if (isGood(answer)) await keep();
      else focus(faultOf(answer.state) ?? "apiKey");
    } catch (error) {
      if (own.signal.aborted) return;
      setRefusal(wordsFor(error));
      focus(refusedPlace());
    } finally {
      setTesting(false);
    }
  }

  /** Saves what is entered, whatever its test has said. */
  async function keep(): Promise<void> {
    const model = entered().model.trim();
    if (isChanged()) {
      if (!(await saver.save({ providers: { [id]: change() } }, false))) return;
    } else
      await client.models.refresh().catch((error: unknown) => {
        logFailure("The list of models could not be loaded", error);
      });
    setTyped({});
    setKept(true);
    const { model: used, provider: usedOf } = usedNow();
    if (used === "" || usedOf === "demo") use(model || firstModel());
  }

  const usedNow = () => chosenModel(client.models.models(), client.current().chosen());
  const firstModel = () => findProvider(client.models.models(), id)?.models[0]?.id ?? "";

  function use(model: string): void {
    if (model !== "") void client.current().change({ provider: id, model });
  }

  /** Resolves with whether it was removed. */
  const remove = () => saver.save({ providers: { [id]: { apiKey: null, baseUrl: null } } });

  const refusedPlace = (): Place => (refusal().startsWith("The key") ? "apiKey" : "baseUrl");
  const faultAt = (): Place | undefined => {
    if (refusal() !== "") return refusedPlace();
    const state = found()?.state;
    return state && faultOf(state);
  };

  return {
    entered,
    enter,
    isChanged,
    needsModel,
    test,
    isTesting,
    abort: () => running?.abort(),
    found,
    /** It works, or was saved all the same. */
    isKept,
    keep,
    remove,
    use,
    usedNow,
    firstModel,
    problem: () => refusal() || saver.problem(),
    faultAt,
  };
}

export function isGood({ state }: ProviderTest): boolean {
  return state === "ready" || state === "empty";
}

/** Undefined where a correction hardly helps. */
function faultOf(state: ProviderState): Place | undefined {
  return places[state];
}

const places: Partial<Record<ProviderState, Place>> = {
  "not-set-up": "apiKey",
  "key-refused": "apiKey",
  "wrong-key": "apiKey",
  "access-refused": "apiKey",
  "wrong-address": "baseUrl",
  unreachable: "baseUrl",
  "no-api": "baseUrl",
  "no-list": "model",
};
