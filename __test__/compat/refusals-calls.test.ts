/**
 * Wrong arguments of functions and methods, and wrong options of servers, files, collectors and registries: each is
 * refused by an error that names the argument, the rule and the value, and nothing is done.
 */

import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

import { any, subjects, type Client } from '../support/subject';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mpmetrics-refusals-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A call of a client, and the error that it throws, or with which its promise rejects. */
type Call = readonly [call: (client: Client) => unknown, error: string];

const fn = () => 1;
const SCOPE = "scope must be 'application', 'process' or 'thread', and is";
const PATH = "path must be a text that begins with '/' and has no '?' and no '#', and is";
const PREFIX = 'prefix must be the beginning of a name of a metric, without colons, and is';
const ADDED = (name: string) =>
  `Error: Added label "${name}" is not included in initial labelset: [ 'a' ]`;

const histogram = ({ Histogram }: Client) =>
  new Histogram({ name: 'm', help: 'h', labelNames: ['a'], registers: [] });
const gauge = ({ Gauge }: Client) =>
  new Gauge({ name: 'm', help: 'h', labelNames: ['a'], registers: [] });
const counter = ({ Counter }: Client) =>
  new Counter({ name: 'm', help: 'h', labelNames: ['a'], registers: [] });

/** Functions that are timed, tracked and counted. */
const FUNCTIONS: readonly Call[] = [
  [(c) => histogram(c).time(any(undefined)), isNoFunction('time', 'undefined')],
  [(c) => histogram(c).time(any('x')), "TypeError: labels must be an object, and is 'x'"],
  [(c) => histogram(c).time({ a: 1 }, any(5)), isNoFunction('time', '5')],
  [(c) => histogram(c).time(any({ z: 1 }), fn), ADDED('z')],
  [(c) => histogram(c).time(fn, any(5)), 'TypeError: options must be an object, and is 5'],
  [
    (c) => histogram(c).time({}, fn, any({ labels: 5 })),
    'TypeError: labels must be an object or a function, and is 5',
  ],
  [(c) => histogram(c).timed(any(5)), 'TypeError: labels must be an object, and is 5'],
  [(c) => histogram(c).timed(any({ z: 1 }), fn), ADDED('z')],
  [(c) => gauge(c).timed(any({ z: 1 }), fn), ADDED('z')],
  [(c) => gauge(c).trackInProgress(any(undefined)), isNoFunction('trackInProgress', 'undefined')],
  [(c) => gauge(c).trackInProgress({ a: 1 }, any({})), isNoFunction('trackInProgress', '{}')],
  [(c) => gauge(c).trackingInProgress(any({ z: 1 }), fn), ADDED('z')],
  [(c) => gauge(c).trackingInProgress(any(5)), 'TypeError: labels must be an object, and is 5'],
  [(c) => counter(c).countExceptions(any(undefined)), isNoFunction('countExceptions', 'undefined')],
  [
    (c) => counter(c).countExceptions(fn, any(5)),
    'TypeError: an error to count must be a class, and is 5',
  ],
  [
    (c) => counter(c).countExceptions(fn, any({ only: 5 })),
    'TypeError: only must be a function, and is 5',
  ],
  [
    (c) => counter(c).countExceptions(fn, any({ labels: 5 })),
    'TypeError: labels must be an object or a function, and is 5',
  ],
  [
    (c) => (counter(c) as Loose).countExceptions(fn, { only: () => true }, TypeError),
    'TypeError: errors to count are given by options or by classes, and [Function: TypeError] was given beside options',
  ],
  [(c) => counter(c).countExceptions(any({ z: 1 }), fn), ADDED('z')],
  [(c) => counter(c).countingExceptions(any(5)), 'TypeError: labels must be an object, and is 5'],
];

interface Loose {
  countExceptions(...args: unknown[]): unknown;
}

function isNoFunction(method: string, value: string): string {
  return `TypeError: the function of ${method}() must be a function, and is ${value}`;
}

const REGISTRIES: readonly Call[] = [
  ...['a b', '1', 'a:b', 5, null, true, {}].flatMap((prefix): Call[] => {
    const error = `TypeError: ${PREFIX} ${inspect(prefix)}`;
    return [
      [(c) => new c.Registry(any({ prefix })), error],
      [
        (c) => {
          c.register.setPrefix(any(prefix));
        },
        error,
      ],
    ];
  }),
  ...(
    [
      [undefined, 'undefined'],
      [fn, '[Function: fn]'],
      [{ collect: 5 }, '{ collect: 5 }'],
    ] as const
  ).map(([collector, shown]): Call => [
    (c) => c.register.registerCollector(any(collector)),
    `TypeError: collector must be an object with a function collect, and is ${shown}`,
  ]),
  [
    (c) => c.register.registerCollector({ collect: () => [] }, any(5)),
    'TypeError: options must be an object, and is 5',
  ],
  [
    (c) => c.register.registerCollector({ collect: () => [] }, any({ everywhere: 1 })),
    'TypeError: everywhere must be true or false, and is 1',
  ],
  ...['1', undefined, -1, 0, 1.5, NaN].map((pid): Call => [
    (c) => c.markProcessDead(any(pid)),
    `TypeError: pid must be the id of a process, and is ${pid === '1' ? "'1'" : String(pid)}`,
  ]),
  [
    (c) => {
      c.configure({ overflow: any('others') });
    },
    "MpmetricsError: configure({ overflow }) must be 'drop' or 'other', and is \"others\"",
  ],
];

const SERVERS: readonly Call[] = [
  ...(
    [
      ['x', "'x'"],
      [-1, '-1'],
      [70_000, '70000'],
      [null, 'null'],
    ] as const
  ).map(([port, shown]): Call => [
    (c) => c.startHttpServer(any({ port })),
    `TypeError: port must be a whole number from 0 to 65535, and is ${shown}`,
  ]),
  ...(
    [
      [null, 'null'],
      ['x', "'x'"],
    ] as const
  ).map(([options, shown]): Call => [
    (c) => c.startHttpServer(any(options)),
    `TypeError: startHttpServer()'s options must be an object, and is ${shown}`,
  ]),
  [(c) => c.startHttpServer(any({ port: 0, host: 5 })), 'TypeError: host must be a text, and is 5'],
  [(c) => c.startHttpServer(any({ port: 0, path: 'm' })), `TypeError: ${PATH} 'm'`],
  [(c) => c.startHttpServer(any({ port: 0, path: '' })), `TypeError: ${PATH} ''`],
  [
    (c) => c.startHttpServer(any({ port: 0, authorize: 1 })),
    'TypeError: authorize must be a function, and is 1',
  ],
  [
    (c) => c.startHttpServer(any({ port: 0, negotiate: 'yes' })),
    "TypeError: negotiate must be true or false, and is 'yes'",
  ],
  [(c) => c.startHttpServer(any({ port: 0, scope: 'x' })), `TypeError: ${SCOPE} 'x'`],
  ...(
    [
      [{}, '{}'],
      [null, 'null'],
    ] as const
  ).map(([register, shown]): Call => [
    (c) => c.startHttpServer(any({ port: 0, register })),
    `TypeError: register must be a registry, and is ${shown}`,
  ]),
  [
    (c) => c.metricsHandler(any({})),
    'TypeError: metricsHandler() takes a registry and then options, and was given {}',
  ],
  [
    (c) => c.metricsHandler(c.register, any(5)),
    "TypeError: metricsHandler()'s options must be an object, and is 5",
  ],
  [(c) => c.metricsHandler(c.register, any({ path: 5 })), `TypeError: ${PATH} 5`],
  ...(
    [
      [undefined, 'undefined'],
      [{}, '{}'],
      ['/', "'/'"],
    ] as const
  ).map(([request, shown]): Call => [
    (c) => c.metricsResponse(any(request)),
    `TypeError: request must be a Request of the web standard, and is ${shown}`,
  ]),
  [
    (c) => c.metricsResponse(new Request('http://a/'), any({ register: {} })),
    'TypeError: metricsResponse() takes a registry and then options, and was given {}',
  ],
];

/** Returns a path in the folder. It is called only in tests, because the folder does not exist before. */
const at = (name: string) => join(folder, name);

const FILES: readonly Call[] = [
  ...(
    [
      [undefined, 'undefined'],
      [5, '5'],
      ['', "''"],
    ] as const
  ).flatMap(([path, shown]): Call[] => [
    [
      (c) => c.register.writeToTextfile(any(path)),
      `TypeError: path must be the path of a file, and is ${shown}`,
    ],
    [
      (c) => c.textfile(any({ path })),
      `TypeError: path must be the path of a file, and is ${shown}`,
    ],
  ]),
  [
    (c) => c.register.writeToTextfile('x.txt'),
    "TypeError: path must be a path that ends with '.prom', and is 'x.txt'",
  ],
  [
    (c) => c.textfile({ path: 'x.prom.txt' }),
    "TypeError: path must be a path that ends with '.prom', and is 'x.prom.txt'",
  ],
  ...(
    [
      ['x', "'x'"],
      [-1, '-1'],
      [0o1000, '512'],
      [1.5, '1.5'],
      [null, 'null'],
    ] as const
  ).flatMap(([mode, shown]): Call[] => {
    const error = `TypeError: mode must be a whole number from 0 to 0o777, and is ${shown}`;
    return [
      [(c) => c.register.writeToTextfile(at('a.prom'), any({ mode })), error],
      [(c) => c.textfile(any({ path: at('a.prom'), mode })), error],
    ];
  }),
  [
    (c) => c.register.writeToTextfile(at('a.prom'), any(5)),
    'TypeError: options must be an object, and is 5',
  ],
  [(c) => c.register.writeToTextfile(at('a.prom'), any({ scope: 'x' })), `TypeError: ${SCOPE} 'x'`],
  [(c) => c.textfile(any({ path: at('a.prom'), scope: 'x' })), `TypeError: ${SCOPE} 'x'`],
  [
    (c) => c.textfile(any(undefined)),
    "TypeError: textfile()'s options must be an object, and is undefined",
  ],
  ...(
    [
      [0, '0'],
      [-5, '-5'],
      [NaN, 'NaN'],
      ['5', "'5'"],
      [1e9, '1000000000'],
    ] as const
  ).map(([intervalSeconds, shown]): Call => [
    (c) => c.textfile(any({ path: at('a.prom'), intervalSeconds })),
    `TypeError: intervalSeconds must be a number above 0, at most 86400, and is ${shown}`,
  ]),
  [
    (c) => c.textfile(any({ path: at('a.prom'), register: {} })),
    'TypeError: register must be a registry, and is {}',
  ],
];

/** Returns the name and the whole message of a call's error. Without an error, stops what the call has started. */
async function refusal(call: Call[0], client: Client): Promise<string> {
  try {
    const result = await call(client);
    if (typeof result === 'function') await (result as () => unknown)();
    await (result as { close?: () => unknown } | undefined)?.close?.();
    return 'nothing';
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
}

describe.each(subjects)('$name', ({ load }) => {
  test.each([
    ['functions', FUNCTIONS],
    ['registries', REGISTRIES],
    ['servers', SERVERS],
    ['files', FILES],
  ] as const)('wrong arguments of %s are refused', async (_, calls) => {
    const client = await load();
    const found: string[] = [];
    for (const [call] of calls) found.push(await refusal(call, client));
    expect(found).toEqual(calls.map(([, error]) => error));
    expect(client.register.getMetricsAsArray()).toEqual([]);
    expect((await client.register.metrics()).trim()).toBe('');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('refused calls count nothing, and calls with right arguments work after them', async () => {
    const client = await load();
    for (const [call] of [...FUNCTIONS, ...REGISTRIES]) await refusal(call, client);
    const labelNames = ['a'] as const;
    const counted = new client.Counter({ name: 'm', help: 'h', labelNames });
    await refusal(() => (counted as Loose).countExceptions(fn, 5), client);
    expect(await client.register.metrics()).toBe('# HELP m h\n# TYPE m counter\n');
    expect(counted.countExceptions({ a: 'x' }, fn)).toBe(1);
    await refusal(
      () =>
        counted.countExceptions({ a: 'x' }, () => {
          throw new TypeError();
        }),
      client,
    );
    expect(await client.register.metrics()).toContain('m{a="x"} 1\n');
    client.register.setPrefix('app_');
    await client.register.writeToTextfile(at('right.prom'));
    expect(existsSync(at('right.prom'))).toBe(true);
    rmSync(at('right.prom'));
    expect(await client.register.metrics()).toContain('app_m{a="x"} 1\n');
  });

  test('an option whose name is one edit away from one that exists gives a warning', async () => {
    const client = await load();
    const said: string[] = [];
    vi.spyOn(process, 'emitWarning').mockImplementation((warning) => {
      said.push(String(warning));
    });
    try {
      client.register.registerCollector({ collect: () => [] }, any({ everywere: true }))();
      client.metricsHandler(client.register, any({ paths: '/' }));
      await (await client.startHttpServer(any({ port: 0, hots: 'a' }))).close();
      await client.textfile(any({ path: at('warns.prom'), modes: 1 }))();
    } finally {
      vi.restoreAllMocks();
      rmSync(at('warns.prom'), { force: true });
    }
    const warned = (whose: string, given: string, meant: string) =>
      `${whose} has an option ${given}, which does not exist and has no effect: ${meant} is likely meant`;
    expect(said.map((text) => text.replace(/^\w+: /, ''))).toEqual([
      warned('registerCollector()', 'everywere', 'everywhere'),
      warned('metricsHandler()', 'paths', 'path'),
      warned('startHttpServer()', 'hots', 'host'),
      warned('textfile()', 'modes', 'mode'),
    ]);
  });
});
