'use strict';
require('reflect-metadata');
const { Controller, Get, Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const {
  InjectMetric,
  makeCounterProvider,
  PrometheusModule,
} = require('@willsoto/nestjs-prometheus');

// The calls below the class do what TypeScript would compile `@Controller()` and the other decorators to.
class Hello {
  constructor(counter) {
    this.counter = counter;
  }
  hello() {
    this.counter.inc({ path: '/hello' });
    return 'hello';
  }
}
Controller()(Hello);
InjectMetric('hellos_total')(Hello, undefined, 0);
Get('/hello')(Hello.prototype, 'hello', Object.getOwnPropertyDescriptor(Hello.prototype, 'hello'));

class Application {}
Module({
  imports: [PrometheusModule.register({ defaultLabels: { app: 'nest' } })],
  controllers: [Hello],
  providers: [makeCounterProvider({ name: 'hellos_total', help: 'Hellos', labelNames: ['path'] })],
})(Application);

module.exports = async () => {
  const application = await NestFactory.create(Application, { logger: ['error'] });
  await application.init();
  return application.getHttpServer();
};
