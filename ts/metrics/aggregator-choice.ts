/**
 * The aggregators of gauges whose program named none. If a program was written for one process, each worker sets such a
 * gauge to the same figure, and the sum is that figure times the number of workers. So the user can choose another
 * aggregator.
 */

import { warnOnce } from '../errors';
import { AGGREGATORS, configured, decisiveVariables, GAUGE_PATTERN } from '../meeting';
import { isGaugeAggregator, takenLabel } from './aggregators';
import { countsDead } from './dead';
import type { GaugeAggregator } from './values';

/** Names of gauges, in which `*` stands for any characters, and the aggregator of those that fit. */
type Choices = readonly (readonly [pattern: string, aggregator: string])[];

/** The text of `MPMETRICS_AGGREGATORS` and its patterns, which are parsed again only if the text changes. */
let read: { text: string; choices: Choices } = { text: '', choices: [] };

/**
 * The aggregator that `configure({ aggregators })`, or else `MPMETRICS_AGGREGATORS`, gives to a gauge. The first
 * pattern that fits is used. An aggregator that the gauge cannot have is ignored with a warning, and does not throw,
 * because the program did not name it.
 *
 * @param name of the gauge
 * @param has whether the gauge has the option `ttlSeconds`, and whether it counts the dead
 * @returns undefined if no pattern fits, or if the gauge cannot have the aggregator of the first that fits
 */
export function chosenAggregator(
  name: unknown,
  labelNames: readonly string[] | undefined,
  has: { readonly ttl: boolean; readonly dead: boolean },
): GaugeAggregator | undefined {
  const choices = [...Object.entries(configured().aggregators ?? {}), ...byVariable()];
  for (const [pattern, aggregator] of choices) {
    if (!fits(pattern, String(name)) || !isGaugeAggregator(aggregator)) continue;
    const taken = takenLabel(aggregator, Array.isArray(labelNames) ? labelNames.map(String) : []);
    const why =
      taken !== undefined
        ? `has a label "${taken}" already`
        : has.ttl && aggregator === 'shared'
          ? 'has ttlSeconds, which needs another aggregator'
          : has.dead && !countsDead(aggregator)
            ? "has dead: 'keep', which needs another aggregator"
            : null;
    if (why === null) return aggregator;
    warnOnce(
      'MPMETRICS_CONFIG',
      `the aggregator ${aggregator} that is configured for ${pattern} is not used for the gauge ${String(name)}: it ${why}`,
      String(name),
    );
    return undefined;
  }
  return undefined;
}

function byVariable(): Choices {
  const text = decisiveVariables()['MPMETRICS_AGGREGATORS'] ?? '';
  if (text !== read.text) read = { text, choices: parse(text) };
  return read.choices;
}

/** Parses entries `pattern=aggregator`, separated by commas. Leaves out invalid entries, with a warning. */
function parse(text: string): Choices {
  const choices: (readonly [string, string])[] = [];
  for (const entry of text.split(',').map((one) => one.trim())) {
    if (entry === '') continue;
    const [pattern, aggregator, ...more] = entry.split('=').map((one) => one.trim());
    if (more.length === 0 && GAUGE_PATTERN.test(pattern!) && isGaugeAggregator(aggregator)) {
      choices.push([pattern!, aggregator]);
      continue;
    }
    warnOnce(
      'MPMETRICS_CONFIG',
      `${JSON.stringify(entry)} in MPMETRICS_AGGREGATORS is ignored: it must be a gauge's name, in which * stands ` +
        `for any characters, an equals sign and one of ${AGGREGATORS.join(', ')}`,
      entry,
    );
  }
  return choices;
}

function fits(pattern: string, name: string): boolean {
  // Needs no escaping: a valid pattern has only `*` and characters that a metric's name may have.
  return new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(name);
}
