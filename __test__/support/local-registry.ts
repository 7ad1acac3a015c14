/** An npm registry that has this package and its binary, as they are packed here, and nothing else. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Tarballs } from './packed';

/** The fields of one version that npm reads in a registry. */
export interface Version {
  readonly name: string;
  readonly version: string;
  readonly optionalDependencies?: Record<string, string>;
  readonly bin?: Record<string, string>;
}

export class LocalRegistry {
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
  }

  /**
   * Starts a registry.
   *
   * @param tarballs the tarballs that the registry serves
   * @param manifests the package.json of each tarball
   */
  static async start(
    tarballs: Tarballs,
    manifests: Record<keyof Tarballs, Version>,
  ): Promise<LocalRegistry> {
    const server = createServer((request, response) => {
      const name = request.url!.slice(1);
      const key = (Object.keys(tarballs) as (keyof Tarballs)[]).find(
        (one) => name === manifests[one].name || name === `${manifests[one].name}.tgz`,
      );
      if (key === undefined) {
        response.writeHead(404).end('{}');
        return;
      }
      const bytes = readFileSync(tarballs[key]);
      if (name.endsWith('.tgz')) {
        response.end(bytes);
        return;
      }
      const { version } = manifests[key];
      const integrity = `sha512-${createHash('sha512').update(bytes).digest('base64')}`;
      const tarball = `http://${request.headers.host}/${name}.tgz`;
      const versions = { [version]: { ...manifests[key], dist: { tarball, integrity } } };
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify({ name, 'dist-tags': { latest: version }, versions }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new LocalRegistry(server);
  }

  /** The URL for npm's option `registry`. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/`;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}
