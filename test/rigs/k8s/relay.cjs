'use strict';
/**
 * Hands connections to the API server into a cluster's network namespace. It is started in that namespace, and given a
 * socket that its parent listens on: a socket stays in the namespace in which it was made.
 *   node relay.cjs ADDRESS PORT
 */
const net = require('net');

const [address, port] = process.argv.slice(2);

process.on('message', function (message, server) {
  server.on('connection', function (client) {
    const target = net.connect({ host: address, port: Number(port) });
    client.on('error', function () {
      target.destroy();
    });
    target.on('error', function () {
      client.destroy();
    });
    client.pipe(target);
    target.pipe(client);
    // What has nowhere to go is no longer read, and would stay open for good.
    client.on('close', function () {
      target.destroySoon();
    });
    target.on('close', function () {
      client.destroySoon();
    });
  });
  process.send('ready');
});
process.on('disconnect', function () {
  process.exit();
});
