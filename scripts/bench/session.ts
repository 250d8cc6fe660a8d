/** Where the bench measures: a browser, or Node. Each measurement has a page, or a process, of its own. */
import type { RuntimeName } from '../app/runtime';
import type { AdapterChoice } from '../browser';
import type { Folders } from './models';
import type { Sections } from './page/page';

type Given<Name extends keyof Sections> = Parameters<Sections[Name]>[0];
type Answer<Name extends keyof Sections> = Awaited<ReturnType<Sections[Name]>>;

export interface Session {
  /** Name and version, for a person. */
  readonly runtime: string;
  /** Versions of the packages that are measured, by name. */
  readonly versions: Readonly<Record<string, string>>;
  /** Under which addresses a measurement finds the folders' files; they end in a slash. */
  readonly addresses: { readonly weights: string; readonly made: string };
  /** Runs one of the page's functions without kernels, buffers or devices of another measurement. */
  measure<Name extends keyof Sections>(name: Name, given: Given<Name>): Promise<Answer<Name>>;
  close(): Promise<void>;
}

/** @throws Error in words for a person when there is no browser or nothing starts */
export async function openSession(runtime: RuntimeName, adapter: AdapterChoice, folders: Folders): Promise<Session> {
  // Each brings libraries that the other has no use for.
  if (runtime === 'browser') return (await import('./browser-session')).openBrowserSession(adapter, folders);
  return (await import('./node-session')).openNodeSession(adapter, folders);
}
