/** Composition root of the interface: store, session and page, from the parts that src/main.tsx hands in. */
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import i18next from 'i18next';
import { isSample, type SampleName } from '../state/samples';
import { createAppStore } from '../state/store';
import '../ui/styles/base.css';
import { startMessages } from '../ui/messages/i18n';
import type { DetectorClient } from '../workers/client';
import { App } from './App';
import { createDetectorSession, type DetectorSession } from './detector-session';
import { applyLink, followView } from './linked-view';
import { playOnce } from './play-once';
import type { Ports } from './ports';
import { followTheme } from './theme';

const FIRST_SAMPLE: SampleName = 'cat';

/** The worker's code, the device and the weights keep every core busy: the first picture comes before them, if it comes soon. */
const LONGEST_WAIT_MS = 700;

function afterPainting(shown: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, LONGEST_WAIT_MS);
    void shown.then(() => requestAnimationFrame(() => setTimeout(resolve)));
  });
}

/**
 * Shows the page in `root` and starts the session.
 *
 * @param search the address's query: `backend=wasm` computes without WebGPU
 * @returns the running session; its start is under way
 */
export function startApp(
  root: HTMLElement,
  client: DetectorClient,
  ports: Ports,
  { hash, search }: { hash: string; search: string },
): DetectorSession & { started: ReturnType<DetectorSession['start']> } {
  startMessages();
  const store = createAppStore(localStorage);
  const session = createDetectorSession({
    store,
    client,
    ports,
    samples: `${import.meta.env.BASE_URL}samples/`,
    words: {
      webcam: i18next.t('images.webcamName'),
      link: i18next.t('notices.link'),
      linkOnlySamples: i18next.t('app.linkOnlySamples'),
      views: i18next.t('notices.views'),
      clusters: i18next.t('clusters.title'),
      profile: i18next.t('device.profile.title'),
    },
  });
  followTheme(store);
  const linked = applyLink(store, hash);
  playOnce(store);
  followView(store);
  createRoot(root).render(
    <StrictMode>
      <App session={session} />
    </StrictMode>,
  );
  const shown = session.restoreImages().then((hasImages) => {
    if (isSample(linked.sample)) return session.showSample(linked.sample);
    return hasImages ? undefined : session.showSample(FIRST_SAMPLE);
  });
  window.addEventListener('hashchange', () => {
    const { sample } = applyLink(store, location.hash);
    if (isSample(sample)) void session.showSample(sample);
  });
  const backend = new URLSearchParams(search).get('backend') === 'wasm' ? 'wasm' : 'auto';
  const started = afterPainting(shown).then(() =>
    session.start({ backend, ...(linked.model ? { model: linked.model } : {}) }),
  );
  return { ...session, started };
}
