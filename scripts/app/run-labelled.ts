/** Programs of this repository that run beside others: every line they print says whose it is. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { ROOT } from './build';

/**
 * Runs it; what it prints goes to our standard error line by line, behind `label`.
 * @param env what its environment has besides ours
 * @throws Error with the command when it ends with another code than 0
 */
export function runLabelled(
  label: string,
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  return new Promise((done, failed) => {
    const child = spawn(process.execPath, [join(ROOT, script), ...args], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => console.error(line === '' ? '' : `${label} | ${line}`));
    child.on('error', failed);
    child.on('close', (code, signal) => {
      if (code === 0) done();
      else failed(new Error(`${script} ${args.join(' ')}: ended with ${signal ?? code}`));
    });
  });
}
