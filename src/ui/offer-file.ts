/** Hands a file to the browser's downloads. */
export function offerFile(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download reads the address after click() returns.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
