/** What services take of pictures and PDFs in one request, as they document it. */
import type { MediaType, ModelInfo } from "./protocol";

/** The model that is to read a file. `takes`, `contextTokens`: what its service says of it. */
export interface ReadingModel {
  provider: string;
  model: string;
  takes?: ModelInfo["takes"] | undefined;
  contextTokens?: number | undefined;
}

export interface FileBounds {
  /** Of all pictures and PDFs, before base64 makes a third more of them. */
  requestBytes: number;
  /** How many of them. */
  requestFiles: number;
  /** Of all PDFs; Infinity where no bound is documented. */
  requestPages: number;
  /** In pixels: what is longer the service refuses, or scales down itself, which costs time and tokens. */
  pictureSide: number;
  pictureBytes: number;
  /** Kinds of pictures that are converted. */
  refuses: readonly MediaType[];
}

/** Through whichever service. */
function isClaude({ provider, model }: ReadingModel): boolean {
  return provider === "anthropic" || /claude/i.test(model);
}

/**
 * A service's own bounds, where its documentation names them; text needs some of a request, too.
 *
 * - Anthropic: 32 MB a request; 600 pictures and PDF pages, 100 for models with a window of 200,000 tokens; at most 8,000
 *   pixels a side, 2,000 in a request of more than 20 pictures; 5 MB of base64 a picture (platform.claude.com: Vision, PDF
 *   support, API overview). What is longer than 1,568 pixels it scales down; that is within all of its bounds.
 * - OpenAI: 50 MB and 500 pictures a request, fitted into 2,048 × 2,048; 50 MB of files a request, without a number of pages
 *   (developers.openai.com: Images and vision, File inputs).
 * - Gemini: 100 MB a request, 50 MB and 1,000 pages a PDF, 3,600 pictures, fitted into 3,072 × 3,072, no GIF (ai.google.dev:
 *   File input methods, Document processing, Image understanding). More than 50 MB would take much memory in each turn.
 * - xAI: 20 MiB a picture, PNG and JPEG alone (docs.x.ai: Image understanding).
 * - Others name none. Bedrock and Vertex take less than 32 MB of Claude's, gateways and local servers often 20 MB.
 */
export function fileBounds(reader: ReadingModel): FileBounds {
  const { provider, contextTokens = 0 } = reader;
  const claude = {
    requestPages: contextTokens > 200_000 ? 600 : 100,
    pictureSide: 1568,
    pictureBytes: 3_700_000,
  };
  const own = { ...others, ...(isClaude(reader) ? claude : services[provider]) };
  if (provider !== "anthropic") return own;
  return { ...own, requestBytes: 22_000_000, requestFiles: claude.requestPages };
}

const others: FileBounds = {
  requestBytes: 14_000_000,
  requestFiles: 20,
  requestPages: Infinity,
  pictureSide: 2048,
  pictureBytes: 5_000_000,
  refuses: [],
};

const services: Record<string, Partial<FileBounds>> = {
  openai: { requestBytes: 36_000_000, requestFiles: 500 },
  gemini: {
    requestBytes: 50_000_000,
    requestFiles: 3600,
    requestPages: 1000,
    pictureSide: 3072,
    refuses: ["image/gif"],
  },
  ollama: { refuses: ["image/gif"] },
  xai: { refuses: ["image/gif", "image/webp"] },
};
