/** The bench without a browser: Dawn in Node, each measurement in a process of its own. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, runTool } from '../app/build';
import type { AdapterChoice } from '../browser';
import type { Folders } from './models';
import type { Order, Report } from './node/child';
import type { Session } from './session';

/** Files by their paths on disk, in front of which scripts/node's fetch wants this. */
const ON_DISK = '/@fs';

export async function openNodeSession(adapter: AdapterChoice, folders: Folders): Promise<Session> {
  const vite = ['build', '--config', 'scripts/bench/node/vite.config.ts', '--logLevel', 'warn'];
  await runTool('node_modules/vite/bin/vite.js', vite);
  const platform = { adapter, files: join(ROOT, 'public') };
  const addresses = { weights: `${ON_DISK}${folders.weights}/`, made: `${ON_DISK}${folders.made}/` };
  return {
    runtime: `Node.js ${process.versions.node}, Dawn`,
    addresses,
    measure: (section, given) => inChild({ platform, section, given }) as never,
    close: async () => undefined,
  };
}

/** @throws Error with what went wrong in the process, or that it ended without an answer */
function inChild(order: Order): Promise<unknown> {
  return new Promise((done, failed) => {
    const child = fork(join(ROOT, 'dist-bench-node/child.js'), { cwd: ROOT, execArgv: [] });
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
