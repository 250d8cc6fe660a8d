/** Progress, for the person who waits in front of the terminal. */

declare global {
  /** Given by the program. */
  var benchSay: ((line: string) => unknown) | undefined;
}

export function say(line: string): void {
  void globalThis.benchSay?.(line);
}
