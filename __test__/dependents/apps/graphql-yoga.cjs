'use strict';
const http = require('node:http');
const { usePrometheus } = require('@graphql-yoga/plugin-prometheus');
const { createSchema, createYoga } = require('graphql-yoga');

module.exports = () => {
  const schema = createSchema({
    typeDefs: 'type Query { hello: String }',
    resolvers: { Query: { hello: () => 'hello' } },
  });
  const metrics = { graphql_envelop_execute_resolver: true };
  const plugins = [usePrometheus({ metrics })];
  return http.createServer(createYoga({ schema, plugins, logging: false }));
};
