/** Saves what an address of this server answers, as a link with `download` does. */
export function download(href: string): void {
  const link = document.createElement("a");
  link.href = href;
  link.download = "";
  link.click();
}
