/**
 * Wrong values of the options of metrics, and options that do not go together. The constructor throws an error that
 * names the option and the rule, and a wrong value. It leaves no metric, and does not touch a metric that exists.
 */

import { inspect } from 'node:util';

import { describe, expect, test } from 'vitest';

import { subjects, type Client } from '../support/subject';

type Type = 'Counter' | 'Gauge' | 'Histogram' | 'Summary' | 'Enum' | 'StateSet' | 'Info';
type Options = Record<string, unknown>;

const WHOLE = [0, -1, 1.5, NaN, Infinity, '5', '', null, true, [], {}];
const TEXT = [5, true, [], {}, Symbol('s')];
const OBJECT = [5, '', 'a', true, [], ['a'], () => ({})];
const COUNT = 'a whole number from 1 to';
const LABELS = { labelNames: ['a', 'b'] };
const STATES = { states: ['s', 't'] };
const OTHER = { ...LABELS, overflow: 'other' };

/** Wrong values of options. A row has the type, the other options, the option, its rule, and the wrong values. */
const RULES: readonly [Type, Options, string, string, readonly unknown[]][] = [
  ['Gauge', {}, 'dead', "'keep' or left out", ['drop', '', null, true, 1, {}, []]],
  ['Enum', STATES, 'dead', "'keep' or left out", ['drop', null, true]],
  ['StateSet', STATES, 'dead', "'keep' or left out", ['', 1]],
  ['Info', {}, 'dead', "'keep' or left out", ['drop', false]],
  ['Gauge', { dead: 'keep', aggregator: 'all' }, 'keepDead', `${COUNT} 10000`, [...WHOLE, 10_001]],
  ['Enum', { ...STATES, dead: 'keep', aggregator: 'all' }, 'keepDead', `${COUNT} 10000`, WHOLE],
  ['Info', { dead: 'keep' }, 'keepDead', `${COUNT} 10000`, WHOLE],
  ...(['Enum', 'StateSet'] as const).map((type): (typeof RULES)[number] => [
    type,
    {},
    'states',
    'an array of 1 to 53 different texts that are not empty',
    [undefined, null, 5, 'on', {}, [], [''], ['a', 'a'], ['a', 1], Array(54).fill('s')],
  ]),
  ['Enum', STATES, 'aggregator of an Enum', 'one of mostrecent, all, count', ['any', 'sum', 5]],
  ['StateSet', STATES, 'aggregator of a StateSet', 'one of any, every, all', ['count', '', {}]],
  ['Counter', LABELS, 'defaultLabels', 'an object with values of labels', OBJECT],
  ['Counter', LABELS, 'namespace', 'a string', TEXT],
  ['Counter', LABELS, 'subsystem', 'a string', TEXT],
  ['Counter', LABELS, 'unit', 'a string', TEXT],
  ['Counter', LABELS, 'overflow', "'drop' or 'other'", ['others', '', null, true, 5, {}]],
  ['Histogram', LABELS, 'overflow', "'drop' or 'other'", ['Other']],
  ['Counter', OTHER, 'overflowLabels', 'an object with names of labels', OBJECT],
  ['Counter', LABELS, 'maxLabelValues', 'an object with names of labels', OBJECT],
  ['Counter', LABELS, 'maxSeries', `${COUNT} 8388608`, [...WHOLE, 2 ** 24]],
  ['Summary', LABELS, 'maxSeries', `${COUNT} 8388608`, ['many']],
  ['Counter', LABELS, 'ttlSeconds', 'a number above 0', [0, -1, NaN, Infinity, '5', null]],
  ['Counter', LABELS, 'labelValues', 'an object with an array for each label', [0, '', 5, ['a']]],
  ['Counter', {}, 'ifExists', "'throw' or 'reuse'", ['keep', '', null, true]],
];

/**
 * Options that do not go together, that the type does not have, or that name something that does not exist. A row has
 * the type, the options and the error.
 */
const CLASHES: readonly [Type, Options, string][] = [
  ...(['Counter', 'Histogram', 'Summary'] as const).map((type): (typeof CLASHES)[number] => [
    type,
    { dead: 'keep' },
    `TypeError: dead is for gauges, Enum, StateSet and Info, and this is a ${type.toLowerCase()}`,
  ]),
  ...['average', 'omit', 'shared'].map((aggregator): (typeof CLASHES)[number] => [
    'Gauge',
    { dead: 'keep', aggregator },
    "TypeError: dead: 'keep' needs one of the aggregators sum, first, min, max, mostrecent, all, and aggregator " +
      `is '${aggregator}'`,
  ]),
  [
    'Gauge',
    { ...LABELS, dead: 'keep', ttlSeconds: 5 },
    "TypeError: ttlSeconds is not possible with dead: 'keep'",
  ],
  [
    'Enum',
    { ...LABELS, ...STATES, dead: 'keep', ttlSeconds: 5 },
    "TypeError: ttlSeconds is not possible with dead: 'keep'",
  ],
  ['Gauge', { keepDead: 5 }, "TypeError: keepDead needs dead: 'keep' and the aggregator 'all'"],
  [
    'Gauge',
    { dead: 'keep', keepDead: 5, aggregator: 'max' },
    "TypeError: keepDead needs dead: 'keep' and the aggregator 'all'",
  ],
  [
    'StateSet',
    { ...STATES, dead: 'keep', keepDead: 5 },
    "TypeError: keepDead needs dead: 'keep' and the aggregator 'all'",
  ],
  ['Info', { keepDead: 5 }, "TypeError: keepDead needs dead: 'keep'"],
  [
    'Counter',
    { ...LABELS, defaultLabels: { z: 1 } },
    'TypeError: defaultLabels has "z", which is none of the labels (a, b)',
  ],
  [
    'Counter',
    { ...LABELS, defaultLabels: { a: null } },
    'TypeError: defaultLabels must have a string, a number or a boolean for "a", and has null',
  ],
  [
    'Gauge',
    { ...LABELS, defaultLabels: { a: {} } },
    'TypeError: defaultLabels must have a string, a number or a boolean for "a", and has {}',
  ],
  ['Counter', { namespace: 'a b' }, "Error: Invalid metric name: a b_m (with namespace 'a b')"],
  [
    'Gauge',
    { subsystem: 'x-y', unit: 'm/s' },
    "Error: Invalid metric name: x-y_m_m/s (with subsystem 'x-y', unit 'm/s')",
  ],
  ['Enum', { ...STATES, unit: 's' }, "TypeError: unit is not possible for an Enum, and is 's'"],
  ['Info', { unit: 's' }, "TypeError: unit is not possible for an Info, and is 's'"],
  [
    'Info',
    { aggregator: 'max' },
    "TypeError: aggregator is not possible for an Info, and is 'max'",
  ],
  ...(['overflowLabels', 'maxLabelValues'] as const).map((option): (typeof CLASHES)[number] => [
    'Counter',
    { ...OTHER, [option]: { z: 1 } },
    `TypeError: ${option} has 'z', which is none of the labels (a, b)`,
  ]),
  [
    'Counter',
    { ...OTHER, overflowLabels: { a: {} } },
    'TypeError: overflowLabels.a must be a string, a number or a boolean, and is {}',
  ],
  ...[0, 1.5, '5', null].map((most): (typeof CLASHES)[number] => [
    'Counter',
    { ...LABELS, maxLabelValues: { a: most } },
    `TypeError: maxLabelValues.a must be ${COUNT} 8388608, and is ${inspect(most)}`,
  ]),
  ...(
    [
      [{ overflow: 'other' }, "overflow: 'other'"],
      [{ overflowLabels: { a: 'x' } }, 'overflowLabels'],
      [{ maxLabelValues: { a: 5 } }, 'maxLabelValues'],
    ] as const
  ).map(([options, named]): (typeof CLASHES)[number] => [
    'Gauge',
    { ...LABELS, ...options },
    `TypeError: ${named} is not possible for a gauge, whose values do not add up`,
  ]),
  [
    'Counter',
    { ...LABELS, labelValues: { a: ['1'] } },
    'TypeError: labelValues must have an array for each label (a, b), and has none for "b"',
  ],
  [
    'Counter',
    { ...LABELS, labelValues: { z: [] } },
    'TypeError: labelValues has "z", which is none of the labels (a, b)',
  ],
  [
    'Enum',
    { ...STATES, labelNames: ['m'] },
    "Error: labelNames must not have 'm', which is the name of an Enum itself",
  ],
  [
    'Info',
    { labelNames: ['m_info'] },
    "Error: labelNames must not have 'm_info', which is the name of an Info itself",
  ],
];

const CASES: readonly (readonly [Type, Options, string])[] = [
  ...RULES.flatMap(([type, more, named, rule, values]) =>
    values.map((value): [Type, Options, string] => {
      const [option] = named.split(' ');
      const is = inspect(value, { depth: 0, breakLength: Infinity, maxArrayLength: 5 });
      return [
        type,
        { ...more, [option!]: value },
        `TypeError: ${named} must be ${rule}, and is ${is}`,
      ];
    }),
  ),
  ...CLASHES,
];

/** Right options of each type, with which a metric of the same name is made after the refusal. */
const RIGHT: Record<Type, Options> = {
  Counter: LABELS,
  Gauge: LABELS,
  Histogram: LABELS,
  Summary: LABELS,
  Enum: { ...LABELS, ...STATES },
  StateSet: { ...LABELS, ...STATES },
  Info: {},
};

function make(client: Client, type: Type, options: Options): { name: string } {
  const Class = client[type] as unknown as new (options: Options) => { name: string };
  return new Class({ name: 'm', help: 'h', ...options });
}

/** The error of the constructor, with its whole message. */
function refusal(client: Client, type: Type, options: Options): string {
  try {
    make(client, type, options);
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  return 'nothing';
}

/** Updates one series. */
function update(type: Type, metric: object): void {
  const one = metric as Record<string, (...args: unknown[]) => void>;
  const labels = { a: 'x', b: 'y' };
  if (type === 'Counter') one['inc']!(labels);
  else if (type === 'Gauge') one['set']!(labels, 1);
  else if (type === 'Enum') one['state']!(labels, 't');
  else if (type === 'StateSet') one['set']!(labels, 't', true);
  else if (type === 'Info') one['info']!({ version: '1' });
  else one['observe']!(labels, 1);
}

describe.each(subjects)('$name', ({ load }) => {
  test.each(CASES)('%s with %o is refused', async (type, options, message) => {
    const client = await load();
    const { register } = client;
    expect(refusal(client, type, options)).toBe(message);
    expect(register.getMetricsAsArray()).toEqual([]);
    expect((await register.metrics()).trim()).toBe('');
    const right = make(client, type, RIGHT[type]);
    update(type, right);
    const text = await register.metrics();
    expect(text).toContain(`# HELP ${right.name} h\n`);
    expect(text.split('\n').filter((row) => row.endsWith(' 1'))).not.toEqual([]);
    // What exists is not touched by another refusal.
    expect(refusal(client, type, options)).toBe(message);
    expect(register.getMetricsAsArray()).toEqual([right]);
    expect(await register.metrics()).toBe(text);
  });

  test.each([
    ['Gauge', LABELS, { dead: 'keep' }],
    ['Gauge', { ...LABELS, dead: 'keep', aggregator: 'all' }, { keepDead: 5 }],
    ['Enum', { ...LABELS, ...STATES }, { states: ['s', 'u'] }],
    ['Enum', { ...LABELS, ...STATES }, { dead: 'keep' }],
    ['Counter', LABELS, { defaultLabels: { a: 'x' } }],
    ['Counter', LABELS, { maxSeries: 5 }],
    ['Counter', LABELS, { overflow: 'other' }],
    ['Counter', OTHER, { overflowLabels: { a: 'x' } }],
    ['Counter', LABELS, { maxLabelValues: { a: 5 } }],
    ['Counter', LABELS, { ttlSeconds: 5 }],
  ] as const)('%s %o is not reused with %o', async (type, options, more) => {
    const client = await load();
    const there = make(client, type, options);
    const [[option, value]] = Object.entries(more) as [[string, unknown]];
    const message = refusal(client, type, { ...options, ...more, ifExists: 'reuse' });
    expect(message).toMatch(/^Error: A metric with the name m has already been registered, with /);
    expect(message).toContain(`with ${option} `);
    expect(message).toContain(` and not ${inspect(value)}.`);
    // Without `ifExists`, the error is prom-client's.
    expect(refusal(client, type, { ...options, ...more })).toBe(
      'Error: A metric with the name m has already been registered.',
    );
    expect(client.register.getMetricsAsArray()).toEqual([there]);
  });
});
