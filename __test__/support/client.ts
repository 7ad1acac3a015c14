/** What a spec needs of a client, whichever it is. */

import type * as client from '../../ts/index';

/** The part of the API that both have. */
export type Client = typeof client;

/** What a program does with a client, and what it then has to show. */
export type Program = (client: Client) => unknown;

/** A client by name. */
export interface Subject {
  name: string;
  load: () => Promise<Client>;
}
