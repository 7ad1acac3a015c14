/** Sends real load: a known number of requests, so that none is in flight at the end. */
import autocannon from 'autocannon';

/** The requests, each a third of the load: answered at once, passed to a worker thread, and not found. */
const REQUESTS = [
  { method: 'GET', path: '/' },
  { method: 'POST', path: '/work' },
  { method: 'GET', path: '/missing' },
];

/**
 * @param {{ port: number, amount: number, connections: number, halfway: () => void }} options
 *   `halfway` is called once, when half of the requests are answered
 * @returns {Promise<{ answered: number, byStatus: Record<string, number>, lost: number, seconds: number,
 *   perSecond: number, p50: number, p99: number }>} quantiles in milliseconds
 */
export function sendLoad({ port, amount, connections, halfway }) {
  return new Promise((resolve, reject) => {
    const byStatus = {};
    let answered = 0;
    const instance = autocannon(
      { url: `http://127.0.0.1:${port}`, amount, connections, requests: REQUESTS, timeout: 20 },
      (error, result) => {
        if (error) return reject(error);
        resolve({
          answered,
          byStatus,
          lost: result.errors + result.resets,
          seconds: result.duration,
          perSecond: answered / result.duration,
          p50: result.latency.p50,
          p99: result.latency.p99,
        });
      },
    );
    instance.on('response', (_client, status) => {
      byStatus[status] = (byStatus[status] ?? 0) + 1;
      answered++;
      if (answered === Math.floor(amount / 2)) halfway();
    });
  });
}
