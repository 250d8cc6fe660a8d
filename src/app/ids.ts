let count = 0;

/** A string no other call of this page returns: "detect-17". */
export function newId(kind: string): string {
  count += 1;
  return `${kind}-${count}`;
}

/** A string that no other visit returns either: "image-1f2e3d4c5b6a7988". */
export function lastingId(kind: string): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return `${kind}-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}
