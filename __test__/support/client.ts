/** What a spec needs of a client, whichever it is. */

import type * as client from '../../ts/index';
import type * as metrics from '../../ts/metrics';

/** What makes metrics, with what is internal in them too: specs look at it, users do not. */
type Classes = Pick<typeof metrics, 'Counter' | 'Gauge' | 'Histogram' | 'Summary'>;

/** The part of the API that both have. */
export type Client = Omit<typeof client, keyof Classes> & Classes;

/** What a program does with a client, and what it then has to show. */
export type Program = (client: Client) => unknown;

/** A client by name. */
export interface Subject {
  name: string;
  load: () => Promise<Client>;
}
