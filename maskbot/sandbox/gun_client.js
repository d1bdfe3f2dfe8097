// The bare gun client as a peer for tests: node gun_client.js <parts> <relay url>...
// One JSON command per stdin line, one JSON answer per stdout line; live events carry "event" instead of "id".
//   {id, op: "put"|"set", path, data}      answers the ack: {id, result: {ok, err, soul}}; ok and err are null when the
//                                          client told none in 2 s (it misses about one in ten, the data is stored)
//   {id, op: "set_many", items, timeout_ms}  appends [{path, data}] at once; answers when all are acked, at the latest after
//                                          timeout_ms: {id, result: {acked, ms until the last ack}}
//   {id, op: "once", path}                 answers the node or value, null when nothing was found in time
//   {id, op: "once_items", path}           answers the nodes of all members of a set
//   {id, op: "on", path} / {op: "map_on"}  answers at once; then {event: id, key, data} per change
'use strict';
const { createRequire } = require('module');
const path = require('path');
const readline = require('readline');
const [parts, ...peers] = process.argv.slice(2);
const fromParts = createRequire(path.join(parts, 'package.json'));
const gunFromParts = createRequire(fromParts.resolve('gun/gun'));
console.log = console.info = console.debug = console.error;

const Gun = fromParts('gun/gun');
const gun = Gun({ peers, localStorage: false, radisk: false, axe: false, multicast: false, WebSocket: gunFromParts('ws') });
const say = (message) => process.stdout.write(JSON.stringify(message) + '\n');
const at = (keys) => keys.reduce((chain, key) => chain.get(key), gun);
const once = (chain) => new Promise((resolve) => chain.once((data) => resolve(data === undefined ? null : data)));
const answerOnce = (id) => {
  let isOpen = true;
  const answer = (result) => { if (isOpen) { isOpen = false; say({ id, result }); } };
  setTimeout(() => answer(ack({}, null)), 2000);
  return answer;
};
const ack = (note, soul) => ({ ok: note.ok === undefined ? null : note.ok, err: note.err === undefined ? null : note.err, soul });

const operations = {
  put: ({ id, path: keys, data }) => {
    const answer = answerOnce(id);
    at(keys).put(data, (note) => answer(ack(note, null)));
  },
  set: ({ id, path: keys, data }) => {
    const answer = answerOnce(id);
    const item = at(keys).set(data, (note) => answer(ack(note, item._.get || null)));
  },
  set_many: ({ id, items, timeout_ms }) => {
    const began = Date.now();
    let acked = 0, ms = 0, isOpen = true;
    const answer = () => { if (isOpen) { isOpen = false; say({ id, result: { acked, ms } }); } };
    setTimeout(answer, timeout_ms);
    items.forEach(({ path: keys, data }) => {
      let isAcked = false;
      at(keys).set(data, (note) => {
        if (isAcked || !note.ok) { return; }
        isAcked = true; acked += 1; ms = Date.now() - began;
        if (acked === items.length) { answer(); }
      });
    });
  },
  once: async ({ id, path: keys }) => say({ id, result: await once(at(keys)) }),
  once_items: async ({ id, path: keys }) => {
    const set = await once(at(keys));
    const members = Object.keys(set || {}).filter((key) => key !== '_');
    say({ id, result: await Promise.all(members.map((key) => once(gun.get(key)))) });
  },
  on: ({ id, path: keys }) => { at(keys).on((data, key) => say({ event: id, key, data })); say({ id, result: true }); },
  map_on: ({ id, path: keys }) => { at(keys).map().on((data, key) => say({ event: id, key, data })); say({ id, result: true }); },
};

readline.createInterface({ input: process.stdin })
  .on('line', (line) => { const command = JSON.parse(line); operations[command.op](command); })
  .on('close', () => process.exit(0));
say({ ready: true });
