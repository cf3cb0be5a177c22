/** @jsxImportSource @opentui/solid */
/** Markdown, also while it is being written: finished blocks stay as they are, only the last one is read again. */
import type { Token, Tokens } from "marked";
import { createMemo, Index, type JSX, Match, Show, Switch } from "solid-js";
import { childrenOf, createGrowingReader, readTokens } from "../../client/markdown/blocks";
import { drawnMarkdown } from "../../client/markdown/drawn-markdown";
import { createSyntax } from "../../client/markdown/syntax";
import { colors } from "../theme";
import { BarredRows } from "./BarredRows";
import { CodeRows } from "./CodeRows";
import { FoldedRows } from "./FoldedRows";
import { inlinePieces, textOf } from "./inline-pieces";
import type { Piece } from "./pieces";
import { mostOfText } from "./plain-texts";
import { TableRows } from "./TableRows";
import { Words } from "./Words";

export interface MarkdownRowsProps {
  text: string;
  streaming: boolean;
  /** All of it is shown as it is written. */
  isPlain?: boolean;
}

export function MarkdownRows(props: MarkdownRowsProps) {
  const end = createMemo(() => (props.isPlain ? 0 : drawnMarkdown(props.text, mostOfText).end));
  const shown = createMemo(() => props.text.slice(0, end()));
  const growing = createSyntax();
  const grow = createGrowingReader((text) => readTokens(growing, text));
  const blocks = createMemo(() =>
    props.streaming ? grow(shown()) : readTokens(createSyntax(shown()), shown()),
  );
  const rest = () => props.text.slice(end()).replace(/^[\r\n]+/, "");
  return (
    <>
      <Blocks tokens={blocks()} isGrowing={props.streaming} />
      <Show when={rest() !== ""}>
        <FoldedRows text={rest()} {...(props.isPlain && { lines: plainLines })} isProse />
      </Show>
    </>
  );
}

/** Of each text that is all plain. */
const plainLines = 20;

/** Deeper ones are shown as they are written: each level takes columns. */
const maxDepth = 8;

interface BlocksProps {
  tokens: readonly Token[];
  /** No empty lines between them. */
  isTight?: boolean;
  depth?: number;
  /** The last one is still being written. */
  isGrowing: boolean;
}

/** By their places: the rows of one that grows, and of what is in it, stay while its words change. */
function Blocks(props: BlocksProps) {
  const shown = createMemo(() =>
    props.tokens.filter(({ type }) => type !== "space" && type !== "checkbox"),
  );
  return (
    <box flexDirection="column" flexShrink={0} rowGap={props.isTight ? 0 : 1}>
      <Index each={shown()}>
        {(token) => (
          <Block
            token={token()}
            depth={props.depth ?? 0}
            isGrowing={props.isGrowing && props.tokens.at(-1) === token()}
          />
        )}
      </Index>
    </box>
  );
}

interface BlockProps {
  token: Token;
  depth: number;
  isGrowing: boolean;
}

function Block(props: BlockProps): JSX.Element {
  return (
    <Switch fallback={<Words pieces={wordsOf(props.token)} />}>
      <Match when={props.depth > maxDepth}>
        <Words pieces={[{ text: props.token.raw, prose: true }]} />
      </Match>
      <Match when={ofType<Tokens.List>(props.token, "list")}>
        {(list) => <List {...props} list={list()} />}
      </Match>
      <Match when={ofType<Tokens.Table>(props.token, "table")}>
        {(table) => <TableRows table={table()} />}
      </Match>
      <Match when={ofType<Tokens.Code>(props.token, "code")}>
        {(code) => (
          <CodeRows
            code={code().text}
            language={code().lang?.split(/\s/)[0] ?? ""}
            isGrowing={props.isGrowing}
          />
        )}
      </Match>
      <Match when={ofType<Tokens.Blockquote>(props.token, "blockquote")}>
        {(quote) => (
          <BarredRows color={colors.border}>
            <Blocks tokens={quote().tokens} depth={props.depth + 1} isGrowing={props.isGrowing} />
          </BarredRows>
        )}
      </Match>
      <Match when={props.token.type === "piece"}>
        <Blocks tokens={childrenOf(props.token)} depth={props.depth} isGrowing={props.isGrowing} />
      </Match>
      <Match when={props.token.type === "hr"}>
        <box border={["top"]} borderColor={colors.border} height={1} flexShrink={0} />
      </Match>
      <Match when={props.token.type === "details" || props.token.type === "footnote"}>
        <Titled {...props} />
      </Match>
    </Switch>
  );
}

function ofType<Kind extends Token>(token: Token, type: Kind["type"]): Kind | undefined {
  return isOf<Kind>(token, type) ? token : undefined;
}

function isOf<Kind extends Token>(token: Token, type: Kind["type"]): token is Kind {
  return token.type === type;
}

function wordsOf(token: Token): Piece[] {
  if (isOf<Tokens.Heading>(token, "heading"))
    return inlinePieces(token.tokens, { bold: true, color: "accent" });
  if ("tokens" in token && token.tokens !== undefined) return inlinePieces(token.tokens);
  return [{ text: textOf(token).trimEnd(), prose: true }];
}

/** A passage with a summary, which is open here, and a footnote with its label. */
function Titled(props: BlockProps) {
  return (
    <box flexDirection="column" flexShrink={0}>
      <Words pieces={titleOf(props.token)} />
      <box paddingLeft={2} flexShrink={0}>
        <Blocks
          tokens={childrenOf(props.token)}
          depth={props.depth + 1}
          isGrowing={props.isGrowing}
        />
      </box>
    </box>
  );
}

function titleOf(token: Token): Piece[] {
  if ("summary" in token && Array.isArray(token.summary))
    return inlinePieces(token.summary, { bold: true });
  return [{ text: `[${"label" in token ? String(token.label) : ""}]`, bold: true }];
}

function List(props: BlockProps & { list: Tokens.List }) {
  const marker = (item: Tokens.ListItem, index: number) => {
    if (item.task) return item.checked ? "☑" : "☐";
    return props.list.ordered ? `${(props.list.start || 1) + index}.` : "•";
  };
  const width = createMemo(
    () => Math.max(...props.list.items.map((item, index) => marker(item, index).length)) + 1,
  );
  return (
    <box flexDirection="column" flexShrink={0} rowGap={props.list.loose ? 1 : 0}>
      <Index each={props.list.items}>
        {(item, index) => (
          <box flexDirection="row" flexShrink={0}>
            <Words
              pieces={[{ text: marker(item(), index), color: "muted" }]}
              width={width()}
              wrap="none"
              flexShrink={0}
            />
            <box flexGrow={1} flexShrink={1}>
              <Blocks
                tokens={item().tokens}
                isTight={!item().loose}
                depth={props.depth + 1}
                isGrowing={props.isGrowing && props.list.items.at(-1) === item()}
              />
            </box>
          </box>
        )}
      </Index>
    </box>
  );
}
