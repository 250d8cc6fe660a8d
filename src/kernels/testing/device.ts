/** The device of the parity ring: opened once a file, and every fault it reports fails the test that is running. */
import { openWebGpu, type OpenedDevice } from '../backend';
import { submit } from '../submit';

const faults: string[] = [];

export async function openTestDevice(): Promise<OpenedDevice> {
  return openWebGpu('high-performance', {
    onLost: (reason) => faults.push(`device lost: ${reason}`),
    onFault: (message) => faults.push(message),
  });
}

/** Call in afterEach: waits for the queue and throws what the device complained of since the last call. */
export async function throwFaults({ device, backend }: OpenedDevice): Promise<void> {
  submit(backend);
  await device.queue.onSubmittedWorkDone();
  const heard = faults.splice(0);
  if (heard.length > 0) throw new Error(heard.join('\n'));
}
