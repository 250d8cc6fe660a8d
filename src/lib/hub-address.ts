/** Where checkpoints are downloaded from: the Hugging Face hub, or a mirror that answers the same addresses. */

export const HUB = 'https://huggingface.co';

const THIS_MACHINE: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * A mirror's address as it is used, without a slash at its end.
 * @returns null where it is no https:// address; http:// is taken for this machine only, since a token goes there
 */
export function readEndpoint(text: string): string | null {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    return null;
  }
  const safe = url.protocol === 'https:' || (url.protocol === 'http:' && THIS_MACHINE.has(url.hostname));
  if (!safe || url.username || url.password || url.search || url.hash) return null;
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** "mirror.example:8080", for people. */
export const hostOf = (endpoint: string): string => new URL(endpoint).host;
