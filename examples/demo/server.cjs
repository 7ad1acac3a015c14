/**
 * A web server as a cluster of four workers with a worker thread each, as an example of an application that
 * uses mpmetrics. No process sends metrics to another, and every process serves the metrics of all.
 */
const cluster = require('node:cluster');
const http = require('node:http');
const { join } = require('node:path');
const { Worker } = require('node:worker_threads');
const { Counter, Histogram, metricsHandler, register } = require('mpmetrics');

const WORKERS = 4;

/** Lets a test check that the demo can fail: `lose` leaves out every 100th request, and `invent` counts it twice. */
const broken = process.env.DEMO_BREAK;

/** Serves /metrics on a port of this process alone, also in a cluster worker. Resolves with the port. */
function serveMetrics() {
  return new Promise((resolve) => {
    const server = http.createServer(metricsHandler(register));
    server.listen({ port: 0, host: '127.0.0.1', exclusive: true }, () =>
      resolve(server.address().port),
    );
  });
}

/** Passes the work of `POST /work` to a worker thread, which counts its jobs itself. */
class Workshop {
  #thread = new Worker(join(__dirname, 'thread.cjs'));
  #waiting = new Map();
  #next = 0;

  constructor() {
    this.#thread.on('message', ({ id, result }) => {
      this.#waiting.get(id)(result);
      this.#waiting.delete(id);
    });
  }

  work() {
    const id = this.#next++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#thread.postMessage({ id });
    });
  }
}

async function answer(request, workshop) {
  if (request.url === '/') return { status: 200, body: 'hello\n' };
  if (request.url !== '/work') return { status: 404, body: 'not found\n' };
  return { status: 201, body: await workshop.work() };
}

async function startWorker() {
  const requests = new Counter({
    name: 'http_requests_total',
    help: 'Requests, counted before they are answered',
    labelNames: ['method', 'status'],
  });
  const durations = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from a request to its answer',
    buckets: [0.0005, 0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128, 0.256, 0.512],
  });
  const workshop = new Workshop();
  let served = 0;
  const server = http.createServer(async (request, response) => {
    const end = durations.startTimer();
    const { status, body } = await answer(request, workshop);
    const odd = broken !== undefined && ++served % 100 === 0;
    if (!odd || broken !== 'lose') requests.inc({ method: request.method, status });
    if (odd && broken === 'invent') requests.inc({ method: request.method, status });
    end();
    response.writeHead(status, { 'content-type': 'text/plain' }).end(body);
  });
  const metricsPort = await serveMetrics();
  server.listen(Number(process.env.DEMO_PORT), '127.0.0.1', () => process.send({ metricsPort }));
  process.on('message', () => {
    server.getConnections((_, connections) => process.send({ connections }));
  });
}

/**
 * Kills the worker with the most open connections, and reports their number. The worker may have counted one request of
 * each connection without answering it.
 */
class Killer {
  #open = new Map();

  ask() {
    this.#open.clear();
    for (const worker of Object.values(cluster.workers)) worker.send('how many connections?');
  }

  hear(worker, connections) {
    this.#open.set(worker, connections);
    if (this.#open.size < WORKERS) return;
    const [victim, most] = [...this.#open].reduce((a, b) => (b[1] > a[1] ? b : a));
    victim.process.kill('SIGKILL');
    process.send({ killed: victim.process.pid, connections: most });
  }
}

async function startPrimary() {
  // With round robin the primary may pass a connection to a worker whose death it has not noticed yet.
  // Node.js loses such connections, and the clients would wait until their timeout.
  cluster.schedulingPolicy = cluster.SCHED_NONE;
  const processes = new Map([[process.pid, await serveMetrics()]]);
  const killer = new Killer();
  cluster.on('message', (worker, { metricsPort, connections }) => {
    if (connections !== undefined) killer.hear(worker, connections);
    if (metricsPort !== undefined) processes.set(worker.process.pid, metricsPort);
    if (processes.size === WORKERS + 1) process.send({ processes: [...processes] });
  });
  cluster.on('exit', (worker) => {
    processes.delete(worker.process.pid);
    cluster.fork();
  });
  for (let i = 0; i < WORKERS; i++) cluster.fork();
  process.on('message', () => killer.ask());
  process.on('disconnect', () => process.exit());
}

if (cluster.isPrimary) void startPrimary();
else void startWorker();
