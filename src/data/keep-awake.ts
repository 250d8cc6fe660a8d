/**
 * Chromium holds the private file system of a private window in memory and loses it when nobody has asked for it for ten minutes
 * (Chromium 150; docs/architecture.md): somebody asks every few.
 */
import { browserRoot, type OpenRoot } from './directory';

const EVERY_MS = 4 * 60_000;

async function ask(open: OpenRoot): Promise<void> {
  for await (const name of (await open()).keys()) if (name) return;
}

/** @returns ends it */
export function keepAwake(open: OpenRoot = browserRoot): () => void {
  // Without storage there is nothing to keep; whoever needs it says so.
  const timer = setInterval(() => void ask(open).catch(() => undefined), EVERY_MS);
  return () => clearInterval(timer);
}
