let count = 0;

/** A string no other call of this page returns: "detect-17". */
export function newId(kind: string): string {
  count += 1;
  return `${kind}-${count}`;
}
