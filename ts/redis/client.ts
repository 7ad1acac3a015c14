/**
 * One way to send a command, whichever client the program has: node-redis and its cluster client, ioredis, iovalkey and
 * their cluster clients, and valkey-glide. A client is known by its methods, so that none of their packages is imported.
 */

import { unfit } from '../errors';

/** An argument of a command. */
export type Argument = string | Buffer;

/** What a command returns. Texts and bytes are Buffers, except that a client may give a status as a string. */
export type Reply = null | number | string | Buffer | readonly Reply[];

/**
 * Sends a command.
 *
 * @param key the key that the command is about, by which a cluster's client finds the node
 * @param args the whole command
 */
export type Send = (key: string, args: readonly Argument[]) => Promise<Reply>;

/** A client of node-redis. */
interface NodeRedis {
  sendCommand(args: readonly Argument[], options: object): Promise<unknown>;
}

/** A cluster's client of node-redis. */
interface NodeRedisCluster {
  readonly masters: unknown;
  sendCommand(
    key: string,
    isReadonly: boolean,
    args: readonly Argument[],
    options: object,
  ): Promise<unknown>;
}

/** A client of ioredis or iovalkey, also for a cluster. */
interface Ioredis {
  callBuffer(command: string, ...args: Argument[]): Promise<unknown>;
}

/** A client of valkey-glide, also for a cluster. */
interface Glide {
  customCommand(args: Argument[], options: object): Promise<unknown>;
}

/** Makes node-redis return Buffers: version 4 reads the first option, later versions the second. 36 is RESP's `$`. */
const BUFFERS = { returnBuffers: true, typeMapping: { 36: Buffer } };

/** Makes valkey-glide return Buffers: `Decoder.Bytes`. */
const BYTES = { decoder: 0 };

/**
 * Returns the function that sends commands by this client.
 *
 * @throws TypeError for an object that is none of these clients
 */
export function sendBy(client: unknown): Send {
  if (has<Ioredis>(client, 'callBuffer')) {
    return async (_, [command, ...args]) =>
      (await client.callBuffer(String(command), ...args)) as Reply;
  }
  if (has<Glide>(client, 'customCommand')) {
    return async (_, args) => (await client.customCommand([...args], BYTES)) as Reply;
  }
  if (has<NodeRedisCluster>(client, 'sendCommand') && 'masters' in client) {
    return async (key, args) => (await client.sendCommand(key, false, args, BUFFERS)) as Reply;
  }
  if (has<NodeRedis>(client, 'sendCommand')) {
    return async (_, args) => (await client.sendCommand(args, BUFFERS)) as Reply;
  }
  throw unfit('client', 'a client of redis, ioredis, iovalkey or @valkey/valkey-glide', client);
}

function has<T>(client: unknown, method: keyof T): client is T {
  return typeof (client as Record<keyof T, unknown> | null | undefined)?.[method] === 'function';
}

/** Returns a reply as bytes; null for none. */
export function bytesOf(reply: Reply | undefined): Buffer | null {
  if (Buffer.isBuffer(reply)) return reply;
  return typeof reply === 'string' ? Buffer.from(reply) : null;
}

/** Returns a reply as text; empty for none. */
export function textOf(reply: Reply | undefined): string {
  return Buffer.isBuffer(reply) ? reply.toString() : String(reply ?? '');
}

/** Returns a reply that is a list. */
export function listOf(reply: Reply | undefined): readonly Reply[] {
  return Array.isArray(reply) ? (reply as readonly Reply[]) : [];
}
