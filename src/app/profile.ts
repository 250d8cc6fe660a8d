/** Asks the worker what a detection costs, hands the answer out as a file, and tells the worker how much memory it may hold. */
import { toAppError, type AppError } from '../lib/errors';
import { budgetBytes } from '../lib/memory-budget';
import { profileCsv, profileJson } from '../lib/profile-text';
import type { ProfileCommands, ProfileFormat } from '../state/commands';
import type { Pictures } from '../state/pictures';
import { currentItem } from '../state/select';
import type { AppStore } from '../state/store';
import { offerFile } from '../ui/offer-file';
import type { DetectorClient } from '../workers/client';
import { newId } from './ids';

const WRITERS = {
  json: { write: profileJson, type: 'application/json' },
  csv: { write: profileCsv, type: 'text/csv' },
} as const;

interface ProfilingParts {
  store: AppStore;
  client: Pick<DetectorClient, 'profile' | 'setBudget' | 'memory' | 'cancel'>;
  pictures: Pick<Pictures, 'blob'>;
  /** Its name in a notice. */
  what: string;
}

/** The worker follows the choice; what it holds afterwards is in the store. */
function followBudget({ store, client }: ProfilingParts): void {
  const tell = async (mib: number | null): Promise<void> => {
    const { notify, setMemory } = store.getState();
    try {
      const done = await client.setBudget(mib === null ? null : budgetBytes(mib));
      if (!done.ok) return void notify({ kind: 'fault', error: done.error });
      const memory = await client.memory();
      if (memory.ok) setMemory(memory.value);
    } catch (thrown) {
      notify({ kind: 'fault', error: toAppError(thrown, 'memory budget') });
    }
  };
  store.subscribe((state, before) => {
    const started = before.device === null && state.device !== null;
    const changed = state.device !== null && state.memoryBudget !== before.memoryBudget;
    if (changed || (started && state.memoryBudget !== null)) void tell(state.memoryBudget);
  });
}

export function createProfiling(parts: ProfilingParts): ProfileCommands {
  const { store, client, pictures, what } = parts;
  followBudget(parts);

  const ask = async (): Promise<void> => {
    const item = currentItem(store.getState());
    const blob = item && pictures.blob(item.id);
    if (!blob) return;
    const job = newId('profile');
    store.getState().askProfile({ job, image: item.name });
    const answer = await client
      .profile(blob, item.name, job)
      .catch((thrown: unknown) => ({ ok: false as const, error: toAppError(thrown, item.name) }));
    const { answerProfile, askedProfile, askProfile } = store.getState();
    if (answer.ok) answerProfile(job, { report: answer.value });
    else if (answer.error.code !== 'cancelled') answerProfile(job, { error: answer.error });
    else if (askedProfile?.job === job) askProfile(null);
  };

  const failed = (error: AppError): void => void store.getState().notify({ kind: 'fault', error });

  return {
    profileImage: () => void ask(),
    cancelProfile: () => {
      const { askedProfile } = store.getState();
      if (askedProfile && !askedProfile.report && !askedProfile.error) void client.cancel(askedProfile.job);
    },
    copyProfile: () => {
      const report = store.getState().askedProfile?.report;
      if (!report) return;
      navigator.clipboard.writeText(profileJson(report)).then(
        () => store.getState().notify({ kind: 'copied', what }),
        (thrown: unknown) => failed(toAppError(thrown, 'clipboard')),
      );
    },
    saveProfile: (format: ProfileFormat) => {
      const report = store.getState().askedProfile?.report;
      if (!report) return;
      const { write, type } = WRITERS[format];
      const name = `profile-${report.model.replaceAll(/[^\w.-]+/g, '-')}.${format}`;
      offerFile(new Blob([write(report)], { type }), name);
      store.getState().notify({ kind: 'saved', what: name });
    },
  };
}
