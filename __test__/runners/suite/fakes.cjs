/** Replacements for functions of core modules, and a program that uses a client with these and records the results. */
'use strict';
const fs = require('fs');
const path = require('path');
const { PassThrough, Writable } = require('stream');

/** Requests that were made with the replacements for `http` and `https`. */
const requests = [];

/** Returns a replacement for `http.request` or `https.request`. */
exports.request = (module) => (options, answer) => {
  const entry = { module, host: options.hostname, path: options.path, body: '' };
  requests.push(entry);
  const request = new Writable({
    write(chunk, encoding, done) {
      entry.body += chunk;
      done();
    },
  });
  request.on('finish', () => {
    const response = Object.assign(new PassThrough(), { statusCode: 200 });
    answer(response);
    response.end('taken');
  });
  return request;
};

exports.spaces = () => [
  { space_name: 'fake_space', space_size: 3, space_used_size: 2, space_available_size: 1 },
];

exports.platform = 'fake';

/**
 * Uses a client, and returns the results.
 *
 * @param client prom-client, or this package
 * @param clock fakes timers: `start()`, `advance(milliseconds)`, `stop()`
 */
exports.observe = async (client, clock) => {
  const { collectDefaultMetrics, Counter, Histogram, Pushgateway, register } = client;
  const counter = new Counter({ name: 'seen_total', help: 's', labelNames: ['file'] });
  counter.inc({ file: 'any' });
  collectDefaultMetrics();
  clock.start();
  const took = new Histogram({ name: 'took_seconds', help: 't', buckets: [1, 2] });
  const end = took.startTimer();
  clock.advance(1_500);
  end();
  clock.stop();
  const answers = [];
  for (const protocol of ['http', 'https']) {
    const gateway = new Pushgateway(`${protocol}://gateway.invalid:9091`);
    answers.push((await gateway.push({ jobName: 'suite' })).body);
  }
  const text = await register.metrics();
  const pick = (pattern) => text.split('\n').filter((line) => pattern.test(line));
  return {
    answers,
    requests: requests.map(({ module, host, path: at, body }) => ({
      module,
      host,
      path: at,
      seen: /^seen_total.*$/m.exec(body)?.[0],
    })),
    lines: pick(/^(seen_total|took_seconds|nodejs_heap_space)/),
    // Both clients have this metric on Linux only, and the suite replaces the platform.
    descriptors: pick(/^process_open_fds/).length,
  };
};

/** Writes results to the folder in which `runners.test.ts` reads them. */
exports.record = (file, seen) => {
  const name = `${path.basename(file)}.json`;
  fs.writeFileSync(path.join(process.env.RESULTS, name), JSON.stringify(seen));
};
