/** How the server notifies a browser none of whose pages is open. */

/** Of the browser that asks: `GET /api/push`. */
export interface PushAnswer {
  /** By which its push service knows this server: an uncompressed point of P-256 in base64url, as browsers take it. */
  publicKey: string;
  /** Whether the server notifies it. */
  isOn: boolean;
}
