/**
 * The calls that are measured, in one source for both clients. `micro.mjs` imports this module once per
 * client, each time with another query string, so that each client has functions and inline caches of its
 * own.
 */

/** Number of label sets in the mixed rows. */
const SETS = 150;

/** Number of calls after which values and label sets repeat; a power of two. */
const SEQUENCE = 4096;

/** Yields a fixed pseudo-random sequence, the same for both clients. */
function* random(seed) {
  let state = seed;
  for (;;) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    yield state / 2 ** 32;
  }
}

function sequence(seed, of) {
  const numbers = random(seed);
  return Array.from({ length: SEQUENCE }, () => of(numbers.next().value));
}

/** Durations in seconds, spread over all default buckets. */
const values = sequence(1, (share) => 0.001 * 10 ** (share * 4.5));
/** Latencies in seconds, log-normal: half of them below 20 ms. */
const latencies = sequence(3, (share) => share).map((share, n, shares) => {
  const angle = 2 * Math.PI * shares[(n + 1) % SEQUENCE];
  return 0.02 * Math.exp(Math.sqrt(-2 * Math.log(1 - share)) * Math.cos(angle));
});
const setNumbers = sequence(2, (share) => Math.floor(share * SETS));
const methods = setNumbers.map((number) => ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'][number % 5]);
const routes = setNumbers.map((number) => `/route/${Math.floor(number / 5)}`);

/**
 * Makes a dozen other metrics with various label lists, and uses them until their code is compiled. The
 * engine specialises code for a program with a single metric in a way that no real program sees.
 */
export function warm(client) {
  const labelLists = [[], ['a'], ['a', 'b'], ['x', 'y', 'z'], ['code'], ['path', 'code']];
  labelLists.forEach((labelNames, number) => {
    const help = 'one of a dozen others';
    const counter = new client.Counter({ name: `other_${number}_total`, help, labelNames });
    const other = number % 2 === 0 ? client.Gauge : client.Histogram;
    const second = new other({ name: `other_${number}`, help, labelNames });
    for (let i = 0; i < 20_000; i++) {
      const labels = Object.fromEntries(labelNames.map((name) => [name, `v${i % 7}`]));
      counter.inc(labels, 1);
      if (number % 2 === 0) second.set(labels, i);
      else second.observe(labels, i);
    }
  });
}

/**
 * @param {typeof import('prom-client')} client
 * @returns {{ rows: { title: string, target?: number, call: () => void }[], registers: object[], restart: () => void }}
 *   `target`: the lowest accepted ratio of prom-client's time to mpmetrics'; `registers` have the metrics of the rows;
 *   `restart` makes the next calls of the rows use the first values again
 */
export function subjects(client) {
  const labelNames = ['method', 'route'];
  const make = (type, name, labelled) =>
    new client[type]({ name, help: name, labelNames: labelled ? labelNames : [] });
  let i = 0;
  const next = () => (i = (i + 1) & (SEQUENCE - 1));

  const plain = make('Counter', 'plain_total', false);
  const boundCounter = make('Counter', 'bound_total', true).labels('GET', '/');
  const boundGauge = make('Gauge', 'bound', true).labels('GET', '/');
  const mixedGauge = make('Gauge', 'mixed', true);
  const boundGauges = Array.from({ length: SETS }, (_, number) =>
    mixedGauge.labels('GET', `/route/${number}`),
  );
  const same = make('Counter', 'same_total', true);
  const mixed = make('Counter', 'mixed_total', true);
  const viaLabels = make('Counter', 'via_labels_total', true);
  const observed = make('Histogram', 'observed', false);
  const boundHistogram = make('Histogram', 'bound_observed', true).labels('GET', '/');
  const mixedHistogram = make('Histogram', 'mixed_observed', true);
  const timed = make('Histogram', 'timed', false);
  const summary = make('Summary', 'latency', false);
  const boundSummary = make('Summary', 'bound_latency', true).labels('GET', '/');
  const labelled = new client.Registry();
  labelled.setDefaultLabels({ app: 'bench' });
  const makeLabelled = (name, labelNames) =>
    new client.Counter({ name, help: name, labelNames, registers: [labelled] });
  const plainLabelled = makeLabelled('default_plain_total', []);
  const boundLabelled = makeLabelled('default_bound_total', labelNames).labels('GET', '/');
  const sameLabelled = makeLabelled('default_same_total', labelNames);
  const mixedLabels = () => {
    const n = next();
    return { method: methods[n], route: routes[n] };
  };

  const rows = [
    { title: 'an empty function', call: () => {} },
    { title: '`counter.inc()`, no labels', target: 0.6, call: () => plain.inc() },
    { title: 'bound `child.inc()`', target: 40, call: () => boundCounter.inc() },
    { title: 'bound gauge `set(v)`', target: 40, call: () => boundGauge.set(values[next()]) },
    {
      title: `bound gauges \`set(v)\`, ${SETS} children mixed`,
      call: () => boundGauges[setNumbers[next()]].set(values[i]),
    },
    {
      title: '`inc({a, b})`, the same labels',
      target: 10,
      call: () => same.inc({ method: 'GET', route: '/' }),
    },
    { title: '`counter.inc()`, default labels', call: () => plainLabelled.inc() },
    { title: 'bound `child.inc()`, default labels', call: () => boundLabelled.inc() },
    {
      title: '`inc({a, b})`, the same labels, default labels',
      call: () => sameLabelled.inc({ method: 'GET', route: '/' }),
    },
    {
      title: `\`inc({a, b})\`, ${SETS} sets mixed`,
      target: 4,
      call: () => mixed.inc(mixedLabels()),
    },
    {
      title: `\`set({a, b}, v)\`, ${SETS} sets mixed`,
      call: () => {
        const n = next();
        mixedGauge.set({ method: methods[n], route: routes[n] }, values[n]);
      },
    },
    {
      title: `\`labels(a, b).inc()\`, ${SETS} sets mixed`,
      call: () => {
        const n = next();
        viaLabels.labels(methods[n], routes[n]).inc();
      },
    },
    { title: '`observe(v)`', target: 12, call: () => observed.observe(values[next()]) },
    {
      title: 'bound child `observe(v)`',
      target: 25,
      call: () => boundHistogram.observe(values[next()]),
    },
    {
      title: `\`observe({a, b}, v)\`, ${SETS} sets mixed`,
      target: 5,
      call: () => {
        const n = next();
        mixedHistogram.observe({ method: methods[n], route: routes[n] }, values[n]);
      },
    },
    {
      title: '`summary.observe(v)`, default percentiles',
      target: 10,
      call: () => summary.observe(latencies[next()]),
    },
    {
      title: 'bound summary `observe(v)`',
      call: () => boundSummary.observe(latencies[next()]),
    },
    { title: '`startTimer()` and `end()`', call: () => timed.startTimer()() },
  ];
  return { rows, registers: [client.register, labelled], restart: () => (i = 0) };
}
