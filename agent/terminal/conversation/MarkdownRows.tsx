/** @jsxImportSource @opentui/solid */
/** Markdown, also while it is being written: finished blocks stay as they are, only the last one is read again. */
import type { Token, Tokens } from "marked";
import { createMemo, For, type JSX } from "solid-js";
import { createGrowingReader } from "../../client/markdown/blocks";
import { createSyntax, type Syntax } from "../../client/markdown/syntax";
import { colors } from "../theme";
import { CodeRows } from "./CodeRows";
import { inlinePieces, textOf } from "./inline-pieces";
import { TableRows } from "./TableRows";
import { Words } from "./Words";

export function MarkdownRows(props: { text: string; streaming: boolean }) {
  const grow = createGrowingReader(readerOf(createSyntax()));
  const blocks = createMemo(() =>
    props.streaming ? grow(props.text) : readerOf(createSyntax(props.text))(props.text),
  );
  return <Blocks tokens={blocks()} isGrowing={props.streaming} />;
}

/** White space belongs to the block before it, so that the raw texts add up to the input. */
function readerOf(syntax: Syntax): (text: string) => Token[] {
  return (text) => {
    const blocks: Token[] = [];
    for (const token of readAll(syntax, text)) {
      const last = blocks.at(-1);
      if (token.type === "space" && last !== undefined) last.raw += token.raw;
      else blocks.push(token);
    }
    return blocks;
  };
}

function readAll(syntax: Syntax, text: string): Token[] {
  try {
    return syntax.read(text);
  } catch {
    // Nested so deeply that the parser's stack is full: shown as it is written.
    return [{ type: "code", raw: text, text }];
  }
}

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

function Blocks(props: BlocksProps) {
  return (
    <box flexDirection="column" flexShrink={0} rowGap={props.isTight ? 0 : 1}>
      <For each={props.tokens.filter(({ type }) => type !== "space" && type !== "checkbox")}>
        {(token) => (
          <Block
            token={token}
            depth={props.depth ?? 0}
            isGrowing={props.isGrowing && props.tokens.at(-1) === token}
          />
        )}
      </For>
    </box>
  );
}

interface BlockProps {
  token: Token;
  depth: number;
  isGrowing: boolean;
}

function Block(props: BlockProps): JSX.Element {
  const { token, depth } = props;
  if (depth > maxDepth) return <Words pieces={[{ text: token.raw, prose: true }]} />;
  if (isOf<Tokens.List>(token, "list")) return <List {...props} list={token} />;
  if (isOf<Tokens.Table>(token, "table")) return <TableRows table={token} />;
  if (isOf<Tokens.Heading>(token, "heading"))
    return <Words pieces={inlinePieces(token.tokens, { bold: true, color: "accent" })} />;
  if (isOf<Tokens.Code>(token, "code"))
    return (
      <CodeRows
        code={token.text}
        language={token.lang?.split(/\s/)[0] ?? ""}
        isGrowing={props.isGrowing}
      />
    );
  if (isOf<Tokens.Blockquote>(token, "blockquote"))
    return (
      <box border={["left"]} borderColor={colors.border} paddingLeft={1} flexShrink={0}>
        <Blocks tokens={token.tokens} depth={depth + 1} isGrowing={props.isGrowing} />
      </box>
    );
  if (token.type === "hr")
    return <box border={["top"]} borderColor={colors.border} height={1} flexShrink={0} />;
  if (token.type === "details" || token.type === "footnote") return <Titled {...props} />;
  if ("tokens" in token && token.tokens !== undefined)
    return <Words pieces={inlinePieces(token.tokens)} />;
  return <Words pieces={[{ text: textOf(token).trimEnd(), prose: true }]} />;
}

function isOf<Kind extends Token>(token: Token, type: Kind["type"]): token is Kind {
  return token.type === type;
}

/** A passage with a summary, which is open here, and a footnote with its label. */
function Titled(props: BlockProps) {
  const { token } = props;
  const title = () => {
    if ("summary" in token && Array.isArray(token.summary))
      return inlinePieces(token.summary, { bold: true });
    return [{ text: `[${"label" in token ? String(token.label) : ""}]`, bold: true }];
  };
  return (
    <box flexDirection="column" flexShrink={0}>
      <Words pieces={title()} />
      <box paddingLeft={2} flexShrink={0}>
        <Blocks
          tokens={("tokens" in token ? token.tokens : undefined) ?? []}
          depth={props.depth + 1}
          isGrowing={props.isGrowing}
        />
      </box>
    </box>
  );
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
      <For each={props.list.items}>
        {(item, index) => (
          <box flexDirection="row" flexShrink={0}>
            <Words
              pieces={[{ text: marker(item, index()), color: "muted" }]}
              width={width()}
              wrap="none"
              flexShrink={0}
            />
            <box flexGrow={1} flexShrink={1}>
              <Blocks
                tokens={item.tokens}
                isTight={!item.loose}
                depth={props.depth + 1}
                isGrowing={props.isGrowing && props.list.items.at(-1) === item}
              />
            </box>
          </box>
        )}
      </For>
    </box>
  );
}
