/** What the one file of the SDK exports, as `bun run sdk` builds it; its types are those of this, and of every event, answer and request. */
export { apply } from "../shared/apply";
export { ApiError, ConnectionLost, createRein, type Rein, type ReinOptions } from "./create-rein";
