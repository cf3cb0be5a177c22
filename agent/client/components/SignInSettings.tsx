/** The signed-in browsers: which there are, how one signs out, and how another signs in. */
import { createResource, createSignal, For, Show } from "solid-js";
import type { SignIn, SignInsAnswer } from "../../shared/protocol";
import { t, tn } from "../../shared/translation";
import { api, requestTimeout, wordsFor } from "../state/api-client";
import { useClient } from "../state/client";
import { credential } from "../state/credential";
import { signedOut } from "../state/sign-in";
import textStyles from "../styles/text-styles.module.css";
import { Button, ButtonRow } from "./Button";
import { Confirm } from "./Confirm";
import { CopyField } from "./CopyField";
import { SheetSection } from "./SheetSection";
import styles from "./SignInSettings.module.css";
import { dateLocale } from "../state/format";
import { settingsTitles } from "../state/settings-sections";

export function SignInSettings() {
  const { notices } = useClient();
  const [answer, { refetch }] = createResource(load);
  const [address, setAddress] = createSignal("");
  const [isAsking, setAsking] = createSignal(false);

  async function load(): Promise<SignInsAnswer> {
    try {
      return await api.signIns(requestTimeout());
    } catch (error) {
      notices.toast(t("The signed-in browsers could not be loaded"), wordsFor(error));
      return { signIns: [] };
    }
  }

  /** A failure is shown as one of what was tried. */
  async function attempt(failure: string, action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      notices.toast(failure, wordsFor(error));
    }
  }

  const isThis = (id: string) => id === answer()?.currentId;
  const signOut = (id: string) =>
    attempt(t("The browser was not signed out"), async () => {
      const own = credential();
      await api.signOut(id, requestTimeout());
      if (isThis(id)) signedOut(own ?? "");
      else await refetch();
    });
  const signOutEverywhere = () =>
    attempt(t("Nobody was signed out"), async () => {
      const own = credential();
      await api.signOutEverywhere(requestTimeout());
      signedOut(own ?? "");
    });
  const showAddress = () =>
    attempt(t("There is no address"), async () => {
      const { token } = await api.newSignInToken(requestTimeout());
      setAddress(`${location.origin}/#token=${token}`);
    });

  return (
    <SheetSection title={settingsTitles.signIns} isReady={!answer.loading} data-testid="sign-ins">
      <ul class={styles.list}>
        <For each={answer()?.signIns}>
          {(signIn) => (
            <Row
              signIn={signIn}
              isThis={isThis(signIn.id)}
              signOut={() => void signOut(signIn.id)}
            />
          )}
        </For>
      </ul>
      <Show when={address()}>
        <CopyField label={t("Sign-in address")} text={address()} what={t("the sign-in address")} />
        <p class={`${textStyles.note} ${styles.hint}`}>
          {t("It signs one browser in, within an hour.")}
        </p>
      </Show>
      <ButtonRow>
        <Button look="destructive" onClick={() => setAsking(true)}>
          {t("Sign out everywhere")}
        </Button>
        <Button onClick={() => void showAddress()}>{t("Sign in another browser")}</Button>
      </ButtonRow>
      <Show when={isAsking()}>
        <Confirm
          title={t("Sign out everywhere?")}
          text={t(
            "This signs out every browser, this one too, and cancels unused addresses. To sign in again you need an address from the server’s machine. Runs keep running.",
          )}
          action={t("Sign out everywhere")}
          run={() => void signOutEverywhere()}
          close={() => setAsking(false)}
        />
      </Show>
    </SheetSection>
  );
}

function Row(props: { signIn: SignIn; isThis: boolean; signOut: () => void }) {
  const name = () => nameOf(props.signIn.browser);
  return (
    <li class={styles.row}>
      <span title={props.signIn.browser}>
        {props.isThis ? t("{name} (this browser)", { name: name() }) : name()}
      </span>
      <span class={textStyles.note}>
        {t("{host}, signed in {time}, {used}", {
          host: props.signIn.host,
          time: timeWords(props.signIn.createdAt),
          used: usedWords(props.signIn.usedAt),
        })}
      </span>
      <Button
        size="small"
        aria-label={
          props.isThis ? t("Sign out this browser") : t("Sign out {name}", { name: name() })
        }
        onClick={() => props.signOut()}
      >
        {t("Sign out")}
      </Button>
    </li>
  );
}

/** A few words for what a browser calls itself. Many call themselves by the names of others too: the telling ones first. */
function nameOf(browser: string): string {
  const program = /(Firefox|Edg|OPR|Chrome|Safari)/.exec(browser)?.[1];
  const system = /(Android|iPhone|iPad|Windows|Mac OS X|Linux)/.exec(browser)?.[1];
  const name = { Edg: "Edge", OPR: "Opera" }[program ?? ""] ?? program;
  const own = name ?? (browser.slice(0, 40) || t("A program"));
  return system ? t("{browser} on {system}", { browser: own, system }) : own;
}

function timeWords(at: number): string {
  return new Date(at).toLocaleString(dateLocale(), { dateStyle: "medium", timeStyle: "short" });
}

function usedWords(usedAt: number): string {
  const days = Math.floor((Date.now() - usedAt) / (24 * 60 * 60 * 1000));
  if (days < 1) return t("used in the last day");
  return tn(days, "used yesterday", "used {count} days ago");
}
