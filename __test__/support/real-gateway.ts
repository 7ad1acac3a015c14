/** Debian's Prometheus Pushgateway. */
import { spawn, type ChildProcess } from 'node:child_process';

const gateways: ChildProcess[] = [];

/** Starts a Pushgateway. Returns its URL. */
export async function startGateway(address = '127.0.0.1:0'): Promise<string> {
  // Debian's keeps its groups in one file for all gateways, if it is ended by a signal that it can catch.
  const options = [`--web.listen-address=${address}`, '--persistence.file='];
  const gateway = spawn('prometheus-pushgateway', options);
  gateways.push(gateway);
  let log = '';
  return new Promise((resolve, reject) => {
    gateway.on('error', reject);
    gateway.on('close', () => {
      reject(new Error(`the gateway ended: ${log}`));
    });
    gateway.stderr.on('data', (chunk: Buffer) => {
      log += String(chunk);
      const found = /Listening on" address=(\S+)/.exec(log)?.[1];
      if (found !== undefined) resolve(`http://${found}`);
    });
  });
}

/** Kills all Pushgateways that were started. */
export async function killGateways(): Promise<void> {
  const ended = gateways.splice(0).map(async (gateway) => {
    if (gateway.exitCode !== null || gateway.signalCode !== null) return;
    const closed = new Promise((resolve) => gateway.once('close', resolve));
    gateway.kill('SIGKILL');
    await closed;
  });
  await Promise.all(ended);
}

/** Returns the samples in a gateway: value by `name{labels}`. Those of the gateway itself are left out. */
export async function heldBy(url: string, names: RegExp): Promise<Record<string, string>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const lines = text.split('\n').filter((line) => names.test(line));
  return Object.fromEntries(lines.map((line) => line.split(/ (?=\S+$)/) as [string, string]));
}
