/** The types of a client that specs run against: of this package or of prom-client. */

import type * as client from '../../ts/index';
import type * as metrics from '../../ts/metrics';

/** The classes of metrics, including internal members, which specs read and users do not. */
type Classes = Pick<typeof metrics, 'Counter' | 'Gauge' | 'Histogram' | 'Summary'>;

/** The API of a client. prom-client is given the type of this package. */
export type Client = Omit<typeof client, keyof Classes> & Classes;

/** A program that uses a client, and returns a result to compare. */
export type Program = (client: Client) => unknown;

/** A client, with its name for test titles. */
export interface Subject {
  name: string;
  load: () => Promise<Client>;
}
