/** The differences from prom-client that concern an application. docs/COMPATIBILITY.md lists all differences. */

import type { Usage } from './code';
import type { Copy, Manifest } from './copies';

/** Test runners under which metrics are not shared. */
const RUNNERS: readonly string[] = [
  ...['jest', 'vitest', 'mocha', 'ava', 'tap', 'jasmine', '@playwright/test', '@cucumber/cucumber'],
  ...['@wdio/cli', '@stryker-mutator/core', '@rstest/core'],
];

/**
 * Returns the differences as sentences for people, the most important first.
 *
 * @param foreign the other clients that the application has
 * @param usage the features that the code of the application and of its dependencies uses
 * @param application the application's package.json
 */
export function differences(
  foreign: readonly Copy[],
  usage: Usage,
  application: Manifest,
): readonly string[] {
  const of = (name: string, version: RegExp): boolean =>
    foreign.some((copy) => copy.name === name && version.test(copy.version));
  const { dependencies, devDependencies } = application;
  const all = { ...dependencies, ...devDependencies };
  const older = foreign.find(
    ({ name, version }) => name === 'prom-client' && !/^15\./.test(version),
  );
  const lines = [
    'A scrape of any process shows all processes and threads. For the old meaning set MPMETRICS_SCOPE=process.',
    'Counts of a process that died stay; its gauges go.',
    "A gauge that each worker sets to the same figure shows the sum: MPMETRICS_AGGREGATORS='name=max' says otherwise.",
    'remove() of a counter, histogram or summary series removes it in all processes.',
  ];
  for (const [path, file] of usage.missing) {
    lines.push(`${path} is not there, and ${file} asks for it.`);
  }
  if (older !== undefined) {
    lines.push(
      `The API is that of prom-client 15. This application has ${older.version}: see prom-client's change log.`,
    );
  }
  if (usage.cluster) {
    lines.push(
      'clusterMetrics() and workerMetrics() show the primary and the dead too, and need no worker to answer.',
    );
  }
  if (usage.defaultMetrics) {
    lines.push(
      'collectDefaultMetrics() reports CPU, memory and descriptors once for each process, however many threads call it.',
    );
  }
  if (usage.pushgateway) lines.push('A Pushgateway gets the metrics of the whole application.');
  if (usage.summaries) {
    lines.push('Quantiles of summaries are estimated within 1.1 %, over all processes.');
  }
  if (of('prom-client', /^15\./)) lines.push('counter.inc() returns nothing.');
  if (of('@platformatic/prom-client', /./)) {
    lines.push('Features that @platformatic/prom-client adds to prom-client 15 are missing.');
  }
  if (RUNNERS.some((name) => all[name] !== undefined)) {
    lines.push(
      'Under test runners (Jest, Vitest, Mocha in parallel, AVA, …) each module instance has metrics of its own.',
    );
  }
  return lines;
}
