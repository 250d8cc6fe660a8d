/** Names for parts of a forward pass, so that what a program costs can be said by layer. Nothing but names: no work, no tensors. */

const open: string[] = [];

/**
 * Runs `work` inside a part of the given name; names nest: 'decoder/layer 2/cross attention'.
 * Only for synchronous work: across an await the names of other work would mix in.
 */
export function scoped<T>(name: string, work: () => T): T {
  open.push(name);
  try {
    return work();
  } finally {
    open.pop();
  }
}

/** The part that is open now, '' outside of every part. */
export const currentScope = (): string => open.join('/');
