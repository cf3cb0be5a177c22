/** A service that speaks Chat Completions and writes at the pace of a fast model. */

const pieceCharacters = 150;
const pieceMs = 12;

/** Answers with so many characters of Markdown. */
export function startStreamingService(characters: number): Disposable & { url: string } {
  const listed = { object: "list", data: [{ id: "bench", object: "model" }] };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    fetch(request) {
      if (request.method === "GET") return Response.json(listed);
      const chunks = paced(characters);
      const stream = new ReadableStream<string>({
        async pull(controller) {
          const { value, done } = await chunks.next();
          if (done) controller.close();
          else controller.enqueue(value);
        },
      });
      return new Response(stream, { headers: { "content-type": "text/event-stream" } });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}/v1`,
    [Symbol.dispose]: () => void server.stop(true),
  };
}

async function* paced(characters: number): AsyncGenerator<string> {
  const text = markdown(characters);
  for (let at = 0; at < text.length; at += pieceCharacters) {
    const delta = { content: text.slice(at, at + pieceCharacters) };
    yield `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", choices: [{ index: 0, delta }] })}\n\n`;
    await Bun.sleep(pieceMs);
  }
  yield `data: ${JSON.stringify({ id: "1", object: "chat.completion.chunk", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\ndata: [DONE]\n\n`;
}

/** Headings, paragraphs, lists, a table and code, again and again. */
export function markdown(characters: number): string {
  const words = "The page stays where it is while more of the answer arrives below. ".repeat(6);
  const table = `| Name | Size |\n|:--|--:|\n${"| a row | 1,024 |\n".repeat(8)}`;
  const code = `\`\`\`ts\n${"export const answer: number = 42; // and so on\n".repeat(20)}\`\`\``;
  const list = "- one point\n- **another** with `code`\n".repeat(4);
  const section = ["## A heading", words, list, table, code, words].join("\n\n");
  return `${section}\n\n`.repeat(Math.ceil(characters / section.length)).slice(0, characters);
}
