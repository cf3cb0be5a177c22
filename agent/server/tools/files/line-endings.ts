/** Line endings: a file with CRLF keeps it, whatever a model writes. */

/** Whether all lines end with CRLF, and there is at least one. */
export function usesCrlf(text: string): boolean {
  return text.includes("\r\n") && !/(?<!\r)\n/.test(text);
}

export function toCrlf(text: string): string {
  return text.replaceAll(/\r?\n/g, "\r\n");
}
