/**
 * A metric whose labels are the information, such as the version of the program. A series is one set of labels, which
 * may have any names, and is shown as long as a living process shows it; with `dead: 'keep'` also afterwards.
 */

import { shown, unfit } from '../errors';
import {
  asText,
  invalidLabelNames,
  labelsOf,
  parseLabelText,
  TOO_LONG,
  validateLabels,
} from '../labels';
import { Backing, Handle, infoKind } from '../storage';
import { livesKept } from './dead';
import { likelyName } from './full-name';
import * as hidden from './hidden';
import { Metric } from './metric';
import { labelNamesOf } from './options';
import type * as api from './states-api';
import type { InfoConfiguration } from './states-configuration';
import { refuseOptions, refuseOwnName } from './states';
import type { LabelValues } from './values';

const ROSTER: typeof hidden.ROSTER = hidden.ROSTER;

const SORT = 'an Info';
const SUFFIX = '_info';
const NO_LABELS = {};

/** Options of other metrics that an info does not have. */
const NOT_POSSIBLE = [
  ...['unit', 'aggregator', 'labelValues', 'ttlSeconds'],
  ...['defaultLabels', 'maxSeries', 'overflow', 'overflowLabels', 'maxLabelValues'],
];

/** The aggregator in the JSON of infos. The value is 1 in all processes, so the result in prom-client is 1, too. */
const AGGREGATOR = 'max';

export class Info<T extends string = string> extends Metric<T> implements api.Info<T> {
  constructor(config: InfoConfiguration<T>) {
    super(checked(config), infoKind, { aggregator: AGGREGATOR }, livesKept);
  }

  info(labels: LabelValues<T> | api.InfoValues, values?: api.InfoValues): void {
    const [own, given] = values === undefined ? [NO_LABELS, labels] : [labels, values];
    replace(this, own, given);
  }

  addInfo(labels: LabelValues<T> | api.InfoValues, values?: api.InfoValues): void {
    const [own, given] = values === undefined ? [NO_LABELS, labels] : [labels, values];
    show(this, own, given);
  }

  labels(...args: unknown[]): api.InfoChild {
    const labels = { ...labelsOf(this.labelNames, args) };
    validateLabels(this.labelNames, labels);
    return {
      info: (values) => {
        replace(this, labels, values);
      },
      addInfo: (values) => {
        show(this, labels, values);
      },
    };
  }

  override reset(): void {
    this[ROSTER].reset(true);
  }

  override remove(...args: unknown[]): void {
    const labels = labelsOf(this.labelNames, args) ?? NO_LABELS;
    validateLabels(this.labelNames, labels);
    for (const h of handlesUnder(this, labels)) this[ROSTER].drop(h);
  }

  /** @internal Not declared: this isolate does not know the series of other isolates. */
  override removeEverywhere(): void {
    throw new Error(
      `removeEverywhere() is not possible for ${SORT}; resetEverywhere() removes what all processes show`,
    );
  }
}

/** Shows a series, and then removes this isolate's other series with the same values of `labelNames`. */
function replace(metric: Info, labels: object, values: api.InfoValues): void {
  const kept = show(metric, labels, values);
  // The storage has refused the new series, and has counted that. The earlier series stay.
  if (kept.backing === Backing.Sink) return;
  for (const h of handlesUnder(metric, labels)) if (h !== kept) metric[ROSTER].drop(h);
}

/** Shows the series of these labels and values. Returns its handle. */
function show(metric: Info, labels: object, values: api.InfoValues): Handle {
  validateLabels(metric.labelNames, labels);
  const roster = metric[ROSTER];
  const label = roster.text({ ...labels, ...textsOf(metric, values) });
  const h = label === TOO_LONG ? new Handle() : roster.handleFor(label);
  return h.live ? h : roster.bindText(h, label);
}

/** Returns the handles of this isolate's series in which `labelNames` have the values of these labels. */
function handlesUnder(metric: Info, labels: object): Handle[] {
  const { labelNames } = metric;
  const given = new Map(Object.entries(labels).map(([name, value]) => [name, asText(value)]));
  return metric[ROSTER].handles().filter((h) => {
    if (h.backing === Backing.None) return false;
    const own = new Map(parseLabelText(h.text));
    return labelNames.every((name) => own.get(name) === given.get(name));
  });
}

/** Returns the labels that are the information, as texts. Throws if one is invalid. */
function textsOf(metric: Info, values: unknown): Record<string, string> {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw unfit('the information', 'an object with names and values', values);
  }
  const given = Object.entries(values).filter(([, value]) => value !== undefined);
  const names = given.map(([name]) => name);
  const [invalid] = invalidLabelNames(names);
  if (invalid !== undefined) {
    throw new Error(`Invalid name ${shown(invalid)} in the information of ${metric.name}`);
  }
  const reserved: readonly string[] = [...metric.labelNames, metric.name];
  const taken = names.find((name) => reserved.includes(name));
  if (taken !== undefined) {
    throw new Error(
      `The information of ${metric.name} must not have ${shown(taken)}: that is its own name, or one of labelNames`,
    );
  }
  for (const [name, value] of given) {
    if (['string', 'number', 'boolean', 'bigint'].includes(typeof value)) continue;
    throw unfit(`${name} of ${metric.name}`, 'a text, a number or a boolean', value);
  }
  return Object.fromEntries(given.map(([name, value]) => [name, asText(value)]));
}

/** Checks the options of an info, and returns them with a name that ends with `_info`. Leaves the rest to `Metric`. */
function checked<T extends string>(config: InfoConfiguration<T>): InfoConfiguration<T> {
  if (config === null || typeof config !== 'object' || !config.name) return config;
  refuseOptions({ ...config }, NOT_POSSIBLE, SORT);
  // JavaScript may pass anything.
  const given = asText(config.name);
  const name = given.endsWith(SUFFIX) ? given : given + SUFFIX;
  refuseOwnName(
    labelNamesOf(config.labelNames).map(String),
    likelyName('info', { ...config, name }),
    SORT,
  );
  return { ...config, name };
}
