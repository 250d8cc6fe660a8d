/**
 * One measurement in a process of its own, as the browser gives each a page of its own. Started by node-session.ts, which sends
 * what to measure and gets the answer, both as messages.
 */
import { installPlatform, type PlatformOptions } from '../../node/platform/install';
import { WHY_NO_GPU } from '../../node/platform/gpu';
import type { Sections } from '../page/page';

export interface Order {
  platform: PlatformOptions;
  section: keyof Sections;
  given: unknown;
}
export type Report = { say: string } | { answer: unknown } | { error: string };

const tell = (report: Report): Promise<void> => new Promise((sent) => process.send!(report, () => sent()));

const SECTIONS: Sections = {
  allocation: async (...given) => (await import('../page/allocation')).allocation(...given),
  detection: async (options) => {
    const { detection } = await import('../page/detection');
    return detection(options, { ours: async (files) => (await import('./our-engine')).openOurs(files) });
  },
  growth: async (...given) => (await import('../page/growth')).growth(...given),
  kernels: async (...given) => (await import('../page/kernels')).kernels(...given),
  overhead: async (...given) => (await import('../page/overhead')).overhead(...given),
  profile: async () => (await import('../page/profile')).profile(),
  training: async (...given) => (await import('../page/training')).training(...given),
};

process.once('message', (message) => {
  void measure(message as Order)
    .then((answer) => tell({ answer }))
    .catch((thrown: unknown) => tell({ error: thrown instanceof Error ? thrown.message : String(thrown) }))
    // Dawn keeps the process alive.
    .finally(() => process.exit(0));
});

async function measure({ platform, section, given }: Order): Promise<unknown> {
  globalThis.benchSay = (line) => tell({ say: line });
  const { gpu } = await installPlatform(platform);
  if (!gpu) throw new Error(WHY_NO_GPU);
  return (SECTIONS[section] as (given: unknown) => Promise<unknown>)(given);
}
