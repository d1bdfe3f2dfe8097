// A gun relay for docker-compose.yml: every put is kept in /data and passed on to the peers that are connected. No secret passes
// here: post keys are sealed before they leave the bot. GUN_PEERS, a comma list, names other relays to keep in step with.
// node gun_relay.js [data folder] [port]
'use strict';
console.log = console.info = console.debug = console.error; // gun's own chatter

const http = require('http');
const Gun = require('gun');

const [folder = '/data', port = '8765'] = process.argv.slice(2);
const FLUSH_MS = 1000; // gun writes what it was told every quarter of a second, and answers readers before
const server = http.createServer((request, response) => response.end('gun relay\n'));
const sockets = new Set();
server.on('connection', (socket) => {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
});
const peers = (process.env.GUN_PEERS || '').split(',').filter(Boolean);
Gun({ web: server, file: `${folder}/radata`, multicast: false, stats: false, peers });
server.listen(Number(port), '0.0.0.0');

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
    setTimeout(() => process.exit(0), FLUSH_MS);
  });
}
