/** The application of `express.cjs` in Nest 10, 11 or 12, on the platform that an adapter stands for. */
'use strict';

module.exports = async (load, counted, adapter) => {
  load('reflect-metadata');
  const { Controller, Get, HttpCode, Module, Post } = load('@nestjs/common');
  const { NestFactory } = load('@nestjs/core');

  class Own {
    hello() {
      return 'hello';
    }
    user() {
      return 'user';
    }
    made() {
      return '';
    }
    either() {
      return '';
    }
    slow() {
      return new Promise(() => undefined);
    }
  }
  class Orgs {
    team() {
      return 'team';
    }
    fails() {
      throw new Error('it fails');
    }
  }
  // Calls decorators of a method with the arguments that TypeScript passes for `@Get()`.
  const decorate = (owner, name, ...decorators) => {
    const descriptor = Object.getOwnPropertyDescriptor(owner.prototype, name);
    for (const one of decorators) one(owner.prototype, name, descriptor);
  };
  Controller()(Own);
  decorate(Own, 'hello', Get('/hello'));
  decorate(Own, 'user', Get('/users/:id'));
  decorate(Own, 'made', Post('/users/:id'), HttpCode(201));
  decorate(Own, 'either', Get(['/one', '/two']));
  decorate(Own, 'slow', Get('/slow'));
  Controller('orgs/:org')(Orgs);
  decorate(Orgs, 'team', Get('teams/:team'));
  decorate(Orgs, 'fails', Get('fails'));
  class Application {}
  Module({ controllers: [Own, Orgs] })(Application);

  const app = await NestFactory.create(Application, adapter(load), { logger: false });
  if (counted !== undefined) app.use(counted);
  await app.init();
  await app.getHttpAdapter().getInstance().ready?.();
  return app.getHttpServer();
};
