/** A page with the AI SDK's `useChat` on a Rein server, as an application would have it. */
import { useChat } from "@ai-sdk/react";
import { DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses } from "ai";
import { createElement as h } from "react";
import { createRoot } from "react-dom/client";

export interface UseChatPage {
  id: string;
  headers: Record<string, string>;
  /** What each request chooses besides its message. */
  body: object;
  /** A reload does not stop what runs, and the page shows it again. */
  resumes: boolean;
}

declare global {
  interface Window {
    useChatPage: UseChatPage;
  }
}

const { id, headers, body, resumes } = window.useChatPage;

/** Ends the run when the chat is stopped, and not when the page is left. */
function stoppable(url: RequestInfo | URL, init: RequestInit = {}): Promise<Response> {
  const runId = crypto.randomUUID();
  const stop = (path: string, named: object) =>
    fetch(path, { method: "POST", headers, body: JSON.stringify(named), keepalive: true });
  init.signal?.addEventListener("abort", () => {
    // The one that was on its way, and the one that was continued.
    Promise.all([stop("/api/stop", { runId }), stop(`/api/sessions/${id}/stop`, {})]).catch(
      (error: unknown) => console.error("The stop did not reach Rein:", error),
    );
  });
  const sent = typeof init.body === "string" ? (JSON.parse(init.body) as object) : undefined;
  return fetch(url, sent ? { ...init, body: JSON.stringify({ ...sent, runId }) } : init);
}

const transport = new DefaultChatTransport({
  headers,
  body: { ...body, ...(resumes && { onDisconnect: "continue" }) },
  ...(resumes && { fetch: Object.assign(stoppable, { preconnect: () => {} }) }),
});

function Page() {
  const chat = useChat({
    id,
    transport,
    resume: resumes,
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
  });
  const approvals = chat.messages.flatMap(({ parts }) =>
    parts.flatMap((part) =>
      part.type === "dynamic-tool" && part.state === "approval-requested" ? [part.approval.id] : [],
    ),
  );
  return h(
    "main",
    null,
    h("output", null, chat.status),
    h("pre", null, JSON.stringify(chat.messages, null, 1)),
    chat.error && h("p", { role: "alert" }, chat.error.message),
    h("button", { onClick: () => void chat.stop() }, "Stop"),
    ...approvals.map((approval) =>
      h(
        "button",
        {
          key: approval,
          onClick: () => void chat.addToolApprovalResponse({ id: approval, approved: true }),
        },
        "Allow",
      ),
    ),
    h(
      "form",
      {
        onSubmit: (event: { preventDefault(): void; currentTarget: HTMLFormElement }) => {
          event.preventDefault();
          const field = event.currentTarget.querySelector("input");
          if (field) void chat.sendMessage({ text: field.value });
        },
      },
      h("input", { name: "text" }),
    ),
  );
}

createRoot(document.body).render(h(Page));
