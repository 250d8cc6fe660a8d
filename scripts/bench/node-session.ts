/** The bench without a browser: Dawn in Node, each measurement in a process of its own. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { AdapterChoice } from '../browser';
import { nodeCode } from '../node/load';
import type { Folders } from './models';
import type { Order, Report } from './node/child';
import type { Session } from './session';
import { versionsIn } from './versions';

/** Files by their paths on disk, in front of which scripts/node's fetch wants this. */
const ON_DISK = '/@fs';

export async function openNodeSession(adapter: AdapterChoice, folders: Folders): Promise<Session> {
  const { code, files, packages } = await nodeCode();
  const platform = { adapter, files };
  const addresses = { weights: `${ON_DISK}${folders.weights}/`, made: `${ON_DISK}${folders.made}/` };
  return {
    runtime: `Node.js ${process.versions.node}, Dawn`,
    versions: versionsIn(packages, ['webgpu', '@tensorflow/tfjs-core']),
    addresses,
    measure: (section, given) => inChild(code, { platform, section, given }) as never,
    close: async () => undefined,
  };
}

/** @throws Error with what went wrong in the process, or that it ended without an answer */
function inChild(code: string, order: Order): Promise<unknown> {
  return new Promise((done, failed) => {
    const child = fork(join(code, 'bench-child.js'), { execArgv: [] });
    child.on('message', (report: Report) => {
      if ('say' in report) console.error(`  ${report.say}`);
      else if ('error' in report) failed(new Error(report.error));
      else done(report.answer);
    });
    child.on('error', failed);
    child.on('exit', (code, signal) => failed(new Error(`${order.section}: the process ended with ${signal ?? code}`)));
    child.send(order);
  });
}
