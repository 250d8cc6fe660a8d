/** The device of the parity ring: opened once a file, and every fault it reports fails the test that is running. */
import { openWebGpu, type OpenedDevice } from '../backend';
import { submit } from '../submit';

const faults: string[] = [];
const devices = new Set<GPUDevice>();

export async function openTestDevice(): Promise<OpenedDevice> {
  const opened = await openWebGpu('high-performance', {
    onLost: (reason) => {
      if (devices.has(opened.device)) faults.push(`device lost: ${reason}`);
    },
    onFault: (message) => faults.push(message),
  });
  devices.add(opened.device);
  return opened;
}

/** Frees all that a file's devices hold: all files share a page, and a browser has memory for few devices. */
export function closeTestDevices(): void {
  const all = [...devices];
  devices.clear();
  all.forEach((device) => device.destroy());
}

/** Call in afterEach: waits for the queue and throws what the device complained of since the last call. */
export async function throwFaults({ device, backend }: OpenedDevice): Promise<void> {
  submit(backend);
  await device.queue.onSubmittedWorkDone();
  const heard = faults.splice(0);
  if (heard.length > 0) throw new Error(heard.join('\n'));
}
