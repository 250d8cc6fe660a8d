/** Which Chromium the scripts and tests drive, and the flags that give it WebGPU. */
import { existsSync } from 'node:fs';

/** `software`: Chromium's SwiftShader, same answer on every machine. `default`: whatever adapter the machine has. */
export type AdapterChoice = 'software' | 'default';

const SYSTEM_CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/**
 * Path of the browser: STEPDETR_BROWSER where it is set, else the system's Chromium, else undefined (Playwright's own).
 * @throws Error when STEPDETR_BROWSER names a file that is not there
 */
export function browserExecutable(env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env['STEPDETR_BROWSER'];
  if (named) {
    if (!existsSync(named))
      throw new Error(`STEPDETR_BROWSER: expected the path of a browser, got ${named}, which is not there`);
    return named;
  }
  return SYSTEM_CHROMIUM.find((path) => existsSync(path));
}

/** Launch arguments for headless Chromium with WebGPU on the chosen adapter. */
export function webgpuFlags(adapter: AdapterChoice): string[] {
  const flags = [
    '--enable-unsafe-webgpu',
    '--no-sandbox',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  if (adapter === 'software') flags.push('--use-webgpu-adapter=swiftshader');
  else flags.push('--enable-features=Vulkan');
  return flags;
}
