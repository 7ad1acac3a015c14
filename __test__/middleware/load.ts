/** Load on a server by autocannon, and what the server answered. */
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import autocannon from 'autocannon';

import { patient } from '../support/patience.mjs';

/** The connections of a load. Each has at most one request that is not answered. */
export const CONNECTIONS = 8;

/** Milliseconds of work that an answer may take. */
const ANSWER = 10_000;

/** A request of a load: a path, or a function that returns a path for each request. */
export interface Shot {
  method: 'GET' | 'POST';
  path: string | (() => string);
}

/** Numbers of answers, by worker and then by a key such as `GET /hello 200`. */
export type Answers = Map<number, Record<string, number>>;

/** What `http-parser-js` tells of an answer's head; not what the types of autocannon say. */
interface Head {
  statusCode: number;
  headers: string[];
}

/** Adds to a number of a record. */
export function add(counts: Record<string, number>, key: string, more = 1): void {
  counts[key] = (counts[key] ?? 0) + more;
}

/**
 * Sends requests on {@link CONNECTIONS} connections. A connection that its server closes is opened again.
 *
 * An answer is attributed by its own header `X-Answer` (process id, method and URL): autocannon attributes the answers
 * on a connection that was opened again to wrong requests.
 *
 * @param amount the number of requests, those without answers included
 * @param shots the requests, which each connection sends in this order
 * @param onAnswer is called at each answer with the number of answers so far, and the id of the process that answered
 */
export async function fire(
  port: number,
  amount: number,
  shots: readonly Shot[],
  onAnswer: (answered: number, pid: number) => void = () => undefined,
): Promise<Answers> {
  const answers: Answers = new Map();
  let answered = 0;
  const note = ({ statusCode, headers }: Head) => {
    const name = headers.findIndex((text, i) => i % 2 === 0 && text.toLowerCase() === 'x-answer');
    const [pid, method, url] = headers[name + 1]!.split(' ');
    const worker = Number(pid);
    const counts = answers.get(worker) ?? {};
    answers.set(worker, counts);
    add(counts, `${method!} ${url!} ${statusCode}`);
    onAnswer(++answered, worker);
  };
  await autocannon({
    url: `http://127.0.0.1:${port}`,
    connections: CONNECTIONS,
    amount,
    timeout: Math.ceil(patient(ANSWER) / 1000),
    requests: shots.map(({ method, path }) =>
      typeof path === 'string'
        ? { method, path }
        : { method, setupRequest: (request) => ({ ...request, path: path() }) },
    ),
    setupClient(client) {
      let head: Head | undefined;
      client.on('headers', (headers: IncomingHttpHeaders) => (head = headers as unknown as Head));
      client.on('response', () => {
        note(head!);
      });
    },
  });
  return answers;
}

/** Sends requests one after another, and closes the connection of each before its answer. */
export async function abort(port: number, path: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const socket = connect(port, '127.0.0.1');
    await new Promise<void>((sent, fail) => {
      socket.on('error', fail);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`, () => {
        sent();
      });
    });
    await sleep(i % 3);
    socket.destroy();
  }
}
